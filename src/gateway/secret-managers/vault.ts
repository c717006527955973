/** HashiCorp's Vault, key-value engine (apisix/secret/vault.lua). */
import { isJsonObject } from "../../lib/json.ts";
import { HeaderList } from "../header-list.ts";
import {
  ANSWER_BYTES_MAX,
  asSecret,
  type FetchSecret,
  fromEnvironment,
  MANAGER_MS,
  type ManagerServices,
  parseObject,
} from "./manager.ts";

/** A key is the path of the secret in the engine, then its member. */
export function vault({ http, env }: ManagerServices): FetchSecret {
  return async (conf, key) => {
    const at = key.lastIndexOf("/");
    if (at <= 0 || at === key.length - 1) throw new Error("a path and a member are needed");
    const { uri, prefix, token, namespace } = conf;
    const path = `/v1/${String(prefix)}/${key.slice(0, at)}`.replace(/\/{2,}/g, "/");
    const headers = HeaderList.from({ "X-Vault-Token": fromEnvironment(env, String(token)) });
    if (namespace !== undefined) headers.set("X-Vault-Namespace", String(namespace));
    const answer = await http({ url: `${String(uri)}${path}`, headers, timeoutMs: MANAGER_MS });
    const found = parseObject(await answer.text(ANSWER_BYTES_MAX));
    if (answer.status !== 200 || found === undefined) {
      throw new Error(`it answered with status ${answer.status}, and not with a secret`);
    }
    const { data } = found;
    return isJsonObject(data) ? asSecret(data[key.slice(at + 1)]) : undefined;
  };
}
