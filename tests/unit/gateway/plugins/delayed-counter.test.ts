import { describe, expect, test } from "vitest";
import type { SharedCounter } from "../../../../src/gateway/plugins/lib/counter.ts";
import {
  DELAYED_KEYS_MAX,
  DelayedCounter,
} from "../../../../src/gateway/plugins/lib/delayed-counter.ts";
import { LocalFixedCounter } from "../../../../src/gateway/plugins/lib/local-counter.ts";

/** Counts for all, and can be cut off. */
function sharedCounter(now: () => number) {
  const counter = new LocalFixedCounter(now);
  const told: number[] = [];
  const state = { isDown: false };
  const shared: SharedCounter = {
    take: async (key, limit, cost) => counter.take(key, limit, cost),
    add: async (key, limit, cost) => {
      if (state.isDown) throw new Error("down");
      told.push(cost);
      return counter.take(key, limit, cost);
    },
  };
  return { shared, told, state };
}

const LIMIT = { count: 3, window: 60 };

function start() {
  const clock = { now: 1_000_000 };
  const now = (): number => clock.now;
  const remote = sharedCounter(now);
  const delayed = new DelayedCounter({
    shared: remote.shared,
    fallback: new LocalFixedCounter(now),
    intervalSeconds: 30,
    now,
  });
  return { ...remote, clock, delayed };
}

describe("delayed counter", () => {
  test("counts here, and tells all that is left at the end", async () => {
    const { delayed, told } = start();
    const allowed = [];
    for (let count = 0; count < 4; count++) {
      allowed.push((await delayed.take("k", LIMIT, 1)).isAllowed);
    }
    expect(allowed).toEqual([true, true, true, false]);
    expect(told).toEqual([0]);
    await delayed.stop();
    expect(told).toEqual([0, 3]);
  });

  test("simultaneous first requests ask once, and are all counted", async () => {
    const { delayed, told } = start();
    const results = await Promise.all(Array.from({ length: 5 }, () => delayed.take("k", LIMIT, 1)));
    expect(results.filter(({ isAllowed }) => isAllowed).length).toBe(3);
    expect(told).toEqual([0]);
    await delayed.stop();
  });

  test("a window that is over is asked for anew", async () => {
    const { delayed, told, clock } = start();
    for (let count = 0; count < 3; count++) await delayed.take("k", LIMIT, 1);
    clock.now += 60_000;
    await delayed.take("k", LIMIT, 1);
    expect(told).toEqual([0, 3]);
    await delayed.stop();
  });

  test("nobody to tell: it counts alone", async () => {
    const { delayed, state } = start();
    state.isDown = true;
    const allowed = [];
    for (let count = 0; count < 4; count++) {
      allowed.push((await delayed.take("k", LIMIT, 1)).isAllowed);
    }
    expect(allowed).toEqual([true, true, true, false]);
    await delayed.stop();
  });

  test("a window not longer than the interval, and keys beyond the bound, count at once", async () => {
    const { delayed, told } = start();
    const short = { count: 1, window: 30 };
    expect((await delayed.take("s", short, 1)).isAllowed).toBe(true);
    expect((await delayed.take("s", short, 1)).isAllowed).toBe(false);
    expect(told).toEqual([]);
    for (let key = 0; key < DELAYED_KEYS_MAX; key++) await delayed.take(`k${key}`, LIMIT, 1);
    const before = told.length;
    await delayed.take("beyond", LIMIT, 1);
    expect(told.length).toBe(before);
    await delayed.stop();
  });
});
