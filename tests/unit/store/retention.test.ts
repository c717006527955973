import { describe, expect, test } from "vitest";
import { planSweep } from "../../../src/store/sqlite/retention.ts";

const oldest = [
  { number: 11, start: 100 },
  { number: 12, start: 200 },
  { number: 13, start: 150 },
  { number: 14, start: 300 },
];
const retention = { ageMs: 1000, bytesMax: 5000, intervalMs: 1 };
const through = (now: number, bytes: number, changes: Partial<typeof retention> = {}) =>
  planSweep({ oldest, now, bytes }, { ...retention, ...changes })?.through;

describe("planSweep", () => {
  test.each([
    ["nothing is old", 1100, undefined],
    ["the first is past the limit", 1101, 11],
    ["one that is too young keeps those written after it", 1151, 11],
    ["the first three", 1201, 13],
    ["all", 5000, 14],
  ])("by age: %s", (_title, now, expected) => {
    expect(through(now, 0)).toBe(expected);
  });

  test("by size: all that were looked at, whatever their age", () => {
    expect(through(0, 5000)).toBeUndefined();
    expect(through(0, 5001)).toBe(14);
  });

  test("by size comes before age and takes a greater share of the time", () => {
    const age = planSweep({ oldest, now: 1101, bytes: 0 }, retention);
    const size = planSweep({ oldest, now: 1101, bytes: 9999 }, retention);
    expect(size?.through).toBe(14);
    expect(size?.share).toBeGreaterThan(age?.share ?? 1);
  });

  test("zero switches a bound off", () => {
    expect(through(9_999_999, 9999, { ageMs: 0, bytesMax: 0 })).toBeUndefined();
  });

  test("an empty store has nothing to remove, however large its file", () => {
    expect(planSweep({ oldest: [], now: 9999, bytes: 9999 }, retention)).toBeUndefined();
    expect(planSweep({ oldest: [], now: 9999, bytes: 0 }, retention)).toBeUndefined();
  });
});
