import { describe, expect, test } from "vitest";
import { planSweep } from "../../../src/store/sqlite/retention.ts";

const oldest = [
  { number: 11, start: 100, bytes: 1000 },
  { number: 12, start: 200, bytes: 1000 },
  { number: 13, start: 150, bytes: 1000 },
  { number: 14, start: 300, bytes: 1000 },
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

  test.each([
    ["none while the bound holds", 5000, undefined],
    ["one makes room for a byte", 5001, 11],
    ["one makes room for as much as it holds", 6000, 11],
    ["as many as the excess needs", 6001, 12],
    ["all that were looked at", 9001, 14],
    ["no more than were looked at", 99_999, 14],
  ])("by size, whatever their age: %s", (_title, bytes, expected) => {
    expect(through(0, bytes)).toBe(expected);
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
