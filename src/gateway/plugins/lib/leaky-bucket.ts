/** Requests drip out at a rate; those that come faster wait, and beyond the burst overflow. */
export type BucketConf = {
  /** requests per second */
  readonly rate: number;
  readonly burst: number;
};

export type LeakyBucket = {
  /** Requests that are in it. */
  readonly excess: number;
  /** ms */
  readonly at: number;
};

/** Whether a request may go, and after which wait. */
export type Pace = { readonly isAllowed: boolean; readonly delaySeconds: number };

/** The bucket after a request; undefined: the request was refused, and nothing has changed. */
export function drip(
  before: LeakyBucket | undefined,
  { rate, burst }: BucketConf,
  now: number,
): { readonly after: LeakyBucket | undefined; readonly pace: Pace } {
  const excess = before === undefined ? 0 : left(before, rate, now);
  if (excess > burst) return { after: undefined, pace: { isAllowed: false, delaySeconds: 0 } };
  return {
    after: { excess, at: now },
    pace: { isAllowed: true, delaySeconds: excess / rate },
  };
}

function left({ excess, at }: LeakyBucket, rate: number, now: number): number {
  return Math.max(excess - (rate * Math.abs(now - at)) / 1000 + 1, 0);
}
