import { expect, test } from "vitest";
import { parseActionPut, parseSizedPut } from "../../../src/core/action-put.ts";
import { parseContent } from "../../../src/core/content.ts";
import type { Json } from "../../../src/core/documents.ts";
import { createKindTable, defaultManifest } from "../../../src/core/kinds.ts";
import { fc } from "../../helpers/property.ts";
import { thrown } from "../../helpers/thrown.ts";

// `thrown` passes on every error that is no PlatformError, and so fails the test.

const present = ["nodejs:20"];
const kinds = createKindTable({ manifest: defaultManifest(present), present, historical: true });

const bytes = fc.uint8Array().map((array) => Buffer.from(array).toString("utf8"));

/** Mostly values of the right name and sometimes of the right type. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
  fc.constantFrom<Json>(null, true, -1, 1.5, "1.2", "nodejs:14", "sequence", [], {}),
);
const members = (...names: string[]): fc.Arbitrary<Json> =>
  fc.record(Object.fromEntries(names.map((name) => [name, value])), {
    requiredKeys: [],
  }) as fc.Arbitrary<Json>;
const entry = members("key", "value", "init", "encryption");
const body = fc.record(
  {
    exec: fc.oneof(value, members("kind", "code", "main", "jar", "image")),
    parameters: fc.oneof(value, fc.array(entry)),
    annotations: fc.oneof(value, fc.array(entry)),
    limits: fc.oneof(value, members("timeout", "memory", "logs", "concurrency", "instances")),
    version: value,
    publish: value,
    delAnnotations: value,
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Json>;

test("no body makes the parsers throw anything but a PlatformError of status 4xx", () => {
  fc.assert(
    fc.property(fc.oneof(value, body), (json) => {
      const error = thrown(() => parseActionPut(json, parseSizedPut(json, kinds)));
      expect([undefined, "CONTENT_MALFORMED", "UNSUPPORTED"]).toContain(error?.code);
    }),
    { numRuns: 500 },
  );
});

test("no text makes the JSON reader throw anything but a PlatformError", () => {
  fc.assert(
    fc.property(fc.oneof(bytes, fc.json()), (text) => {
      const error = thrown(() => parseContent(text));
      expect([undefined, "CONTENT_MALFORMED"]).toContain(error?.code);
    }),
  );
});

test.each<[Json, string]>([
  [{ publish: "x" }, 'Expected JsBoolean, but got "x"'],
  [{ delAnnotations: "x" }, 'Expected Array as JsArray, but got "x"'],
  [{ delAnnotations: [1] }, "Expected String as JsString, but got 1"],
  [{ version: 1 }, "semantic version malformed"],
  [{ annotations: {} }, "parameters malformed!"],
  [1, "Object expected in field 'exec'"],
])("%j is refused", (json, text) => {
  const error = thrown(() => parseActionPut(json, parseSizedPut(json, kinds)));
  expect(error?.text).toBe(`The request content was malformed:\n${text}`);
});

test("a refusal quotes a long value up to the limit", () => {
  const refusal = (publish: string) =>
    thrown(() => parseActionPut({ publish }, {}))?.text.split("but got ")[1];
  expect(refusal("x".repeat(998))).toBe(`"${"x".repeat(998)}"`);
  expect(refusal("x".repeat(999))).toBe(`"${"x".repeat(999)}…`);
});
