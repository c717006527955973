/**
 * Secrets at rest: members that a plugin names, and private keys, are AES-CBC encrypted with a key
 * that is its own initialisation vector, in base64 (apisix/core/data_encryption.lua).
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Json, JsonObject } from "../../core/documents.ts";
import { isObject } from "../schema/lua.ts";
import type { PluginCatalog } from "../schema/plugin-catalog.ts";

/** Bytes of a key, and the cipher it selects. */
const CIPHERS: ReadonlyMap<number, string> = new Map([
  [16, "aes-128-cbc"],
  [32, "aes-256-cbc"],
]);

export class Keyring {
  readonly #keys: readonly Buffer[];

  /** Texts of 16 or 32 bytes: the first encrypts, each may decrypt. Empty: nothing is encrypted. */
  constructor(keys: readonly string[]) {
    this.#keys = keys.map((key) => Buffer.from(key)).filter((key) => CIPHERS.has(key.length));
  }

  encrypt(text: string): string {
    const [key] = this.#keys;
    if (key === undefined) return text;
    const cipher = createCipheriv(cipherOf(key), key, key);
    return Buffer.concat([cipher.update(text, "utf8"), cipher.final()]).toString("base64");
  }

  /** What cannot be decrypted is returned as it is: it was stored before there was a key. */
  decrypt(text: string): string {
    if (!/^(?:[A-Za-z0-9+/]{4})+$|^(?:[A-Za-z0-9+/]{4})*[A-Za-z0-9+/]{2,3}={1,2}$/u.test(text)) {
      return text;
    }
    const bytes = Buffer.from(text, "base64");
    for (const key of this.#keys) {
      try {
        const decipher = createDecipheriv(cipherOf(key), key, key);
        return Buffer.concat([decipher.update(bytes), decipher.final()]).toString("utf8");
      } catch {
        // Another key of the ring may be the right one.
      }
    }
    return text;
  }
}

function cipherOf(key: Buffer): string {
  return CIPHERS.get(key.length) ?? "aes-128-cbc";
}

/** Only keys in PEM form are encrypted: what is not one is encrypted already, or a reference. */
const PEM = "---";

export class Sealing {
  readonly #keyring: Keyring;
  readonly #catalog: PluginCatalog;

  constructor(keyring: Keyring, catalog: PluginCatalog) {
    this.#keyring = keyring;
    this.#catalog = catalog;
  }

  /** As it is stored, and shown in the answer of the write. */
  seal(folder: string, id: string | undefined, value: JsonObject): JsonObject {
    const encrypt = (text: string): string => this.#keyring.encrypt(text);
    const pem = (text: string): string => (text.startsWith(PEM) ? encrypt(text) : text);
    return this.#keys(folder, this.#plugins(folder, id, value, encrypt), pem);
  }

  /** As the Admin API shows it: plugins in clear text, private keys not. */
  shown(folder: string, id: string | undefined, value: JsonObject): JsonObject {
    return this.#plugins(folder, id, value, (text) => this.#keyring.decrypt(text));
  }

  /** As the gateway uses it: everything in clear text. */
  open(folder: string, id: string | undefined, value: JsonObject): JsonObject {
    const decrypt = (text: string): string => this.#keyring.decrypt(text);
    const pem = (text: string): string => (text.startsWith(PEM) ? text : decrypt(text));
    return this.#keys(folder, this.#plugins(folder, id, value, decrypt), pem);
  }

  #plugins(folder: string, id: string | undefined, value: JsonObject, change: Change): JsonObject {
    if (folder === "plugin_metadata") {
      return this.#fields(id ?? "", value, change);
    }
    const { plugins } = value;
    if (!isObject(plugins)) return value;
    const changed = Object.entries(plugins).map(([name, conf]) => {
      return [name, isObject(conf) ? this.#fields(name, conf, change) : conf] as const;
    });
    return { ...value, plugins: Object.fromEntries(changed) };
  }

  #fields(plugin: string, conf: JsonObject, change: Change): JsonObject {
    const paths = this.#catalog.find(plugin)?.encryptFields ?? [];
    return paths.reduce((changed, path) => at(changed, path.split("."), change), conf);
  }

  #keys(folder: string, value: JsonObject, change: Change): JsonObject {
    if (folder === "ssls") return at(at(value, ["key"], change), ["keys"], change);
    const path = folder === "upstreams" ? ["tls", "client_key"] : ["upstream", "tls", "client_key"];
    return at(value, path, change);
  }
}

type Change = (text: string) => string;

/** Changes the text, the texts of a list or of a map at a path; lists on the way are walked. */
function at(
  value: JsonObject,
  [name = "", ...rest]: readonly string[],
  change: Change,
): JsonObject {
  const member = value[name];
  if (!Object.hasOwn(value, name) || member === undefined) return value;
  if (rest.length === 0) return { ...value, [name]: leaf(member, change) };
  if (Array.isArray(member)) {
    const items = member.map((item) => (isObject(item) ? at(item, rest, change) : item));
    return { ...value, [name]: items };
  }
  return isObject(member) ? { ...value, [name]: at(member, rest, change) } : value;
}

function leaf(value: Json, change: Change): Json {
  const text = (item: Json): Json => (typeof item === "string" ? change(item) : item);
  if (Array.isArray(value)) return value.map(text);
  if (!isObject(value)) return text(value);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, text(item)]));
}
