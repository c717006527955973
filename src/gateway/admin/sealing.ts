/**
 * Secrets at rest: members that a plugin names, and private keys, are AES-CBC encrypted with a key
 * whose beginning is the initialisation vector, in base64 (apisix/core/data_encryption.lua).
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
    const cipher = createCipheriv(cipherOf(key), key, vectorOf(key));
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
        const decipher = createDecipheriv(cipherOf(key), key, vectorOf(key));
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

function vectorOf(key: Buffer): Buffer {
  return key.subarray(0, 16);
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
    if (folder === "plugin_metadata") return this.#fields(id ?? "", value, change);
    const { plugins } = value;
    if (!isObject(plugins)) return value;
    let changed = plugins;
    for (const [name, conf] of Object.entries(plugins)) {
      const next = isObject(conf) ? this.#fields(name, conf, change) : conf;
      if (next !== conf) changed = { ...changed, [name]: next };
    }
    return changed === plugins ? value : { ...value, plugins: changed };
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

/**
 * Changes the text, the texts of a list or of a map at a path; lists on the way are walked. What
 * has nothing there is returned as it is: thousands of routes need no copies.
 */
function at(value: JsonObject, path: readonly string[], change: Change): JsonObject {
  const [name = "", ...rest] = path;
  const member = Object.hasOwn(value, name) ? value[name] : undefined;
  if (member === undefined) return value;
  const next = rest.length === 0 ? leaf(member, change) : inside(member, rest, change);
  return next === member ? value : { ...value, [name]: next };
}

function inside(member: Json, rest: readonly string[], change: Change): Json {
  if (isObject(member)) return at(member, rest, change);
  if (!Array.isArray(member)) return member;
  const items = member.map((item) => (isObject(item) ? at(item, rest, change) : item));
  return items.some((item, index) => item !== member[index]) ? items : member;
}

function leaf(value: Json, change: Change): Json {
  const text = (item: Json): Json => (typeof item === "string" ? change(item) : item);
  if (Array.isArray(value)) return value.map(text);
  if (!isObject(value)) return text(value);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, text(item)]));
}
