import { describe, expect, test } from "vitest";
import type { Json } from "../../../src/core/documents.ts";
import {
  immutableKeys,
  isTruthy,
  mergeParameters,
  parametersSize,
  parseParameters,
  withoutKeys,
} from "../../../src/core/parameters.ts";
import { malformed, thrown } from "../../helpers/thrown.ts";

describe("reading", () => {
  test("keeps init when true and encryption when given", () => {
    expect(
      parseParameters([
        { key: "a", value: null, more: 1 },
        { key: "b", value: 1, init: true },
        { key: "c", value: 1, init: false, encryption: null },
        { key: "d", value: "x", encryption: "aes-128" },
      ]),
    ).toEqual([
      { key: "a", value: null },
      { key: "b", value: 1, init: true },
      { key: "c", value: 1 },
      { key: "d", value: "x", encryption: "aes-128" },
    ]);
  });

  test("lets the last of equal keys win", () => {
    expect(
      parseParameters([
        { key: "a", value: 1 },
        { key: "b", value: 2 },
        { key: "a", value: 3, init: true },
      ]),
    ).toEqual([
      { key: "a", value: 3, init: true },
      { key: "b", value: 2 },
    ]);
  });

  test.each<[string, Json]>([
    ["an object", {}],
    ["a scalar", "x"],
    ["a scalar inside", [1]],
    ["an array inside", [[]]],
    ["no key", [{ value: 1 }]],
    ["no value", [{ key: "a" }]],
    ["a key that is no text", [{ key: 1, value: 1 }]],
    ["init that is no boolean", [{ key: "a", value: 1, init: "true" }]],
    ["encryption that is no text", [{ key: "a", value: 1, init: true, encryption: 1 }]],
  ])("refuses %s", (_what, value) => {
    expect(thrown(() => parseParameters(value))).toEqual(malformed("parameters malformed!"));
  });
});

test("merging and removing go by key", () => {
  const base = [
    { key: "a", value: 1 },
    { key: "b", value: 2 },
  ];
  expect(mergeParameters(base, [{ key: "a", value: 9 }])).toEqual([
    { key: "a", value: 9 },
    { key: "b", value: 2 },
  ]);
  expect(withoutKeys(base, ["b", "c"])).toEqual([{ key: "a", value: 1 }]);
});

test("size is keys and compact values in UTF-8", () => {
  expect(parametersSize([])).toBe(0);
  expect(parametersSize([{ key: "é", value: { a: "€" }, init: true }])).toBe(2 + 11);
});

test.each<[Json, boolean]>([
  [false, false],
  [0, false],
  ["", false],
  [null, false],
  [true, true],
  [1, true],
  ["false", true],
  [[], true],
  [{}, true],
])("%j is truthy: %s", (value, expected) => {
  expect(isTruthy([{ key: "k", value }], "k")).toBe(expected);
});

test("a missing key is as truthy as asked for", () => {
  expect([isTruthy([], "k"), isTruthy([], "k", true)]).toEqual([false, true]);
});

test("final: true fixes the parameters that have a value", () => {
  const parameters = [
    { key: "a", value: 1 },
    { key: "b", value: null },
  ];
  expect(immutableKeys(parameters, [{ key: "final", value: true }])).toEqual(["a"]);
  expect(immutableKeys(parameters, [{ key: "final", value: "true" }])).toEqual([]);
  expect(immutableKeys(parameters, [])).toEqual([]);
});
