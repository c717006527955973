/**
 * The route engine's configuration, made out of the APIs: nothing of it is kept on disk, and a
 * change is in force when the call that made it returns.
 */
import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../../core/documents.ts";
import { PlatformError } from "../../core/errors.ts";
import type { ConfigChange, ConfigEntry, ConfigStore } from "../config-store.ts";

type Listener = (changes: readonly ConfigChange[]) => void;

export class RouteStore implements ConfigStore {
  private readonly entries = new Map<string, ConfigEntry>();
  private readonly listeners = new Set<Listener>();
  private revision = 0;

  /** Puts these entries in the place of all whose keys begin with `prefix`. */
  replace(prefix: string, values: ReadonlyMap<string, JsonObject>): void {
    const changes: ConfigChange[] = [];
    for (const key of this.entries.keys()) {
      if (!key.startsWith(prefix) || values.has(key)) continue;
      this.entries.delete(key);
      changes.push({ type: "delete", key, modifiedIndex: ++this.revision });
    }
    for (const [key, value] of values) {
      if (isDeepStrictEqual(this.entries.get(key)?.value, value)) continue;
      changes.push({ type: "put", entry: this.keep(key, value) });
    }
    for (const listener of this.listeners) listener(changes);
  }

  get(key: string): Promise<ConfigEntry | undefined> {
    return Promise.resolve(this.entries.get(key));
  }

  list(folder: string): Promise<readonly ConfigEntry[]> {
    const found = [...this.entries.values()].filter(({ key }) => key.startsWith(`${folder}/`));
    return Promise.resolve(found);
  }

  put(): Promise<ConfigEntry> {
    return Promise.reject(new PlatformError("METHOD_UNKNOWN"));
  }

  delete(): Promise<boolean> {
    return Promise.reject(new PlatformError("METHOD_UNKNOWN"));
  }

  watch(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private keep(key: string, value: JsonObject): ConfigEntry {
    const modifiedIndex = ++this.revision;
    const { createdIndex = modifiedIndex } = this.entries.get(key) ?? {};
    const entry = { key, value, createdIndex, modifiedIndex };
    this.entries.set(key, entry);
    return entry;
  }
}
