import { expect, test } from "vitest";
import { nextPatch, parseVersion } from "../../../src/core/version.ts";
import { malformed, thrown } from "../../helpers/thrown.ts";

test.each([
  ["1.2.3", "1.2.3"],
  ["1", "1.0.0"],
  ["0.1", "0.1.0"],
  ["1.2.3.4", "1.2.3"],
  ["1.", "1.0.0"],
  ["+1.02.3", "1.2.3"],
  ["2147483647.0.1", "2147483647.0.1"],
])("%j is version %s", (text, version) => {
  expect(parseVersion(text)).toBe(version);
});

test.each([
  "",
  "0.0.0",
  "0",
  "x",
  "1.x",
  "1..2",
  ".1",
  "-1.0.0",
  "1.0.-1",
  "2147483648",
  " 1",
  1,
  true,
  [],
])("%j is no version", (value) => {
  expect(thrown(() => parseVersion(value))).toEqual(malformed("semantic version malformed"));
});

test("the next patch", () => {
  expect(nextPatch("1.2.9")).toBe("1.2.10");
});
