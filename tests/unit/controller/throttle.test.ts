import { describe, expect, test } from "vitest";
import { ConcurrencyThrottle, RateThrottle } from "../../../src/controller/throttle.ts";

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
