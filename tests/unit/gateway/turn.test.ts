import { expect, test } from "vitest";
import { atEndOfTurn } from "../../../src/gateway/turn.ts";

test("writes of a turn come after it, in order; those that they ask for come in the next", async () => {
  const seen: string[] = [];
  atEndOfTurn(() => {
    seen.push("first");
    atEndOfTurn(() => seen.push("third"));
  });
  atEndOfTurn(() => seen.push("second"));
  await Promise.resolve();
  expect(seen).toEqual([]);
  await new Promise(setImmediate);
  expect(seen).toEqual(["first", "second"]);
  await new Promise(setImmediate);
  expect(seen).toEqual(["first", "second", "third"]);
});
