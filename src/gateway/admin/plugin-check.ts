/** Checks of the plugins of one resource (apisix/plugin.lua: check_schema). */
import type { Json } from "../../core/documents.ts";
import { isObject, luaType } from "../schema/lua.ts";
import { isSecretReference } from "../secrets.ts";
import type { CheckServices, SchemaKindOf } from "./resource.ts";

/** `plugins` has passed the resource's own schema: it is an object, or absent. */
export function pluginsProblem(
  services: CheckServices,
  plugins: Json | undefined,
  kind: SchemaKindOf = "plugin",
): string | undefined {
  if (!isObject(plugins)) return undefined;
  for (const [name, conf] of Object.entries(plugins)) {
    const problem = pluginProblem(services, name, conf, kind);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function pluginProblem(
  { catalog, expressionProblem, preFunctionProblem }: CheckServices,
  name: string,
  conf: Json,
  kind: SchemaKindOf,
): string | undefined {
  if (luaType(conf) !== "table") {
    return `invalid plugin conf ${JSON.stringify(conf)} for plugin [${name}]`;
  }
  if (catalog.find(name) === undefined) return `unknown plugin [${name}]`;
  const meta = isObject(conf) ? conf["_meta"] : undefined;
  const { problem } = catalog.check(name, conf, kind);
  if (problem !== undefined && !(isObject(meta) && meta["disable"] === true)) {
    return `failed to check the configuration of plugin ${name} err: ${problem}`;
  }
  const filter = isObject(meta) ? meta["filter"] : undefined;
  const wrong = filter === undefined ? undefined : expressionProblem(filter);
  if (wrong !== undefined) return `failed to validate the 'vars' expression: ${wrong}`;
  const source = isObject(meta) ? meta["pre_function"] : undefined;
  const why = typeof source === "string" ? preFunctionProblem(source) : undefined;
  return why && `failed to load _meta.pre_function in plugin ${name}: ${why}`;
}

/** Of each plugin the member by which a consumer is found; two consumers cannot share one. */
const UNIQUE_KEYS: Readonly<Record<string, string>> = {
  "key-auth": "key",
  "basic-auth": "username",
  "jwt-auth": "key",
  "hmac-auth": "key_id",
  "ldap-auth": "user_dn",
};

/** Whom a consumer's plugins belong to: a consumer, or one of its credentials. */
export type KeyOwner = { readonly consumer: string; readonly credential: string | undefined };

/** "/consumers/jack/credentials/one" */
export function ownerOf(key: string): KeyOwner {
  const [, , consumer = "", , credential] = key.split("/");
  return { consumer, credential };
}

export async function duplicateKeyProblem(
  { store, catalog, keyring }: CheckServices,
  plugins: Json | undefined,
  own: KeyOwner,
): Promise<string | undefined> {
  if (!isObject(plugins)) return undefined;
  const wanted = Object.entries(UNIQUE_KEYS).flatMap(([plugin, member]) => {
    const conf = plugins[plugin];
    const key = isObject(conf) ? conf[member] : undefined;
    const isKnown = typeof key === "string" && !isSecretReference(key);
    return isKnown ? [{ plugin, member, key }] : [];
  });
  if (wanted.length === 0) return undefined;
  for (const { key: entryKey, value } of await store.list("/consumers")) {
    const owner = ownerOf(entryKey);
    const isSelf =
      owner.consumer === own.consumer &&
      (own.credential === undefined || owner.credential === own.credential);
    if (isSelf) continue;
    const others = isObject(value["plugins"]) ? value["plugins"] : {};
    for (const { plugin, member, key } of wanted) {
      const conf = others[plugin];
      const stored = isObject(conf) ? conf[member] : undefined;
      if (typeof stored !== "string") continue;
      const isSealed = catalog.find(plugin)?.encryptFields?.includes(member) === true;
      if ((isSealed ? keyring.decrypt(stored) : stored) !== key) continue;
      return `duplicate ${member} of plugin ${plugin} found with ${describe(owner)}`;
    }
  }
  return undefined;
}

function describe({ consumer, credential }: KeyOwner): string {
  const name = `consumer: ${consumer}`;
  return credential === undefined ? name : `credential: ${credential} of ${name}`;
}
