import { expect, test } from "vitest";
import { dueBy } from "../../../bench/lib/arrivals.ts";
import { activationRow, idOf, placeOf } from "../../../bench/lib/open-store.ts";

test("arrivals keep the rate and come once a millisecond", () => {
  expect(dueBy(0, 20_000)).toBe(0);
  expect(dueBy(1, 20_000)).toBe(20);
  expect(dueBy(1.99, 20_000)).toBe(20);
  expect(dueBy(1000, 333)).toBe(333);
});

test("ids of a million records are different, 32 hex digits, and sort by time", () => {
  const ids = Array.from({ length: 1000 }, (_, number) => idOf(number * 1000));
  expect(new Set(ids).size).toBe(1000);
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
  expect([...ids].sort()).toEqual(ids);
});

test("records fill all namespaces and names alike", () => {
  const counts = new Map<string, number>();
  for (let number = 0; number < 10_000; number += 1) {
    const { namespace, filterName } = placeOf(number);
    const key = `${namespace}/${filterName}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(200);
  expect(new Set(counts.values())).toEqual(new Set([50]));
});

test("a record is a JSON document of 900 bytes that says the same as its row", () => {
  const row = activationRow(123_456, 1_700_000_000_000);
  expect(row.document).toHaveLength(900);
  expect(JSON.parse(row.document)).toMatchObject({
    activationId: row.activationId,
    namespace: row.namespace,
    name: row.filterName,
    start: row.start,
  });
});
