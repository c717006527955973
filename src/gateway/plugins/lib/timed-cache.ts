/** Values that hold for a time; the least recently used goes when there are too many. */
import { LRUCache } from "lru-cache";

export class TimedCache<V extends object> {
  private readonly entries: LRUCache<string, { readonly value: V; readonly until: number }>;
  private readonly now: () => number;

  /** `now`: ms epoch */
  constructor(entriesMax: number, now: () => number) {
    this.entries = new LRUCache({ max: entriesMax });
    this.now = now;
  }

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    return entry === undefined || entry.until <= this.now() ? undefined : entry.value;
  }

  /** Nothing is kept that has no time left. */
  set(key: string, value: V, ttlMs: number): void {
    if (ttlMs > 0) this.entries.set(key, { value, until: this.now() + ttlMs });
  }

  delete(key: string): void {
    this.entries.delete(key);
  }
}
