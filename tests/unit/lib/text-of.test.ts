import { expect, test } from "vitest";
import { textOf } from "../../../src/lib/json.ts";

test.each([[null], [true], [1.5], ["a"], [[1, [null, "b"], {}]], [{ a: 1 }], [[]]])(
  "%j: what String makes of it",
  (value) => {
    expect(textOf(value)).toBe(String(value));
  },
);

test("members that String would call are members like others", () => {
  expect(textOf({ toString: 1, valueOf: null })).toBe("[object Object]");
  expect(textOf([{ toString: false }])).toBe("[object Object]");
});
