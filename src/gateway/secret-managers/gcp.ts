/** Google Cloud's Secret Manager (apisix/secret/gcp.lua): the latest version of a secret. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { LRUCache } from "lru-cache";
import type { JsonObject } from "../../core/documents.ts";
import { isJsonObject } from "../../lib/json.ts";
import { withDefaults } from "../conf-defaults.ts";
import { HeaderList } from "../header-list.ts";
import { GOOGLE_ACCOUNT } from "../schema/secret.ts";
import { type GoogleToken, requestToken } from "./google-token.ts";
import {
  ANSWER_BYTES_MAX,
  type FetchSecret,
  MANAGER_MS,
  type ManagerServices,
  memberOf,
  parseObject,
} from "./manager.ts";

const FAILED = "failed to retrieve data from gcp secret manager";
/** As the original: tokens of so many accounts are kept. */
const ACCOUNTS_MAX = 8;
const NEEDED = ["client_email", "private_key", "project_id"];

/** A key is the name of a secret, and may have the name of a member of it behind a slash. */
export function gcp(services: ManagerServices): FetchSecret {
  const tokens = new LRUCache<string, Promise<GoogleToken>>({ max: ACCOUNTS_MAX });
  return async (conf, key) => {
    const at = key.indexOf("/");
    const name = at < 0 ? key : key.slice(0, at);
    if (name === "") throw new Error(`can't find main key, key: ${key}`);
    const account = await accountOf(conf);
    const sslVerify = conf["ssl_verify"] !== false;
    const { authorization } = await tokenOf(services, tokens, account, sslVerify);
    const { entries_uri: uri, project_id: project } = account;
    const answer = await services.http({
      url: `${String(uri)}/projects/${String(project)}/secrets/${name}/versions/latest:access`,
      headers: HeaderList.from({
        "Content-Type": "application/json",
        Authorization: authorization,
      }),
      timeoutMs: MANAGER_MS,
      sslVerify,
    });
    const text = payloadOf(answer.status, await answer.text(ANSWER_BYTES_MAX));
    return at < 0 ? text : memberOf(text, key.slice(at + 1));
  };
}

function payloadOf(status: number, text: string): string {
  if (status !== 200) throw new Error(`${FAILED}: status ${status}`);
  const payload = parseObject(text)?.["payload"];
  const data = isJsonObject(payload) ? payload["data"] : undefined;
  if (typeof data !== "string") throw new Error(`${FAILED}: invalid payload`);
  return Buffer.from(data, "base64").toString("utf8");
}

async function accountOf({ auth_config: given, auth_file: file }: JsonObject): Promise<JsonObject> {
  if (isJsonObject(given)) return given as JsonObject;
  const text = await readFile(String(file), "utf8").catch((cause: unknown) => {
    throw new Error(`failed to read configuration, file: ${String(file)}`, { cause });
  });
  const account = parseObject(text);
  const isComplete = NEEDED.every((name) => typeof account?.[name] === "string");
  if (account === undefined || !isComplete) {
    throw new Error(`config parse failure, file: ${String(file)}`);
  }
  return withDefaults(GOOGLE_ACCOUNT, account);
}

/** One at a time for each account; one that could not be had is asked for again. */
async function tokenOf(
  services: ManagerServices,
  tokens: LRUCache<string, Promise<GoogleToken>>,
  account: JsonObject,
  sslVerify: boolean,
): Promise<GoogleToken> {
  const id = createHash("sha256")
    .update(JSON.stringify([account, sslVerify]))
    .digest("hex");
  const pending = tokens.get(id);
  if (pending !== undefined) {
    const known = await pending.catch(() => undefined);
    if (known !== undefined && services.now() < known.untilMs) return known;
    // Another request was faster to ask anew.
    if (tokens.get(id) !== pending) return tokenOf(services, tokens, account, sslVerify);
  }
  const fresh = requestToken(services, account, sslVerify);
  tokens.set(id, fresh);
  return fresh;
}
