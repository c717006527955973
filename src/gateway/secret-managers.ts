/** Fetches values from the secret managers that are configured under /secrets (apisix/secret/*). */
import type { JsonObject } from "../core/documents.ts";
import { isJsonObject } from "../lib/json.ts";
import { HeaderList } from "./header-list.ts";
import type { HttpClient } from "./http-call.ts";
import { environmentValue, isSecretReference, type SecretManager } from "./secrets.ts";

export type SecretManagersOptions = {
  /** Configuration of a manager by its id: "vault/1". */
  readonly confOf: (id: string) => JsonObject | undefined;
  readonly http: HttpClient;
  /** A manager's token may be in the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
};

const VAULT_MS = 5000;
/** Longest answer of a manager, bytes. */
const ANSWER_BYTES_MAX = 1024 * 1024;

/** Of the managers, HashiCorp's Vault is served; rejects for others. */
export function createSecretManager(options: SecretManagersOptions): SecretManager {
  return async (manager, id, key) => {
    const conf = options.confOf(`${manager}/${id}`);
    if (conf === undefined) return undefined;
    if (manager !== "vault") throw new Error(`secret manager "${manager}" is not served`);
    return fromVault(options, conf, key);
  };
}

/** `key`: path of the secret in the engine, then its member. */
async function fromVault(
  { http, env }: SecretManagersOptions,
  conf: JsonObject,
  key: string,
): Promise<string | undefined> {
  const at = key.lastIndexOf("/");
  if (at <= 0 || at === key.length - 1) throw new Error("a path and a member are needed");
  const { uri, prefix, token, namespace } = conf;
  const path = `/v1/${String(prefix)}/${key.slice(0, at)}`.replace(/\/{2,}/g, "/");
  const headers = HeaderList.from({ "X-Vault-Token": fromEnvironment(env, String(token)) });
  if (namespace !== undefined) headers.set("X-Vault-Namespace", String(namespace));
  const answer = await http({ url: `${String(uri)}${path}`, headers, timeoutMs: VAULT_MS });
  const { data } = await readObject(answer.text(ANSWER_BYTES_MAX), answer.status);
  const value = isJsonObject(data) ? data[key.slice(at + 1)] : undefined;
  return value === undefined || value === null ? undefined : String(value);
}

/** A reference to nothing is sent as it is: the manager will refuse it. */
function fromEnvironment(env: SecretManagersOptions["env"], token: string): string {
  return isSecretReference(token) ? (environmentValue(env, token) ?? token) : token;
}

/** What it answers is in no error: it might be a secret. */
async function readObject(text: Promise<string>, status: number): Promise<JsonObject> {
  const value = parse(await text);
  if (status === 200 && isJsonObject(value)) return value as JsonObject;
  throw new Error(`it answered with status ${status}, and not with a secret`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // told by the caller
  }
}
