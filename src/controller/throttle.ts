/**
 * Throttles of a namespace (openwhisk-api.md 3.4): a count per wall-clock minute, rejected requests
 * included, and a count of what is in flight. A limit of `undefined` is none.
 */
import type { Identity } from "../core/documents.ts";
import { PlatformError } from "../core/errors.ts";
import { type SystemLimits, UNLIMITED } from "../core/limits.ts";

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
    const count = this.inFlight.get(namespaceUuid) ?? 0;
    if (count >= limit) {
      throw new PlatformError(
        "THROTTLED",
        `Too many concurrent requests in flight (count: ${count}, allowed: ${limit}).`,
      );
    }
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
 */
export function createThrottles(
  system: SystemLimits,
  concurrency: ConcurrencyThrottle,
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
  const admit = ({ limits, namespace }: Identity): void => {
    const atOnce = bound(limits.concurrentInvocations, system.concurrentInvocations);
    concurrency.check(namespace.uuid, atOnce);
  };
  const check = (identity: Identity, collection: string): void => {
    const { limits, namespace } = identity;
    if (collection === "triggers") {
      fires.check(namespace.uuid, bound(limits.firesPerMinute, system.firesPerMinute), Date.now());
    } else if (collection === "actions") {
      const perMinute = bound(limits.invocationsPerMinute, system.invocationsPerMinute);
      invocations.check(namespace.uuid, perMinute, Date.now());
      admit(identity);
    }
  };
  return { check, admit };
}
