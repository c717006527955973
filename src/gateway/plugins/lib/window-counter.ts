/** Counts in windows of time, fixed and sliding: the decisions, without clock or storage. */

/** What a request found: all in whole requests and seconds. */
export type Count = {
  readonly isAllowed: boolean;
  readonly remaining: number;
  /** Until the window ends; when sliding and refused: until it may be worth while. */
  readonly resetSeconds: number;
};

/** A fixed window, begun by its first request. */
export type FixedWindow = { readonly count: number; readonly endsAt: number };

export type Limit = {
  readonly count: number;
  /** seconds */
  readonly window: number;
};

/** Refused requests count too. Times in milliseconds. */
export function countFixed(
  before: FixedWindow | undefined,
  { count: limit, window }: Limit,
  cost: number,
  now: number,
): { readonly after: FixedWindow; readonly result: Count } {
  const isRunning = before !== undefined && before.endsAt > now;
  const after = isRunning
    ? { count: before.count + cost, endsAt: before.endsAt }
    : { count: cost, endsAt: now + window * 1000 };
  const remaining = limit - after.count;
  const resetSeconds = isRunning ? (after.endsAt - now) / 1000 : window;
  return {
    after,
    result: { isAllowed: remaining >= 0, remaining: Math.max(remaining, 0), resetSeconds },
  };
}

/** A sliding window as it stands: what this window and the one before have counted. */
export type Sliding = {
  readonly count: number;
  /** Not more than the limit. */
  readonly last: number;
  readonly remainingSeconds: number;
};

/** Whether one more fits: of the window before, that share counts which still overlaps. */
export function fitsSliding(sliding: Sliding, limit: Limit): boolean {
  const estimated = overlap(sliding, limit) + sliding.count;
  return sliding.count < limit.count && estimated < limit.count;
}

/** Of a count that is already made (or was refused, and is not). */
export function slidingResult(sliding: Sliding, limit: Limit, isAllowed: boolean): Count {
  const { count, last, remainingSeconds } = sliding;
  if (isAllowed) {
    const remaining = Math.floor(limit.count - count - overlap(sliding, limit));
    return { isAllowed, remaining, resetSeconds: hundredths(remainingSeconds) };
  }
  const rate = last / limit.window;
  const isFull = count >= limit.count || rate === 0;
  const delay = isFull ? remainingSeconds : remainingSeconds - (limit.count - count) / rate;
  return { isAllowed, remaining: 0, resetSeconds: hundredths(Math.max(delay, 0)) };
}

function overlap({ last, remainingSeconds }: Sliding, { window }: Limit): number {
  return (last / window) * remainingSeconds;
}

function hundredths(seconds: number): number {
  return Math.ceil(seconds * 100) / 100;
}

/** Number of the window in which a time lies, and what is left of it; `now` in milliseconds. */
export function windowAt(
  now: number,
  window: number,
): { readonly id: number; readonly remainingSeconds: number } {
  const seconds = now / 1000;
  return { id: Math.floor(seconds / window), remainingSeconds: window - (seconds % window) };
}
