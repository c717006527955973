/** What is known of an address whose upstream has failed, and how long it is spared. */
export type Circuit = {
  /** Failures since it was last well. */
  readonly failures: number;
  /** Successes since the last failure. */
  readonly successes: number;
  /** Second (epoch) of the last time when the limit of failures, or a multiple, was reached. */
  readonly brokenAt: number | undefined;
};

export type CircuitConf = {
  readonly max_breaker_sec: number;
  readonly unhealthy: { readonly http_statuses: readonly number[]; readonly failures: number };
  readonly healthy: { readonly http_statuses: readonly number[]; readonly successes: number };
};

/** 2, 4, 8 … seconds for each time the limit was reached, up to the configured most. */
export function breakSeconds({ failures }: Circuit, conf: CircuitConf): number {
  const times = Math.max(1, Math.floor(failures / conf.unhealthy.failures));
  return Math.min(2 ** times, conf.max_breaker_sec);
}

/** The circuit after an answer with this status at this second; undefined: it is well. */
export function observe(
  before: Circuit | undefined,
  status: number,
  conf: CircuitConf,
  second: number,
): Circuit | undefined {
  if (conf.unhealthy.http_statuses.includes(status)) {
    const failures = (before?.failures ?? 0) + 1;
    const isReached = failures % conf.unhealthy.failures === 0;
    return {
      failures,
      successes: 0,
      brokenAt: isReached ? second : lastBreak(before, conf, second),
    };
  }
  if (before === undefined || !conf.healthy.http_statuses.includes(status)) return before;
  const successes = before.successes + 1;
  return successes >= conf.healthy.successes ? undefined : { ...before, successes };
}

/** Forgotten after the longest time that it could have an effect. */
function lastBreak(
  before: Circuit | undefined,
  { max_breaker_sec: most }: CircuitConf,
  second: number,
): number | undefined {
  const at = before?.brokenAt;
  return at !== undefined && second - at <= most ? at : undefined;
}
