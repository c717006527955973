import { expect, test } from "vitest";
import { newActivationId, randomName } from "../../../src/lib/ids.ts";

test("activation ids are 32 lower-case hex digits, distinct and in the order of time", () => {
  const ids = Array.from({ length: 1000 }, (_, i) => newActivationId(1_700_000_000_000 + (i >> 3)));
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(new Set(ids).size).toBe(1000);
  expect([...ids].sort()).toEqual(ids);
});

test("random names use letters and digits only and do not repeat", () => {
  const names = Array.from({ length: 5000 }, () => randomName(32));
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9]{32}$/);
  expect(new Set(names).size).toBe(5000);
});
