/**
 * Throttles of a namespace (openwhisk-api.md 3.4): a count per wall-clock minute, rejected requests
 * included, and a count of what is in flight. A limit of `undefined` is none.
 */
import type { Identity } from "../core/documents.ts";
import { PlatformError } from "../core/errors.ts";
import { type SystemLimits, UNLIMITED } from "../core/limits.ts";
import { type MetricName, metricEvent, type PublishEvent } from "../core/user-events.ts";

const MINUTE_MS = 60_000;

export class RateThrottle {
  private readonly counts = new Map<string, number>();
  private minute = 0;

  /** Counts one request of a namespace; throws THROTTLED beyond `limit` per minute. */
  check(namespaceUuid: string, limit: number | undefined, nowMs: number): void {
    if (limit === undefined) return;
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.minute) {
      this.minute = minute;
      this.counts.clear();
    }
    const count = (this.counts.get(namespaceUuid) ?? 0) + 1;
    this.counts.set(namespaceUuid, count);
    if (count > limit) {
      throw new PlatformError(
        "THROTTLED",
        `Too many requests in the last minute (count: ${count}, allowed: ${limit}).`,
      );
    }
  }
}

export class ConcurrencyThrottle {
  private readonly inFlight = new Map<string, number>();

  /** Throws THROTTLED while `limit` activations of the namespace are in flight. */
  check(namespaceUuid: string, limit: number | undefined): void {
    if (limit === undefined) return;
    const count = this.count(namespaceUuid);
    if (count >= limit) {
      throw new PlatformError(
        "THROTTLED",
        `Too many concurrent requests in flight (count: ${count}, allowed: ${limit}).`,
      );
    }
  }

  count(namespaceUuid: string): number {
    return this.inFlight.get(namespaceUuid) ?? 0;
  }

  enter(namespaceUuid: string): void {
    this.inFlight.set(namespaceUuid, (this.inFlight.get(namespaceUuid) ?? 0) + 1);
  }

  leave(namespaceUuid: string): void {
    // An entry stays when it reaches 0: there are as many as namespaces.
    this.inFlight.set(namespaceUuid, (this.inFlight.get(namespaceUuid) ?? 1) - 1);
  }
}

/**
 * Checks of a POST to actions or triggers; costs nothing where no limit is set. `admit` counts once
 * more before an invocation begins: between its headers and its end a body leaves room for others.
 * `publish` is told what the checks decided, as the original tells it (Entitlement.scala).
 */
export function createThrottles(
  system: SystemLimits,
  concurrency: ConcurrencyThrottle,
  publish?: PublishEvent,
): {
  readonly check: (identity: Identity, collection: string) => void;
  readonly admit: (identity: Identity) => void;
} {
  const invocations = new RateThrottle();
  const fires = new RateThrottle();
  const bound = (own: number | undefined, standard: number): number | undefined => {
    const limit = own ?? standard;
    return limit === UNLIMITED ? undefined : limit;
  };
  const tell = (name: MetricName, value: number, identity: Identity): void =>
    publish?.(metricEvent(name, value, identity, Date.now()));
  const admit = (identity: Identity): void => {
    const { limits, namespace } = identity;
    const atOnce = bound(limits.concurrentInvocations, system.concurrentInvocations);
    try {
      concurrency.check(namespace.uuid, atOnce);
    } catch (refusal) {
      tell("ConcurrentRateLimit", 1, identity);
      throw refusal;
    }
  };
  const rate = (throttle: RateThrottle, identity: Identity, limit: number | undefined): void => {
    try {
      throttle.check(identity.namespace.uuid, limit, Date.now());
    } catch (refusal) {
      tell("TimedRateLimit", 1, identity);
      throw refusal;
    }
  };
  const check = (identity: Identity, collection: string): void => {
    const { limits, namespace } = identity;
    if (collection === "triggers") {
      rate(fires, identity, bound(limits.firesPerMinute, system.firesPerMinute));
    } else if (collection === "actions") {
      rate(invocations, identity, bound(limits.invocationsPerMinute, system.invocationsPerMinute));
      admit(identity);
      if (publish !== undefined) {
        tell("ConcurrentInvocations", concurrency.count(namespace.uuid) + 1, identity);
      }
    }
  };
  return { check, admit };
}
