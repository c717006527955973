/**
 * The whole configuration in memory, kept current by the store's watch, so that no request waits
 * for the store. Folders are the first part of a key, ids what follows it.
 */
import type { ConfigChange, ConfigEntry, ConfigStore } from "./config-store.ts";

export type Folder =
  | "routes"
  | "services"
  | "upstreams"
  | "consumers"
  | "consumer_groups"
  | "plugin_configs"
  | "global_rules"
  | "plugin_metadata"
  | "ssls"
  | "secrets"
  | "protos"
  | "stream_routes";

export const FOLDERS: readonly Folder[] = [
  "routes",
  "services",
  "upstreams",
  "consumers",
  "consumer_groups",
  "plugin_configs",
  "global_rules",
  "plugin_metadata",
  "ssls",
  "secrets",
  "protos",
  "stream_routes",
];

/** One change that has been applied; `entry` is undefined when the id is gone. */
export type FolderChange = {
  readonly folder: Folder;
  readonly id: string;
  readonly entry: ConfigEntry | undefined;
};

export type MirrorListener = (changes: readonly FolderChange[]) => void;

export class ConfigMirror {
  private readonly folders = new Map<string, Map<string, ConfigEntry>>();
  private readonly versions = new Map<string, number>();
  private readonly listeners: MirrorListener[] = [];
  /** Keys deleted while the folders were being listed, by the index of the deletion. */
  private deleted: Map<string, number> | undefined = new Map();
  private endWatch: () => void = () => undefined;

  private constructor() {
    for (const folder of FOLDERS) this.folders.set(folder, new Map());
  }

  /** Resolves when everything stored has been read. */
  static async open(store: ConfigStore): Promise<ConfigMirror> {
    const mirror = new ConfigMirror();
    mirror.endWatch = store.watch((changes) => mirror.apply(changes));
    try {
      for (const folder of FOLDERS) mirror.load(await store.list(`/${folder}`));
    } catch (error) {
      mirror.stop();
      throw error;
    }
    mirror.deleted = undefined;
    return mirror;
  }

  get(folder: Folder, id: string): ConfigEntry | undefined {
    return this.folders.get(folder)?.get(id);
  }

  entries(folder: Folder): ReadonlyMap<string, ConfigEntry> {
    return this.folders.get(folder) ?? new Map();
  }

  /** Grows with every change below the folder. */
  version(folder: Folder): number {
    return this.versions.get(folder) ?? 0;
  }

  /** By folder: the highest modification index of what is in it; 0 for an empty one. */
  modifiedIndexes(): ReadonlyMap<string, number> {
    const indexes = new Map<string, number>();
    for (const [folder, entries] of this.folders) {
      let max = 0;
      for (const { modifiedIndex } of entries.values()) max = Math.max(max, modifiedIndex);
      indexes.set(folder, max);
    }
    return indexes;
  }

  /** Told after a group of changes was applied. */
  onChange(listener: MirrorListener): void {
    this.listeners.push(listener);
  }

  stop(): void {
    this.endWatch();
  }

  private load(entries: readonly ConfigEntry[]): void {
    for (const entry of entries) {
      const deletedAt = this.deleted?.get(entry.key) ?? -1;
      if (deletedAt < entry.modifiedIndex) this.write(entry.key, entry);
    }
  }

  private apply(changes: readonly ConfigChange[]): void {
    const applied: FolderChange[] = [];
    for (const change of changes) {
      const isPut = change.type === "put";
      const key = isPut ? change.entry.key : change.key;
      if (!isPut) this.deleted?.set(key, change.modifiedIndex);
      const done = this.write(key, isPut ? change.entry : undefined);
      if (done !== undefined) applied.push(done);
    }
    for (const listener of this.listeners) listener(applied);
  }

  private write(key: string, entry: ConfigEntry | undefined): FolderChange | undefined {
    const slash = key.indexOf("/", 1);
    const name = key.slice(1, slash);
    const entries = this.folders.get(name);
    if (slash < 0 || entries === undefined) return undefined;
    const id = key.slice(slash + 1);
    const newer = entries.get(id);
    if (entry !== undefined && newer !== undefined && newer.modifiedIndex > entry.modifiedIndex) {
      return undefined;
    }
    if (entry === undefined) entries.delete(id);
    else entries.set(id, entry);
    this.versions.set(name, (this.versions.get(name) ?? 0) + 1);
    return { folder: name as Folder, id, entry };
  }
}
