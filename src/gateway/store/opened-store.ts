/**
 * A store as the gateway reads it: what is encrypted at rest in clear text, plugins that are not
 * enabled left out.
 */
import type { JsonObject } from "../../core/documents.ts";
import type { ConfigChange, ConfigEntry, ConfigStore } from "../config-store.ts";

type Listener = (changes: readonly ConfigChange[]) => void;

/** Gets the folder ("routes"), the last part of the key, and the value as it is stored. */
export type OpenValue = (folder: string, id: string | undefined, value: JsonObject) => JsonObject;

export class OpenedStore implements ConfigStore {
  readonly #store: ConfigStore;
  readonly #open: OpenValue;
  readonly #listeners = new Set<Listener>();
  /** An entry that has not changed keeps its object. */
  #opened = new WeakMap<ConfigEntry, ConfigEntry>();

  constructor(store: ConfigStore, open: OpenValue) {
    this.#store = store;
    this.#open = open;
  }

  async get(key: string): Promise<ConfigEntry | undefined> {
    const entry = await this.#store.get(key);
    return entry === undefined ? undefined : this.#view(entry);
  }

  async list(folder: string): Promise<readonly ConfigEntry[]> {
    return (await this.#store.list(folder)).map((entry) => this.#view(entry));
  }

  put(...write: Parameters<ConfigStore["put"]>): Promise<ConfigEntry> {
    return this.#store.put(...write);
  }

  delete(key: string): Promise<boolean> {
    return this.#store.delete(key);
  }

  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    const end = this.#store.watch((changes) => listener(changes.map((one) => this.#change(one))));
    return () => {
      this.#listeners.delete(listener);
      end();
    };
  }

  /** Entries of these folders look different from now on: tells of each as if it had been put. */
  async refresh(folders: readonly string[]): Promise<void> {
    this.#opened = new WeakMap();
    const lists = await Promise.all(folders.map((folder) => this.list(`/${folder}`)));
    const changes = lists.flat().map((entry) => ({ type: "put", entry }) as const);
    for (const listener of this.#listeners) listener(changes);
  }

  #view(entry: ConfigEntry): ConfigEntry {
    const known = this.#opened.get(entry);
    if (known !== undefined) return known;
    const parts = entry.key.split("/");
    const value = this.#open(parts[1] ?? "", parts.at(-1), entry.value);
    const made = value === entry.value ? entry : { ...entry, value };
    this.#opened.set(entry, made);
    return made;
  }

  #change(change: ConfigChange): ConfigChange {
    return change.type === "put" ? { type: "put", entry: this.#view(change.entry) } : change;
  }
}
