import { describe, expect, test } from "vitest";
import { JsonNumber, type Value } from "../../../src/client/json.ts";
import { DeployError } from "../../../src/deploy/deploy-error.ts";
import { type Manifest, parseManifest } from "../../../src/deploy/manifest.ts";
import { YAML_BYTES_MAX } from "../../../src/deploy/yaml-document.ts";
import { resolvePlain } from "../../../src/deploy/yaml-scalar.ts";
import { fc } from "../../helpers/property.ts";

const read = (text: string): Manifest => parseManifest(text, "folder/manifest.yaml");

function problemOf(text: string): string {
  try {
    read(text);
  } catch (cause) {
    if (cause instanceof DeployError) return cause.message;
    throw cause;
  }
  return "no problem";
}

const plain = (value: Value): unknown => (value instanceof JsonNumber ? `#${value.text}` : value);

describe("scalars mean what YAML 1.1 says", () => {
  test.each([
    ["", null],
    ["~", null],
    ["null", null],
    ["yes", true],
    ["On", true],
    ["NO", false],
    ["yEs", "yEs"],
    ["0", "#0"],
    ["-12", "#-12"],
    ["+7", "#7"],
    ["1_000", "#1000"],
    ["_0", "_0"],
    ["0x1F", "#31"],
    ["0b101", "#5"],
    ["010", "#8"],
    ["0o17", "#15"],
    ["12345678901234567890", "#12345678901234567890"],
    ["1.0", "#1"],
    ["1e3", "#1000"],
    [".5", "#0.5"],
    ["1e999", "1e999"],
    [".nan", ".nan"],
    ["2001-01-01", "2001-01-01"],
    ["12:30:45", "12:30:45"],
    ["1.2.3", "1.2.3"],
  ])("%j", (text, expected) => {
    expect(plain(resolvePlain(text))).toBe(expected);
  });
});

test("an empty file has no packages", () => {
  expect(read("").packages.size).toBe(0);
  expect(read("# nothing\n---\n").project.name).toBe("");
});

test("texts keep how they are written, anchors and merge keys are followed", () => {
  const manifest = read(`
packages:
  p:
    version: 1.0
    actions:
      a: &base {function: a.js, web: yes, limits: {timeout: 100}}
      b: {<<: *base, function: b.js}
      c: *base
`);
  const entry = manifest.packages.get("p");
  expect(entry?.version).toBe("1.0");
  expect(entry?.actions.get("b")).toMatchObject({ function: "b.js", web: "yes" });
  expect(entry?.actions.get("c")?.limits?.timeout).toBe(100);
});

test.each([
  ["nothing: 1", "line 1: field nothing not found in type parsers.YAML"],
  ["packages:\n  p:\n    bogus: 1", "line 3: field bogus not found in type parsers.Package"],
  ["packages:\n  p: {}\n  p: {}", 'line 3: key "p" already set in map'],
  ["project:\n  name: a\n  name: b", "line 3: field name already set in type parsers.Project"],
  ["packages: [1]", "line 1: cannot unmarshal !!seq into map"],
  ["packages:\n  p: text", "line 2: cannot unmarshal !!str `text` into parsers.Package"],
  ["packages:\n  p: {public: 3}", "line 2: cannot unmarshal !!int `3` into bool"],
  [
    "packages:\n  p:\n    actions:\n      a:\n        limits: {timeout: soon}",
    "line 5: cannot unmarshal !!str `soon` into int",
  ],
  ["packages:\n  p: {inputs: {a: {x: 1, x: 2}}}", 'line 2: key "x" already set in map'],
  ["packages: *nowhere", "nowhere"],
  ["a: b: c", "yaml: line 1: "],
  ["packages: {p: {<<: 3}}", "map merge requires map or sequence of maps as the value"],
  ["packages: {? [a] : {}}", "invalid map key"],
  ["packages: {p: {annotations: &a {b: *a}}}", "exceeded max depth"],
])("%j is refused with its line", (text, expected) => {
  const problem = problemOf(text);
  expect(problem).toContain("[ERROR_YAML_PARSER_ERROR]: File: [manifest.yaml]: \n==> ");
  expect(problem).toContain(expected);
});

test("text nested beyond all measure is refused", { timeout: 60_000 }, () => {
  for (const part of ["[", "{", "- ", "? ", "!a "]) {
    expect(problemOf(part.repeat(10_000))).toContain("ERROR_YAML_PARSER_ERROR");
  }
});

test("of many problems the first twenty are told", () => {
  const problem = problemOf(Array.from({ length: 30 }, (_, at) => `k${at}: 1\n`).join(""));
  // One line says what kind of problems they are.
  expect(problem).toContain("field k18 not found");
  expect(problem).not.toContain("field k19 not found");
  expect(problem).toContain("and 11 more");
});

test("all problems of a file are told at once", () => {
  const problem = problemOf("one: 1\ntwo: 2\n");
  expect(problem).toContain("field one not found");
  expect(problem).toContain("field two not found");
});

test("aliases cannot multiply without end", { timeout: 60_000 }, () => {
  const levels = Array.from({ length: 30 }, (_, level) => {
    const items = level === 0 ? "x" : `*l${level - 1}, *l${level - 1}`;
    return `        k${level}: &l${level} [${items}]`;
  });
  const text = `packages:\n  p:\n    annotations:\n${levels.join("\n")}`;
  expect(problemOf(text)).toContain("yaml: document contains excessive aliasing");
});

test("a file may have as many bytes as documented, and no more", () => {
  const filler = "#".repeat(YAML_BYTES_MAX);
  expect(problemOf(filler)).toBe("no problem");
  expect(problemOf(`${filler}#`)).toContain(`larger than ${YAML_BYTES_MAX} bytes`);
});

// They compute much: on a busy machine that takes its time.
describe("whatever the text, there is a manifest or a DeployError", { timeout: 60_000 }, () => {
  const words = [
    "packages",
    "project",
    "p",
    "actions",
    "inputs",
    "a",
    "type",
    "value",
    "web",
    "rules",
    "apis",
    "annotations",
    "<<",
    "*x",
    "&x",
    "&x [*x]",
    ": ",
    ":\n",
    "\n  ",
    "\n    ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "'",
    '"',
    "|\n",
    ">\n",
    "!!int",
    "!!map",
    "---\n",
    "...\n",
    "#",
    "? ",
    "\t",
    "%",
    "@",
    "null",
    "yes",
    "1e9",
    "\u0000",
    "\u2028",
    "\ud800",
  ];
  const cases = { numRuns: 100 };

  test("of random characters", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        expect(() => problemOf(text)).not.toThrow();
      }),
      cases,
    );
  });

  test("of the words of manifests", () => {
    const text = fc.array(fc.constantFrom(...words), { maxLength: 60 });
    fc.assert(
      fc.property(text, (parts) => {
        expect(() => problemOf(parts.join(""))).not.toThrow();
      }),
      cases,
    );
  });

  test("of any JSON, which is YAML", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (json) => {
        expect(() => problemOf(`{"packages": ${json}}`)).not.toThrow();
        expect(() => problemOf(`{"packages": {"p": {"inputs": ${json}}}}`)).not.toThrow();
      }),
      cases,
    );
  });

  test("and values come through as they are", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), (values) => {
        const text = JSON.stringify({ packages: { p: { annotations: values } } });
        const found = read(text).packages.get("p")?.annotations ?? new Map();
        const expected = Object.entries(values).filter(([key]) => key !== "<<");
        expect(Object.fromEntries(found)).toMatchObject(Object.fromEntries(expected));
      }),
      cases,
    );
  });
});
