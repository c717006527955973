/**
 * The entities of one namespace, as a deployment needs them: put, look up, delete, list, invoke.
 * A write that meets another one at the same time is tried again.
 */
import { encodePath, encodeQuery } from "../client/address.ts";
import type { Collection, WhiskClient } from "../client/client.ts";
import { ClientFailure } from "../client/failures.ts";
import { type Encodable, isMap, type JsonMap, mapOf, type Value } from "../client/json.ts";

export type EntitiesOptions = {
  readonly client: WhiskClient;
  /** "_" is that of the key */
  readonly namespace: string;
  /** resolves after so many milliseconds */
  readonly wait: (ms: number) => Promise<void>;
  readonly warn: (text: string) => void;
};

const ATTEMPTS_MAX = 3;
const RETRY_MS = 1000;
const CONFLICT = 409;
const NOT_FOUND = 404;
const CONFLICT_TEXT = "Concurrent modification to resource detected";
/** What a platform gives at once when it is asked for all. */
const PAGE = 200;

export class Entities {
  readonly namespace: string;
  readonly #options: EntitiesOptions;

  constructor(options: EntitiesOptions) {
    this.namespace = options.namespace;
    this.#options = options;
  }

  /** Creates the entity or replaces it. */
  async put(collection: Collection, name: string, record: Encodable): Promise<void> {
    const { client, namespace } = this.#options;
    await this.again(() => client.put(collection, namespace, name, record, true));
  }

  async delete(collection: Collection, name: string): Promise<void> {
    const { client, namespace } = this.#options;
    await this.again(() => client.delete(collection, namespace, name));
  }

  /** Deletes a binding, which cannot be looked up when what it is bound to is gone. */
  async removeBinding(name: string): Promise<void> {
    await this.delete("packages", name).catch((cause: unknown) => {
      if (!isMissing(cause)) throw cause;
    });
  }

  /** Deletes it if it is there. */
  async remove(collection: Collection, name: string): Promise<void> {
    if ((await this.find(collection, name)) !== undefined) await this.delete(collection, name);
  }

  /** undefined when there is none; `query` is added to the address. */
  async find(collection: Collection, name: string, query = ""): Promise<JsonMap | undefined> {
    try {
      return mapOf(await this.#read(`${collection}/${encodePath(name)}${query}`));
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw cause;
    }
  }

  /** All entities of a collection, or all actions of a package, as far as lists show them. */
  async list(collection: Collection, packageName = ""): Promise<readonly JsonMap[]> {
    const folder = packageName === "" ? "" : `/${encodePath(packageName)}/`;
    const found: JsonMap[] = [];
    for (let skip = 0; ; skip += PAGE) {
      const query = encodeQuery({ limit: 0, skip });
      const list = await this.#read(`${collection}${folder}?${query}`);
      const items = Array.isArray(list) ? list.filter(isMap) : [];
      found.push(...items);
      if (items.length < PAGE) return found;
    }
  }

  /** Invokes an action of any namespace, waits for it, and gives its result. */
  async invoke(namespace: string, name: string, parameters: JsonMap): Promise<Value> {
    const { client } = this.#options;
    const options = { blocking: true, result: false };
    const record = await this.again(() => client.invoke(namespace, name, parameters, options));
    return mapOf(mapOf(record).get("response")).get("result") ?? null;
  }

  #read(path: string): Promise<Value | undefined> {
    return this.#options.client.read(this.namespace, path);
  }

  /** Makes the call, again when another write came between. */
  async again<T>(call: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await call();
      } catch (cause) {
        if (attempt === ATTEMPTS_MAX || !isConflict(cause)) throw cause;
        this.#options.warn(`Retrying [${attempt}] after error: [${cause.message}]`);
        await this.#options.wait(RETRY_MS);
      }
    }
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof ClientFailure && cause.status === NOT_FOUND;
}

function isConflict(cause: unknown): cause is ClientFailure {
  return (
    cause instanceof ClientFailure &&
    cause.status === CONFLICT &&
    cause.message.includes(CONFLICT_TEXT)
  );
}
