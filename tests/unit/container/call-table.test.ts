import { expect, test } from "vitest";
import { CallTable } from "../../../src/container/call-table.ts";

test("finds a call by its sequence until it is deleted, and never a later one in its place", () => {
  const table = new CallTable<string>();
  const first = table.add("first");
  table.delete(first);
  const second = table.add("second");
  expect(table.get(first)).toBeUndefined();
  expect(table.get(second)).toBe("second");
  table.delete(first);
  expect(table.size).toBe(1);
  expect([...table.entries()]).toEqual([[second, "second"]]);
});

test("tells the oldest open call, whatever slot it has", () => {
  const table = new CallTable<string>();
  const a = table.add("a");
  table.add("b");
  table.delete(a);
  table.add("c");
  expect(table.oldest()).toBe("b");
});

test("holds 4096 calls and no more", () => {
  const table = new CallTable<number>();
  for (let i = 0; i < 4096; i += 1) table.add(i);
  expect(() => table.add(4096)).toThrow("more than 4096 calls");
});
