import { describe, expect, test } from "vitest";
import type { Json } from "../../../src/core/documents.ts";
import {
  decodeCode,
  encodeCode,
  execSize,
  isBinaryCode,
  parseExec,
} from "../../../src/core/exec.ts";
import { createKindTable } from "../../../src/core/kinds.ts";
import { parseManifest } from "../../../src/core/runtimes-manifest.ts";
import { malformed, thrown } from "../../helpers/thrown.ts";

const kinds = createKindTable({
  manifest: parseManifest({
    runtimes: {
      nodejs: [{ kind: "nodejs:20" }],
      python: [{ kind: "python:3.11", requireMain: true }],
    },
  }),
  present: ["nodejs:20", "python:3.11"],
  historical: false,
});

describe("reading", () => {
  test("takes kind, code and main", () => {
    expect(parseExec({ kind: " NodeJS:Default ", code: "x", main: "m", image: 1 }, kinds)).toEqual({
      type: "code",
      resolved: { kind: "nodejs:20", runtime: "nodejs:20", deprecated: false, requireMain: false },
      code: "x",
      binary: false,
      main: "m",
    });
  });

  test("takes the code of old Java actions, and an empty one", () => {
    expect(parseExec({ kind: "nodejs:20", jar: "UEs=" }, kinds)).toMatchObject({
      code: "UEs=",
      binary: true,
    });
    expect(parseExec({ kind: "nodejs:20", code: "" }, kinds)).toMatchObject({ binary: false });
  });

  test("takes the components of a sequence, by either form of a name", () => {
    const components = ["/_/a", "guest/p/b", { path: "guest", name: "c" }];
    const exec = parseExec({ kind: " Sequence", components }, kinds);
    expect(exec).toEqual({
      type: "sequence",
      components: [
        { path: "_", name: "a" },
        { path: "guest/p", name: "b" },
        { path: "guest", name: "c" },
      ],
    });
    expect(execSize(exec)).toBe("_/a".length + "guest/p/b".length + "guest/c".length);
  });

  const noCode = (kind: string): string =>
    `'code' must be a string or attachment object defined in 'exec' for '${kind}' actions`;
  test.each<[Json, string]>([
    ["x", "JSON object expected"],
    [{}, "'kind' must be a string defined in 'exec'"],
    [{ kind: 1 }, "'kind' must be a string defined in 'exec'"],
    [
      { kind: "Ruby:2.5", code: "x" },
      "The specified runtime 'ruby:2.5' is not supported by this platform. " +
        "Valid values are: 'nodejs:20', 'python:3.11', 'sequence', 'blackbox'.",
    ],
    [{ kind: "nodejs:20" }, noCode("nodejs:20")],
    [{ kind: "nodejs:default", main: 1 }, noCode("nodejs:default")],
    [{ kind: "nodejs:20", code: null }, "Could not deserialize as attachment record: null"],
    [
      { kind: "nodejs:20", code: { attachmentName: "a" } },
      'Could not deserialize as attachment record: {"attachmentName":"a"}',
    ],
    [
      { kind: "nodejs:20", code: "x", main: 1 },
      "if defined, 'main' be a string in 'exec' for 'nodejs:20' actions",
    ],
    [
      { kind: "python:3.11", code: "x" },
      "'main' must be a string defined in 'exec' for 'python:3.11' actions",
    ],
  ])("%j is refused", (value, text) => {
    expect(thrown(() => parseExec(value, kinds))).toEqual(malformed(text));
  });

  test.each([["blackbox", "Actions of kind 'blackbox' are not available in this version."]])(
    "%s is refused honestly",
    (kind, text) => {
      expect(thrown(() => parseExec({ kind }, kinds))).toEqual({ code: "UNSUPPORTED", text });
    },
  );
});

test("size is the UTF-8 bytes of code and main as sent", () => {
  const exec = parseExec({ kind: "nodejs:20", code: "é1", main: "m" }, kinds);
  expect(execSize(exec)).toBe(4);
});

describe("code is binary", () => {
  test.each(["AAAA", "AAA=", "AA==", " AAAA\n", "main", "a+/9"])("%j", (code) => {
    expect(isBinaryCode(code)).toBe(true);
  });

  test.each(["", "    ", "AAA", "A===", "====", "AA=A", "AAAA\nAAAA", "AA AAAAA", "a-_9", "é+=="])(
    "not %j",
    (code) => {
      expect(isBinaryCode(code)).toBe(false);
    },
  );

  test("also when it is large", () => {
    expect(isBinaryCode("A".repeat(48 * 1024 * 1024))).toBe(true);
  });
});

test.each([
  [" UEsDBA==\n", true, [80, 75, 3, 4], "application/octet-stream", "UEsDBA=="],
  ["é", false, [0xc3, 0xa9], "text/plain; charset=UTF-8", "é"],
])("%j is stored as bytes and read back", (code, binary, bytes, type, text) => {
  const encoded = encodeCode(code, binary);
  expect(encoded).toEqual({ bytes: Buffer.from(bytes), type });
  expect(decodeCode(encoded.bytes, binary)).toBe(text);
});
