import { describe, expect, test } from "vitest";
import { median, percentile, ratios } from "../../../bench/lib/stats.ts";

describe("median", () => {
  test.for([
    { values: [7], middle: 7 },
    { values: [9, 1, 5], middle: 5 },
    { values: [10, 2, 4, 3], middle: 3.5 },
    { values: [100, 9, 20], middle: 20 },
  ])("of $values is $middle", ({ values, middle }) => {
    expect(median(values)).toBe(middle);
  });

  test("leaves the samples in the order they were taken", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  test("of nothing is an error, not a figure", () => {
    expect(() => median([])).toThrow("no samples");
  });
});

describe("percentile", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  test.for([
    { percent: 0, value: 1 },
    { percent: 50, value: 50 },
    { percent: 99, value: 99 },
    { percent: 99.5, value: 100 },
    { percent: 100, value: 100 },
  ])("$percent of 1 to 100 is $value", ({ percent, value }) => {
    expect(percentile(hundred, percent)).toBe(value);
  });

  test("is always one of few samples", () => {
    expect(percentile([1, 1000], 99)).toBe(1000);
    expect(percentile([1, 1000], 50)).toBe(1);
  });
});

test("ratios pair each sample with the one taken next to it", () => {
  expect(ratios([4, 9], [2, 3])).toEqual([2, 3]);
  expect(() => ratios([1, 2], [1])).toThrow("unpaired");
});
