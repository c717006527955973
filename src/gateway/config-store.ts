/**
 * Port to the gateway's configuration: JSON values under keys in APISIX's layout without its prefix
 * ("/routes/1", "/plugin_metadata/cors"), in the embedded store or, later, in etcd.
 * Every promise rejects with a `PlatformError` (`CONFLICT`, `STORE_UNAVAILABLE`).
 */
import type { JsonObject } from "../core/documents.ts";

export type ConfigEntry = {
  readonly key: string;
  readonly value: JsonObject;
  /** Revision of the whole configuration at which the key was created, and last written. */
  readonly createdIndex: number;
  readonly modifiedIndex: number;
  /** ms epoch; absent when the entry does not expire */
  readonly expires?: number;
};

export type ConfigChange =
  | { readonly type: "put"; readonly entry: ConfigEntry }
  | { readonly type: "delete"; readonly key: string; readonly modifiedIndex: number };

export type ConfigPut = {
  /** seconds after which the entry is deleted by itself */
  readonly ttl?: number;
  /** Written only while the key has this index (0: while there is none), else `CONFLICT`. */
  readonly ifModifiedIndex?: number;
};

export type ConfigStore = {
  get(key: string): Promise<ConfigEntry | undefined>;
  /** Everything below a folder such as "/routes", by key. */
  list(folder: string): Promise<readonly ConfigEntry[]>;
  /** On disk when it resolves. */
  put(key: string, value: JsonObject, options?: ConfigPut): Promise<ConfigEntry>;
  /** False when there was nothing. */
  delete(key: string): Promise<boolean>;
  /**
   * Tells every change after the call, in order, in groups: changes of one turn or of a burst come
   * together, at most 50 ms after they were written. Returns the end of the watch.
   */
  watch(listener: (changes: readonly ConfigChange[]) => void): () => void;
};
