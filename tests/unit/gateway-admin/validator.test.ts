import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/core/documents.ts";
import { Validator } from "../../../src/gateway/schema/validator.ts";

const text = { type: "string" };

describe("failures are told in the original's words", () => {
  test.each<[JsonObject, Json, string | undefined]>([
    [{ type: "string" }, 1, "wrong type: expected string, got number"],
    [{ type: "string" }, null, "wrong type: expected string, got userdata"],
    [{ type: "object" }, [1], "wrong type: expected object, got table"],
    [{ type: "object" }, [], undefined],
    [{ type: "array" }, {}, undefined],
    [{ type: "array" }, { a: 1 }, "wrong type: expected array, got table"],
    [
      { type: ["string", "number"] },
      true,
      "wrong type: expected one of string, number, got boolean",
    ],
    [{ type: "integer" }, 1.5, "wrong type: expected integer, got number"],
    [{ type: "integer" }, 1.0, undefined],
    [{ required: ["a"] }, {}, 'property "a" is required'],
    [
      { properties: { a: text } },
      { a: 1 },
      'property "a" validation failed: wrong type: expected string, got number',
    ],
    [{ properties: { b: {}, a: text }, required: ["a", "b"] }, {}, 'property "b" is required'],
    [{ dependencies: { a: ["b"] } }, { a: 1 }, 'property "b" is required when "a" is set'],
    [
      { dependencies: { a: { required: ["b"] } } },
      { a: 1 },
      'failed to validate dependent schema for "a": property "b" is required',
    ],
    [
      { patternProperties: { "^x": text } },
      { xa: 1 },
      'failed to validate xa (matching "^x"): wrong type: expected string, got number',
    ],
    [
      { additionalProperties: text },
      { z: 1 },
      "failed to validate additional property z: wrong type: expected string, got number",
    ],
    [
      { properties: { a: {} }, additionalProperties: false },
      { z: 1 },
      "additional properties forbidden, found z",
    ],
    [{ minProperties: 1 }, {}, "expect object to have at least 1 properties"],
    [{ maxProperties: 1 }, { a: 1, b: 1 }, "expect object to have at most 1 properties"],
    [{ type: "array", minItems: 1 }, [], "expect array to have at least 1 items"],
    [{ maxItems: 1 }, [1, 2], "expect array to have at most 1 items"],
    [
      { items: text },
      ["a", 1],
      "failed to validate item 2: wrong type: expected string, got number",
    ],
    [
      { items: [text], additionalItems: false },
      ["a", "b"],
      "found unexpected extra items in array",
    ],
    [{ uniqueItems: true }, ["a", "b", "a"], "expected unique items but items 1 and 3 are equal"],
    [{ minLength: 2 }, "é", "string too short, expected at least 2, got 1"],
    [{ maxLength: 1 }, "😀😀", "string too long, expected at most 1, got 2"],
    [{ pattern: '^"\\w' }, "x", 'failed to match pattern "^\\"\\\\w" with "x"'],
    [{ pattern: "\\Aa\\z" }, "a", undefined],
    [{ pattern: "(?i)^abc$" }, "ABC", undefined],
    [{ minimum: 1 }, 0, "expected 0 to be at least 1"],
    [{ maximum: 1 }, 1.5, "expected 1.5 to be at most 1"],
    [{ exclusiveMinimum: 0 }, 0, "expected 0 to be greater than 0"],
    [{ exclusiveMaximum: 1 }, 1, "expected 1 to be smaller than 1"],
    [{ multipleOf: 2 }, 3, "expected 3 to be a multiple of 2"],
    [{ enum: ["a"] }, "b", "matches none of the enum values"],
    [{ allOf: [{}, { required: ["a"] }] }, {}, 'allOf 2 failed: property "a" is required'],
    [
      { anyOf: [{ required: ["a"] }, { required: ["b", "c"] }] },
      {},
      'object matches none of the required: ["a"] or ["b","c"]',
    ],
    [{ anyOf: [{ type: "string" }] }, 1, "object matches none of the required"],
    [{ oneOf: [{ required: ["a"] }] }, {}, "value should match only one schema, but matches none"],
    [
      { oneOf: [{}, { type: "null" }, {}] },
      1,
      "value should match only one schema, but matches both schemas 1 and 3",
    ],
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schemas
    [{ if: {}, then: { required: ["a"] } }, {}, "then clause did not match"],
    [{ if: { required: ["a"] }, else: { required: ["b"] } }, {}, "else clause did not match"],
    [{ not: {} }, 1, "value wasn't supposed to match schema"],
    [{ format: "ipv4" }, "1.2.3", "expect valid ipv4 format but got: 1.2.3"],
    [{ const: 1 }, 2, "failed to check const value"],
    [{ properties: { a: false } }, { a: 1 }, 'property "a" validation failed: expect false always'],
    [
      { properties: { "a/b~c d": text } },
      { "a/b~c d": 1 },
      'property "a/b~c d" validation failed: wrong type: expected string, got number',
    ],
  ])("%j of %j", (schema, value, problem) => {
    expect(new Validator(schema).check(value).problem).toBe(problem);
  });

  test("the first in the original's order is told: properties before what is missing", () => {
    const schema = {
      type: "object",
      properties: { n: { type: "integer" } },
      required: ["other"],
      additionalProperties: false,
      allOf: [{ required: ["x"] }],
    };
    const problem = (value: Json) => new Validator(schema).check(value).problem;
    expect(problem({ n: "x", z: 1 })).toMatch(/^property "n" validation failed/);
    expect(problem({ z: 1 })).toBe('property "other" is required');
    expect(problem({ other: 1 })).toBe("additional properties forbidden, found other");
  });
});

describe("a checked copy", () => {
  const schema = {
    type: "object",
    properties: {
      a: { type: "integer", default: 3 },
      o: { type: "object", properties: { x: { default: "y" } } },
      list: { type: "array" },
    },
  };

  test("has the defaults; what was given has not", () => {
    const given = { o: {} };
    expect(new Validator(schema).check(given)).toEqual({ value: { a: 3, o: { x: "y" } } });
    expect(given).toEqual({ o: {} });
  });

  test("has empty tables of the sort that is wanted", () => {
    expect(new Validator(schema).check({ o: [], list: {} })).toEqual({
      value: { a: 3, o: { x: "y" }, list: [] },
    });
    expect(new Validator(schema).check([])).toEqual({ value: { a: 3 } });
  });

  test("may hold references to secrets wherever they are", () => {
    const value = { a: "$env://COUNT", list: "$secret://vault/1/a/b" };
    expect(new Validator(schema).check(value)).toEqual({ value });
    expect(new Validator(schema).check({ a: "$other" }).problem).toContain('property "a"');
  });
});
