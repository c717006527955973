import { describe, expect, test } from "vitest";
import { walk } from "../../../src/store/sqlite/salvage.ts";
import { fc } from "../../helpers/property.ts";

/** SQLite's error for a malformed page. */
class Malformed extends Error {
  readonly errcode = 11;
}

/** A table with these row numbers; reads that meet a number in `bad` fail as a damaged page does. */
function table(numbers: readonly number[], bad: ReadonlySet<number>) {
  return (from: number): readonly [number] | undefined => {
    const found = numbers.find((number) => number >= from);
    if (found !== undefined && bad.has(found)) throw new Malformed();
    return found === undefined ? undefined : [found];
  };
}

function kept(read: ReturnType<typeof table>): { numbers: number[]; damaged: number } {
  const numbers: number[] = [];
  const result = walk(read, ([number]) => numbers.push(number) && 1);
  expect(result.rows).toBe(numbers.length);
  return { numbers, damaged: result.damaged };
}

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

describe("walk", () => {
  test("a sound table is kept whole", () => {
    expect(kept(table([1, 2, 7, 900], new Set()))).toEqual({ numbers: [1, 2, 7, 900], damaged: 0 });
  });

  test("every readable row is kept, wherever the damage lies", () => {
    const arbitrary = fc.record({
      numbers: fc.uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 100 }),
      bad: fc.array(fc.integer({ min: 1, max: 500 }), { maxLength: 30 }),
    });
    void fc.assert(
      fc.property(arbitrary, ({ numbers, bad }) => {
        const sorted = numbers.toSorted((a, b) => a - b);
        const damaged = new Set(bad);
        const readable = sorted.filter((number) => !damaged.has(number));
        expect(kept(table(sorted, damaged)).numbers).toEqual(readable);
      }),
    );
  });

  test("a damaged end is one damaged place", () => {
    const read = table(range(1, 1000), new Set(range(600, 1000)));
    const { numbers, damaged } = kept(read);
    expect(numbers).toEqual(range(1, 600));
    expect(damaged).toBe(1);
  });

  test("an error that is no damage is not swallowed", () => {
    const read = () => {
      throw new Error("no such table");
    };
    expect(() => walk(read, () => 1)).toThrow("no such table");
  });
});
