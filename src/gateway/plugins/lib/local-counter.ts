/** Counters in memory: for one gateway alone. */
import { LRUCache } from "lru-cache";
import { lazily } from "../../../lib/lazily.ts";
import type { Counter } from "./counter.ts";
import {
  type Count,
  countFixed,
  type FixedWindow,
  fitsSliding,
  type Limit,
  slidingResult,
  windowAt,
} from "./window-counter.ts";

/**
 * Keys that are counted at once; the one unused for longest is forgotten. Room for all of them is
 * made at once, so with the first.
 */
export const LOCAL_COUNTERS_MAX = 100_000;

export class LocalFixedCounter implements Counter {
  private readonly windows = lazily(
    () => new LRUCache<string, FixedWindow>({ max: LOCAL_COUNTERS_MAX }),
  );
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  take(key: string, limit: Limit, cost: number): Count {
    const windows = this.windows();
    const { after, result } = countFixed(windows.get(key), limit, cost, this.now());
    windows.set(key, after);
    return result;
  }
}

export class LocalSlidingCounter implements Counter {
  private readonly counts = lazily(() => new LRUCache<string, number>({ max: LOCAL_COUNTERS_MAX }));
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  take(key: string, limit: Limit, cost: number): Count {
    const { id, remainingSeconds } = windowAt(this.now(), limit.window);
    const counts = this.counts();
    const count = counts.get(`${key}.${id}`) ?? 0;
    const last = Math.min(counts.get(`${key}.${id - 1}`) ?? 0, limit.count);
    const sliding = { count, last, remainingSeconds };
    if (!fitsSliding(sliding, limit)) return slidingResult(sliding, limit, false);
    counts.set(`${key}.${id}`, count + cost);
    return slidingResult({ ...sliding, count: count + cost }, limit, true);
  }
}
