// Which annotations `--web` and `--web-secure` send (wsk-cli 4.2).
import { expect, test } from "vitest";
import { type WebRequest, webAnnotations } from "../../../src/cli/wsk/web-annotations.ts";
import { JsonNumber, type Value } from "../../../src/client/json.ts";
import type { KeyValue } from "../../../src/client/records.ts";

const list = (members: Readonly<Record<string, Value>>): readonly KeyValue[] =>
  Object.entries(members).map(([key, value]) => ({ key, value }));
const WEB = { "web-export": true, "raw-http": false, final: true };
const OFF = { "web-export": false, "raw-http": false, final: false };
const NUMBER = new JsonNumber("42");

type Row = readonly [
  title: string,
  request: Partial<Record<"given" | "stored", Readonly<Record<string, Value>>>> & {
    readonly web?: string;
    readonly secure?: string;
  },
  annotations: Readonly<Record<string, Value>> | undefined,
  deleted?: readonly string[],
];

function ask(request: Row[1]) {
  const { given, stored, web, secure } = request;
  const asked: WebRequest = {
    given: given && list(given),
    stored: stored && list(stored),
    web,
    webSecure: secure,
  };
  return webAnnotations(asked);
}

test.for<Row>([
  ["nothing asked, nothing sent", { stored: { a: "x" } }, undefined],
  ["given ones alone replace", { given: { a: "x" }, stored: { b: "y" } }, { a: "x" }],
  ["web on a new action", { web: "true" }, WEB],
  ["in any case", { web: "YES" }, WEB],
  ["raw", { web: "raw" }, { ...WEB, "raw-http": true }],
  ["off", { web: "No", stored: { ...WEB, a: "x" } }, { a: "x", ...OFF }],
  [
    "stored ones are carried",
    { web: "yes", stored: { exec: "k", final: false } },
    { exec: "k", ...WEB },
  ],
  [
    "but not when some are given, except the secret",
    { web: "yes", given: { a: "x" }, stored: { b: "y", "require-whisk-auth": "s" } },
    { a: "x", ...WEB, "require-whisk-auth": "s" },
  ],
  [
    "a secret that is a text",
    { web: "true", secure: "123" },
    { ...WEB, "require-whisk-auth": "123" },
  ],
  [
    "no secret, and none before",
    { web: "true", secure: "false" },
    { ...WEB, "require-whisk-auth": false },
  ],
  [
    "no secret any more",
    { secure: "FALSE", stored: { ...WEB, "require-whisk-auth": "s" } },
    WEB,
    ["require-whisk-auth"],
  ],
  [
    "a number stays",
    { secure: "true", stored: { ...WEB, "require-whisk-auth": NUMBER } },
    { ...WEB, "require-whisk-auth": NUMBER },
  ],
  [
    "stored web annotations are carried behind given ones",
    { secure: "s", given: { a: "x" }, stored: { b: "y", ...WEB } },
    { a: "x", ...WEB, "require-whisk-auth": "s" },
  ],
])("%s", ([, request, annotations, deleted]) => {
  expect(ask(request)).toEqual({
    annotations: annotations && list(annotations),
    delAnnotations: deleted,
  });
});

test.for<Row[1]>([
  { web: "true" },
  { stored: WEB },
  { web: "true", stored: { "require-whisk-auth": "text" } },
])("--web-secure true makes up a number of at most 53 bits, %j", (request) => {
  const numbers = Array.from({ length: 20 }, () => {
    const { annotations } = ask({ ...request, secure: "true" });
    const value = annotations?.find(({ key }) => key === "require-whisk-auth")?.value;
    return value instanceof JsonNumber ? Number(value.text) : Number.NaN;
  });
  expect(numbers.every((number) => Number.isSafeInteger(number) && number >= 0)).toBe(true);
  expect(new Set(numbers).size).toBe(numbers.length);
});

test.for([
  [{ web: "maybe" }, /^Invalid argument 'maybe' for --web flag\. Valid input consist of/],
  [{ web: "constructor" }, /^Invalid argument 'constructor' for --web flag/],
  [{ secure: "s" }, /^The --web-secure option is only valid when the --web option is enabled\.$/],
  [{ web: "no", secure: "s", stored: WEB }, /^The --web-secure option is only valid/],
  [{ secure: "s", stored: { a: "x" } }, /^The --web-secure option is only valid/],
] as const)("%j is refused", ([request, text]) => {
  expect(() => ask(request)).toThrow(text);
});
