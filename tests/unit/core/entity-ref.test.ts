import { describe, expect, test } from "vitest";
import type { Json } from "../../../src/core/documents.ts";
import { isEntityName, parseEntityPath } from "../../../src/core/entity-name.ts";
import {
  inNamespace,
  parseEntityRef,
  qualifiedName,
  refId,
  refOf,
} from "../../../src/core/entity-ref.ts";
import { fc } from "../../helpers/property.ts";
import { malformed, thrown } from "../../helpers/thrown.ts";

const name = fc.stringMatching(/^\w(?:[\w@ .&-]{0,20}[\w@.&-])?$/);
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));

describe("a reference", () => {
  test.each<[Json, string, string]>([
    ["/ns/a", "ns", "a"],
    ["ns/a", "ns", "a"],
    ["//ns//pkg/a/", "ns/pkg", "a"],
    [{ path: "/ns/pkg", name: "a" }, "ns/pkg", "a"],
    [{ path: "_", name: "a", version: "0.0.1" }, "_", "a"],
  ])("%j", (value, path, name) => {
    expect(parseEntityRef(value)).toEqual({ path, name });
  });

  const incomplete =
    "requirement failed: The fully qualified name of the entity must contain at least the " +
    "namespace and the name of the entity.";
  test.each<[Json, string]>([
    ["a", incomplete],
    ["/a/", incomplete],
    ["", "requirement failed: path undefined"],
    ["///", "requirement failed: path undefined"],
    ["/ns/a ", "requirement failed: path contains invalid parts /ns/a "],
    ["a!", "requirement failed: path contains invalid parts a!"],
    [1, "fully qualified name malformed"],
    [null, "fully qualified name malformed"],
    [["ns/a"], "fully qualified name malformed"],
    [{ name: "a" }, "fully qualified name malformed"],
    [{ path: "", name: "a" }, "fully qualified name malformed"],
    [{ path: "ns", name: "a/b" }, "fully qualified name malformed"],
    [{ path: "ns!", name: "a" }, "fully qualified name malformed"],
  ])("not %j", (value, text) => {
    expect(thrown(() => parseEntityRef(value))).toEqual(malformed(text));
  });

  test("is read as it was written, in either form", () => {
    fc.assert(
      fc.property(path, name, (home, last) => {
        const ref = { path: home, name: last };
        expect(parseEntityRef(qualifiedName(ref))).toEqual(ref);
        expect(parseEntityRef(refId(ref))).toEqual(ref);
        expect(parseEntityRef(ref)).toEqual(ref);
        expect(refOf(refId(ref))).toEqual(ref);
      }),
    );
  });

  test("of anything gives names or a refusal", () => {
    const text = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString());
    const value = fc.oneof(
      text,
      text.map((name) => `/ns/${name}`),
      fc.record({ path: fc.oneof(text, fc.constant("ns/pkg")), name: text }),
      fc.constantFrom<Json>(null, true, 1, [], {}, [["ns/a"]], { path: 1, name: [] }),
    );
    fc.assert(
      fc.property(value, (given) => {
        let ref: { path: string; name: string } | undefined;
        const refusal = thrown(() => {
          ref = parseEntityRef(given);
        });
        expect(refusal === undefined || refusal.code === "CONTENT_MALFORMED").toBe(true);
        if (ref === undefined) return;
        expect(isEntityName(ref.name)).toBe(true);
        expect(parseEntityPath(ref.path)?.join("/")).toBe(ref.path);
      }),
      { numRuns: 200 },
    );
  });
});

test("only a namespace that is _ alone stands for another", () => {
  expect(inNamespace({ path: "_/p", name: "a" }, "ns")).toEqual({ path: "ns/p", name: "a" });
  expect(inNamespace({ path: "__/p", name: "a" }, "ns")).toEqual({ path: "__/p", name: "a" });
  expect(inNamespace({ path: "x/_", name: "_" }, "ns")).toEqual({ path: "x/_", name: "_" });
});
