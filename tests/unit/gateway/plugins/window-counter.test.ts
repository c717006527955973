import { describe, expect, test } from "vitest";
import {
  countFixed,
  type FixedWindow,
  fitsSliding,
  slidingResult,
  windowAt,
} from "../../../../src/gateway/plugins/lib/window-counter.ts";
import { fc } from "../../../helpers/property.ts";

const LIMIT = { count: 2, window: 10 };

describe("fixed", () => {
  test("a window ends so long after its first request", () => {
    const first = countFixed(undefined, LIMIT, 1, 5_000);
    expect(first.after).toEqual({ count: 1, endsAt: 15_000 });
    expect(first.result).toEqual({ isAllowed: true, remaining: 1, resetSeconds: 10 });
    const late = countFixed(first.after, LIMIT, 1, 14_999);
    expect(late.result).toEqual({ isAllowed: true, remaining: 0, resetSeconds: 0.001 });
    expect(countFixed(late.after, LIMIT, 1, 14_999).result.isAllowed).toBe(false);
    expect(countFixed(late.after, LIMIT, 1, 15_000).result.remaining).toBe(1);
  });

  test("no window lets more pass than its limit", () => {
    const steps = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 100 });
    fc.assert(
      fc.property(steps, (pauses) => {
        let window: FixedWindow | undefined;
        let now = 0;
        const allowed = new Map<number, number>();
        for (const pause of pauses) {
          now += pause;
          const { after, result } = countFixed(window, LIMIT, 1, now);
          window = after;
          if (result.isAllowed) allowed.set(after.endsAt, (allowed.get(after.endsAt) ?? 0) + 1);
        }
        return [...allowed.values()].every((count) => count <= LIMIT.count);
      }),
    );
  });
});

describe("sliding", () => {
  const at = (count: number, last: number, remainingSeconds: number) => ({
    count,
    last,
    remainingSeconds,
  });

  test.each([
    [at(0, 0, 10), true],
    [at(2, 0, 10), false],
    [at(1, 2, 5), false],
    [at(1, 2, 4.9), true],
    [at(0, 2, 10), false],
  ])("%j fits: %s", (sliding, fits) => {
    expect(fitsSliding(sliding, LIMIT)).toBe(fits);
  });

  test.each([
    ["allowed", at(1, 0, 4), true, 1, 4],
    ["allowed, of the window before a part", at(1, 2, 4), true, 0, 4],
    ["full", at(2, 2, 4), false, 0, 4],
    ["until enough has slid out", at(1, 2, 8), false, 0, 3],
  ])("%s", (_, sliding, isAllowed, remaining, resetSeconds) => {
    const result = slidingResult(sliding, LIMIT, isAllowed);
    expect(result).toEqual({ isAllowed, remaining, resetSeconds });
  });

  test("windows have numbers", () => {
    expect(windowAt(25_500, 10)).toEqual({ id: 2, remainingSeconds: 4.5 });
  });
});
