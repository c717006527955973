/** Counters in memory: for one gateway alone. */
import { LRUCache } from "lru-cache";
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

/** Keys that are counted at once; the one unused for longest is forgotten. */
export const LOCAL_COUNTERS_MAX = 100_000;

export class LocalFixedCounter implements Counter {
  private readonly windows = new LRUCache<string, FixedWindow>({ max: LOCAL_COUNTERS_MAX });
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  take(key: string, limit: Limit, cost: number): Count {
    const { after, result } = countFixed(this.windows.get(key), limit, cost, this.now());
    this.windows.set(key, after);
    return result;
  }
}

export class LocalSlidingCounter implements Counter {
  private readonly counts = new LRUCache<string, number>({ max: LOCAL_COUNTERS_MAX });
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  take(key: string, limit: Limit, cost: number): Count {
    const { id, remainingSeconds } = windowAt(this.now(), limit.window);
    const count = this.counts.get(`${key}.${id}`) ?? 0;
    const last = Math.min(this.counts.get(`${key}.${id - 1}`) ?? 0, limit.count);
    const sliding = { count, last, remainingSeconds };
    if (!fitsSliding(sliding, limit)) return slidingResult(sliding, limit, false);
    this.counts.set(`${key}.${id}`, count + cost);
    return slidingResult({ ...sliding, count: count + cost }, limit, true);
  }
}
