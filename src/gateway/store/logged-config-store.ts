/**
 * A configuration store that reads from memory and writes through a log: what a caller was told
 * is in the log first. Drivers differ in their log only.
 */
import type { JsonObject } from "../../core/documents.ts";
import type { ConfigEntry, ConfigPut, ConfigStore } from "../config-store.ts";
import { ChangeGroups } from "./change-groups.ts";

export type LogWrite = {
  readonly key: string;
  readonly value: JsonObject;
  /** ms epoch */
  readonly expires: number | undefined;
  readonly ifModifiedIndex: number | undefined;
};

export type Indexes = { readonly createdIndex: number; readonly modifiedIndex: number };

/** Where entries outlive the process, or do not. Rejects as `ConfigStore` does. */
export type ConfigLog = {
  load(): Promise<readonly ConfigEntry[]>;
  put(write: LogWrite): Promise<Indexes>;
  /** The revision of the deletion; undefined when there was nothing, or another index. */
  delete(key: string, ifModifiedIndex: number | undefined): Promise<number | undefined>;
};

/** Longest wait of one timer of the runtime. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export class LoggedConfigStore implements ConfigStore {
  readonly #log: ConfigLog;
  readonly #now: () => number;
  /** By the first part of the key, then by key. */
  readonly #folders = new Map<string, Map<string, ConfigEntry>>();
  readonly #groups = new ChangeGroups();
  readonly #expiring = new Map<string, ConfigEntry>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  private constructor(log: ConfigLog, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** `now`: ms epoch. */
  static async open(log: ConfigLog, now: () => number = Date.now): Promise<LoggedConfigStore> {
    const store = new LoggedConfigStore(log, now);
    for (const entry of await log.load()) store.#keep(entry);
    store.#arm();
    return store;
  }

  get(key: string): Promise<ConfigEntry | undefined> {
    const entry = this.#folder(key).get(key);
    return Promise.resolve(entry !== undefined && this.#lives(entry) ? entry : undefined);
  }

  list(folder: string): Promise<readonly ConfigEntry[]> {
    const prefix = `${folder}/`;
    const found: ConfigEntry[] = [];
    for (const [key, entry] of this.#folder(prefix)) {
      if (key.startsWith(prefix) && this.#lives(entry)) found.push(entry);
    }
    return Promise.resolve(found.sort((a, b) => (a.key < b.key ? -1 : 1)));
  }

  async put(key: string, value: JsonObject, options: ConfigPut = {}): Promise<ConfigEntry> {
    const { ttl, ifModifiedIndex } = options;
    const expires = ttl === undefined ? undefined : this.#now() + ttl * 1000;
    const indexes = await this.#log.put({ key, value, expires, ifModifiedIndex });
    const entry = { key, value, ...indexes, ...(expires === undefined ? {} : { expires }) };
    this.#keep(entry);
    this.#groups.add({ type: "put", entry });
    if (expires !== undefined) this.#arm();
    return entry;
  }

  delete(key: string): Promise<boolean> {
    return this.#delete(key, undefined);
  }

  watch(listener: Parameters<ConfigStore["watch"]>[0]): () => void {
    return this.#groups.watch(listener);
  }

  /** Entries no longer expire; call it before the log ends. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #delete(key: string, ifModifiedIndex: number | undefined): Promise<boolean> {
    const modifiedIndex = await this.#log.delete(key, ifModifiedIndex);
    if (modifiedIndex === undefined) return false;
    this.#folder(key).delete(key);
    this.#expiring.delete(key);
    this.#groups.add({ type: "delete", key, modifiedIndex });
    return true;
  }

  #keep(entry: ConfigEntry): void {
    this.#folder(entry.key).set(entry.key, entry);
    if (entry.expires === undefined) this.#expiring.delete(entry.key);
    else this.#expiring.set(entry.key, entry);
  }

  #folder(key: string): Map<string, ConfigEntry> {
    const name = key.split("/", 2)[1] ?? "";
    const folder = this.#folders.get(name) ?? new Map<string, ConfigEntry>();
    this.#folders.set(name, folder);
    return folder;
  }

  #lives({ expires }: ConfigEntry): boolean {
    return expires === undefined || expires > this.#now();
  }

  /** One timer for whatever expires first. */
  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped || this.#expiring.size === 0) return;
    const first = Math.min(...[...this.#expiring.values()].map(({ expires }) => expires ?? 0));
    const wait = Math.min(Math.max(first - this.#now(), 0), TIMER_MS_MAX);
    this.#timer = setTimeout(() => void this.#expire(), wait);
    this.#timer.unref();
  }

  async #expire(): Promise<void> {
    const over = [...this.#expiring.values()].filter((entry) => !this.#lives(entry));
    // A log that cannot be written now is asked again at the next expiry; reads hide them anyway.
    for (const entry of over) this.#expiring.delete(entry.key);
    await Promise.allSettled(over.map((entry) => this.#delete(entry.key, entry.modifiedIndex)));
    this.#arm();
  }
}
