/**
 * Counted values by their labels. One look-up finds what a request adds to, which is cheaper than
 * one per metric; the number of label combinations is bounded.
 */
type Series<Value> = { readonly labels: readonly string[]; readonly value: Value; usedMs: number };

export type SeriesOptions<Value> = {
  readonly make: () => Value;
  /** More combinations than this are not counted. */
  readonly max: number;
  readonly onFull: () => void;
  /** One that was not used for so long vanishes; undefined: none does. */
  readonly expireMs?: number;
};

export class SeriesTable<Value> {
  private readonly options: SeriesOptions<Value>;
  private readonly series = new Map<string, Series<Value>>();

  constructor(options: SeriesOptions<Value>) {
    this.options = options;
  }

  /** Of these label values, always in the same order; undefined: there are too many already. */
  at(labels: readonly string[], nowMs: number): Value | undefined {
    // A separator that no header, path or configured text can have.
    const key = labels.join("\0");
    let found = this.series.get(key);
    if (found === undefined) {
      if (this.series.size >= this.options.max && this.sweep(nowMs) === 0) {
        this.options.onFull();
        return undefined;
      }
      found = { labels, value: this.options.make(), usedMs: nowMs };
      this.series.set(key, found);
    }
    found.usedMs = nowMs;
    return found.value;
  }

  read(nowMs: number): (readonly [labels: readonly string[], value: Value])[] {
    this.sweep(nowMs);
    return [...this.series.values()].map(({ labels, value }) => [labels, value] as const);
  }

  /** Returns how many have vanished. */
  private sweep(nowMs: number): number {
    const { expireMs } = this.options;
    if (expireMs === undefined) return 0;
    const before = this.series.size;
    for (const [key, { usedMs }] of this.series) {
      if (nowMs - usedMs > expireMs) this.series.delete(key);
    }
    return before - this.series.size;
  }
}

/** How many values were at most as large as each bound. */
export class Distribution {
  readonly bounds: readonly number[];
  sum = 0;
  count = 0;
  private readonly counts: number[];

  /** `bounds` rise. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.sum += value;
    this.count += 1;
    const at = this.bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  /** One number per bound, each with those before it. */
  cumulated(): number[] {
    let sum = 0;
    return this.counts.map((count) => {
      sum += count;
      return sum;
    });
  }
}
