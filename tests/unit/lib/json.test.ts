import { describe, expect, test } from "vitest";
import { compactJsonBytes, isJsonObject, parseJson } from "../../../src/lib/json.ts";
import { JSON_NESTING_MAX, JsonSyntaxError } from "../../../src/lib/json-diagnosis.ts";
import { fc } from "../../helpers/property.ts";

const diagnosis = (text: string): string => {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
  return "";
};

describe("a text that is not JSON", () => {
  test.each([
    ["", "end-of-input", 0, 1, 1, "JSON Value", ""],
    ["x", "character 'x'", 0, 1, 1, "JSON Value", "x"],
    ["nul", "end-of-input", 0, 1, 1, "JSON Value", "nul"],
    ["[tRue]", "character 'R'", 1, 1, 2, "JSON Value", "[tRue]"],
    ["{a: 1}", "character 'a'", 1, 1, 2, "'\"'", "{a: 1}"],
    ['{"a" 1}', "character '1'", 5, 1, 6, "':'", '{"a" 1}'],
    ['{"a":1', "end-of-input", 6, 1, 7, "'}'", '{"a":1'],
    ['{"a":1,}', "character '}'", 7, 1, 8, "'\"'", '{"a":1,}'],
    ["[1 2]", "character '2'", 3, 1, 4, "']'", "[1 2]"],
    ["[1,]", "character ']'", 3, 1, 4, "JSON Value", "[1,]"],
    ["{} {}", "character '{'", 3, 1, 4, "end-of-input", "{} {}"],
    ["01", "character '1'", 1, 1, 2, "end-of-input", "01"],
    ["-", "end-of-input", 1, 1, 2, "DIGIT", "-"],
    ["1.", "end-of-input", 2, 1, 3, "DIGIT", "1."],
    ["1e+", "end-of-input", 3, 1, 4, "DIGIT", "1e+"],
    ['"ab', "end-of-input", 3, 1, 4, "'\"'", '"ab'],
    ['"a\\x"', "character 'x'", 3, 1, 4, "JSON escape sequence", '"a\\x"'],
    ['"\\u00g0"', "character 'g'", 5, 1, 6, "hex digit", '"\\u00g0"'],
    ['"a\tb"', "character '\\u0009'", 2, 1, 3, "'\"'", '"a?b"'],
    ['{\n  "a": 1,\n  b\n}', "character 'b'", 14, 3, 3, "'\"'", "  b"],
    ["{\n", "end-of-input", 2, 2, 1, "'\"'", ""],
    // Indexes count bytes, as in the original: "é" takes two.
    ['{"é" 1}', "character '1'", 6, 1, 7, "':'", '{"é" 1}'],
    ["é", "character 'Ã'", 0, 1, 1, "JSON Value", "é"],
  ])("%j", (text, found, index, line, position, expected, shown) => {
    expect(diagnosis(text)).toBe(
      `Unexpected ${found} at input index ${index} (line ${line}, position ${position}), ` +
        `expected ${expected}:\n${shown}\n${" ".repeat(position - 1)}^\n`,
    );
  });

  test("shows a line up to the limit, and the neighbourhood of the fault in a longer one", () => {
    const line = (blanks: number): string[] => diagnosis(`${" ".repeat(blanks)}x`).split("\n");
    expect(line(999).slice(1)).toEqual([`${" ".repeat(999)}x`, `${" ".repeat(999)}^`, ""]);
    expect(line(1000)).toEqual([
      "Unexpected character 'x' at input index 1000 (line 1, position 1001), expected JSON Value:",
      `${" ".repeat(500)}x`,
      `${" ".repeat(500)}^`,
      "",
    ]);
  });

  test("is always told with the original's words", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const told = diagnosis(Buffer.from(bytes).toString("latin1"));
        expect(told === "" || told.startsWith("Unexpected ")).toBe(true);
      }),
    );
  });

  test("is told also when one byte of a good text is lost", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(), (json, at) => {
        const cut = json.slice(0, at % json.length);
        const told = diagnosis(cut);
        expect(told === "" || /^Unexpected (end-of-input|character)/.test(told)).toBe(true);
      }),
    );
  });
});

describe("nesting", () => {
  const nested = (levels: number): string => `${"[".repeat(levels - 1)}1${"]".repeat(levels - 1)}`;
  const tooDeep =
    "JSON input nested too deeply:JSON input was nested more deeply than the configured limit of maxNesting = 1000";

  test("is allowed up to the limit", () => {
    expect(JSON_NESTING_MAX).toBe(1000);
    expect(diagnosis(nested(1000))).toBe("");
    expect(diagnosis(nested(1001))).toBe(tooDeep);
  });

  test("is told, not a crash, for a deep text with an error", () => {
    expect(diagnosis("[".repeat(2_000_000))).toBe(tooDeep);
  });
});

test("good texts give their value", () => {
  fc.assert(
    fc.property(fc.json(), (json) => {
      expect(parseJson(json)).toEqual(JSON.parse(json));
    }),
  );
});

test("objects are told from arrays and null", () => {
  expect([{}, [], null, 1, "{}"].map(isJsonObject)).toEqual([true, false, false, false, false]);
});

test("sizes count UTF-8 bytes of the compact text", () => {
  expect(compactJsonBytes({ é: [1, "€"] })).toBe(16);
});
