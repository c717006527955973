/** Alarms on disk, each write against the version that was read. */
import type { JsonObject } from "../../core/documents.ts";
import { PlatformError } from "../../core/errors.ts";
import type { ConfigStore } from "../../gateway/config-store.ts";
import { type Alarm, alarmKey } from "./alarm.ts";

export class AlarmBook {
  private readonly store: ConfigStore;
  /** The index under which an alarm stands in the store. */
  private readonly indexes = new WeakMap<Alarm, number>();

  constructor(store: ConfigStore) {
    this.store = store;
  }

  /** By key. Rejects `STORE_UNAVAILABLE`. */
  async all(): Promise<[string, Alarm][]> {
    const entries = await this.store.list("/alarms");
    return entries.map(({ key, value, modifiedIndex }) => [key, this.known(value, modifiedIndex)]);
  }

  async get(trigger: Pick<Alarm, "namespace" | "name">): Promise<Alarm | undefined> {
    const entry = await this.store.get(alarmKey(trigger));
    return entry === undefined ? undefined : this.known(entry.value, entry.modifiedIndex);
  }

  /** Writes whatever stood there before. */
  async put(alarm: Alarm): Promise<void> {
    const entry = await this.store.put(alarmKey(alarm), toJson(alarm));
    this.indexes.set(alarm, entry.modifiedIndex);
  }

  /** False when `from` no longer stands there. */
  async replace(key: string, from: Alarm, to: Alarm): Promise<boolean> {
    const ifModifiedIndex = this.indexes.get(from);
    if (ifModifiedIndex === undefined) return false;
    try {
      const entry = await this.store.put(key, toJson(to), { ifModifiedIndex });
      this.indexes.set(to, entry.modifiedIndex);
      return true;
    } catch (cause) {
      if (cause instanceof PlatformError && cause.code === "CONFLICT") return false;
      throw cause;
    }
  }

  /** False when there was none. */
  remove(key: string): Promise<boolean> {
    return this.store.delete(key);
  }

  private known(value: JsonObject, modifiedIndex: number): Alarm {
    // Only this class writes below "/alarms".
    const alarm = value as unknown as Alarm;
    this.indexes.set(alarm, modifiedIndex);
    return alarm;
  }
}

function toJson(alarm: Alarm): JsonObject {
  return { ...alarm } as unknown as JsonObject;
}
