import { expect, test } from "vitest";
import { mergePage } from "../../../src/store/sqlite/activation-reader.ts";

const records = (...starts: number[]) => starts.map((start) => ({ start, document: `${start}` }));
const starts = (list: readonly { start: number }[]) => list.map(({ start }) => start);

test("waiting records and stored ones make one list, newest first", () => {
  const merged = mergePage(records(3, 9, 5), records(8, 5, 1), { skip: 0, limit: 10 });
  expect(starts(merged)).toEqual([9, 8, 5, 5, 3, 1]);
});

test.each([
  [0, 2, [9, 8]],
  [2, 2, [5, 5]],
  [5, 9, [1]],
  [6, 9, []],
  [0, 0, []],
])("skip %i, limit %i", (skip, limit, expected) => {
  expect(starts(mergePage(records(3, 9, 5), records(8, 5, 1), { skip, limit }))).toEqual(expected);
});

test("of equal starts the one that was put last comes first", () => {
  const waiting = [
    { start: 5, document: "first" },
    { start: 5, document: "second" },
  ];
  const merged = mergePage(waiting, [{ start: 5, document: "stored" }], { skip: 0, limit: 9 });
  expect(merged.map(({ document }) => document)).toEqual(["second", "first", "stored"]);
});
