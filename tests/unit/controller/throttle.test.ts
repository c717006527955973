import { describe, expect, test } from "vitest";
import {
  ConcurrencyThrottle,
  createThrottles,
  RateThrottle,
} from "../../../src/controller/throttle.ts";
import type { Identity, NamespaceLimits } from "../../../src/core/documents.ts";
import { DEFAULT_LIMITS } from "../../helpers/limits.ts";

describe("RateThrottle", () => {
  test("allows as many as the limit in a minute of the clock, and counts the rejected too", () => {
    const throttle = new RateThrottle();
    for (let i = 0; i < 60; i += 1) throttle.check("ns", 60, 59_999);
    expect(() => throttle.check("ns", 60, 59_999)).toThrow(
      "Too many requests in the last minute (count: 61, allowed: 60).",
    );
    expect(() => throttle.check("ns", 60, 59_999)).toThrow("count: 62");
    throttle.check("other", 60, 59_999);
    throttle.check("ns", 60, 60_000);
  });
  test("a limit of 0 always rejects, none never does", () => {
    const throttle = new RateThrottle();
    expect(() => throttle.check("ns", 0, 0)).toThrow("(count: 1, allowed: 0).");
    throttle.check("ns", undefined, 0);
  });
});

describe("ConcurrencyThrottle", () => {
  test("rejects while the limit is in flight", () => {
    const throttle = new ConcurrencyThrottle();
    throttle.enter("ns");
    throttle.check("ns", 2);
    throttle.enter("ns");
    expect(() => throttle.check("ns", 2)).toThrow(
      "Too many concurrent requests in flight (count: 2, allowed: 2).",
    );
    throttle.leave("ns");
    throttle.check("ns", 2);
  });
});

describe("what throttles tell", () => {
  const user: Identity = {
    subject: "alice",
    namespace: { name: "space", uuid: "u" },
    authkey: "u:k",
    limits: {},
  };

  function setUp(limits: NamespaceLimits) {
    const told: unknown[] = [];
    const concurrency = new ConcurrencyThrottle();
    const throttles = createThrottles(DEFAULT_LIMITS, concurrency, ({ body }) => told.push(body));
    return { told, concurrency, throttles, user: { ...user, limits } };
  }

  test("an invocation that is let in: how many are in flight with it, also without a limit", () => {
    const { told, concurrency, throttles, user } = setUp({});
    throttles.check(user, "actions");
    concurrency.enter("u");
    throttles.admit(user);
    throttles.check(user, "actions");
    expect(told).toEqual([
      { metricName: "ConcurrentInvocations", metricValue: 1 },
      { metricName: "ConcurrentInvocations", metricValue: 2 },
    ]);
  });

  test("a refusal: which limit it was, for fires as well", () => {
    const { told, throttles, user } = setUp({ invocationsPerMinute: 0, firesPerMinute: 0 });
    expect(() => throttles.check(user, "actions")).toThrow("last minute");
    expect(() => throttles.check(user, "triggers")).toThrow("last minute");
    const none = setUp({ concurrentInvocations: 0 });
    expect(() => none.throttles.check(none.user, "actions")).toThrow("in flight");
    const refused = (metricName: string) => ({ metricName, metricValue: 1 });
    expect(told).toEqual([refused("TimedRateLimit"), refused("TimedRateLimit")]);
    expect(none.told).toEqual([refused("ConcurrentRateLimit")]);
  });
});
