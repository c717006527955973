/**
 * Counts in memory and tells a shared counter now and then: faster, and less exact. Between two
 * synchronisations all gateways together may allow more than the limit.
 */
import type { Counter, SharedCounter } from "./counter.ts";
import type { Count, Limit } from "./window-counter.ts";

/** Keys that wait to be told; for others each request is counted at once. */
export const DELAYED_KEYS_MAX = 10_000;

type Quota = {
  readonly limit: Limit;
  /** Allowed here, and not told yet. */
  delta: number;
  /** As the shared counter last said, and when. */
  remaining: number;
  resetSeconds: number;
  syncedAt: number;
  timer: NodeJS.Timeout | undefined;
  syncing: Promise<void> | undefined;
};

export type DelayedCounterOptions = {
  readonly shared: SharedCounter;
  /** Counts while the shared one cannot be reached. */
  readonly fallback: Counter;
  readonly intervalSeconds: number;
  /** ms */
  readonly now: () => number;
};

export class DelayedCounter implements Counter {
  private readonly options: DelayedCounterOptions;
  private readonly quotas = new Map<string, Quota>();

  constructor(options: DelayedCounterOptions) {
    this.options = options;
  }

  async take(key: string, limit: Limit, cost: number): Promise<Count> {
    const { shared, intervalSeconds } = this.options;
    let quota = this.quotas.get(key);
    if (quota === undefined) {
      const isFull = this.quotas.size >= DELAYED_KEYS_MAX;
      if (isFull || limit.window <= intervalSeconds) return shared.take(key, limit, cost);
      quota = emptyQuota(limit);
      this.quotas.set(key, quota);
    }
    if (this.resetOf(quota) <= 0) await this.synchronise(key, quota);
    const remaining = quota.remaining - quota.delta - cost;
    if (remaining >= 0) quota.delta += cost;
    this.schedule(key, quota);
    const resetSeconds = this.resetOf(quota);
    return { isAllowed: remaining >= 0, remaining: Math.max(remaining, 0), resetSeconds };
  }

  /** Tells all that is left to tell. */
  async stop(): Promise<void> {
    const rest = [...this.quotas].filter(([, { delta }]) => delta > 0);
    for (const { timer } of this.quotas.values()) clearTimeout(timer);
    await Promise.all(rest.map(([key, quota]) => this.synchronise(key, quota)));
    for (const { timer } of this.quotas.values()) clearTimeout(timer);
    this.quotas.clear();
  }

  private resetOf({ resetSeconds, syncedAt }: Quota): number {
    return Math.max(resetSeconds - (this.options.now() - syncedAt) / 1000, 0);
  }

  private schedule(key: string, quota: Quota): void {
    if (quota.timer !== undefined) return;
    quota.timer = setTimeout(() => {
      quota.timer = undefined;
      if (quota.delta === 0) this.quotas.delete(key);
      else void this.synchronise(key, quota).then(() => this.schedule(key, quota));
    }, this.options.intervalSeconds * 1000);
    quota.timer.unref();
  }

  /** Once at a time; whoever comes meanwhile waits for the same answer. */
  private synchronise(key: string, quota: Quota): Promise<void> {
    quota.syncing ??= this.tell(key, quota).finally(() => {
      quota.syncing = undefined;
    });
    return quota.syncing;
  }

  private async tell(key: string, quota: Quota): Promise<void> {
    const { delta, limit } = quota;
    const answer = await this.ask(key, limit, delta);
    quota.delta -= delta;
    quota.remaining = answer.isAllowed ? answer.remaining : 0;
    quota.resetSeconds = answer.resetSeconds;
    quota.syncedAt = this.options.now();
  }

  private async ask(key: string, limit: Limit, delta: number): Promise<Count> {
    const { shared, fallback } = this.options;
    try {
      return await shared.add(key, limit, delta);
    } catch {
      return fallback.take(key, limit, delta);
    }
  }
}

function emptyQuota(limit: Limit): Quota {
  return {
    limit,
    delta: 0,
    remaining: 0,
    resetSeconds: 0,
    syncedAt: 0,
    timer: undefined,
    syncing: undefined,
  };
}
