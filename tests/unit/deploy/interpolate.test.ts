import { expect, test } from "vitest";
import { interpolate, variableName } from "../../../src/deploy/interpolate.ts";

const env = { HOME: "/h", A: "1", B: "2", MONEY: "$A" };

test.each([
  ["plain", "plain"],
  ["$", "$"],
  ["$HOME", "/h"],
  [`\${HOME}`, "/h"],
  ["$NONE", ""],
  ["$HOME/x", ""],
  [`\${HOME}/x`, "/h/x"],
  ["$$HOME", "$/h"],
  [`$\${HOME}`, `\${HOME}`],
  ["pre$A", "pre$A"],
  [`pre\${A}post`, "pre1post"],
  [`pre\${A}post$B`, "pre1post2"],
  [`a\${A}{`, `a\${A}{`],
  ["$MONEY", "$A"],
  ["$__proto__", ""],
])("%s is %s", (text, expected) => {
  expect(interpolate(text, env)).toBe(expected);
});

test("a text that is too long to search stays as it is", () => {
  const text = `$A${"x".repeat(64 * 1024)}`;
  expect(interpolate(text, env)).toBe(text);
  expect(interpolate(`\${A}${"x".repeat(64 * 1024 - 4)}`, env)).toHaveLength(64 * 1024 - 3);
});

test.each([
  ["$NAME", "NAME"],
  [`\${NAME}`, "NAME"],
  ["NAME", "NAME"],
])("the variable of %s is %s", (text, expected) => {
  expect(variableName(text)).toBe(expected);
});
