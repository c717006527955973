import { expect, test } from "vitest";
import { QueryArgs } from "../../../src/gateway/query-args.ts";
import { escapeText, textOfBytes } from "../../../src/gateway/raw-text.ts";
import { escapePath, parseTarget } from "../../../src/gateway/uri.ts";

test.each([
  "/plain",
  "/%C3%BC/%E4%BD%A0/%F0%9F%98%80",
  "/%FF",
  "/caf%E9/x",
  "/%C3/%C3%BC",
  "/%E4%BD",
  "/%F0%9F%98%80%80",
  // A surrogate, an overlong form, one beyond the last character.
  "/%ED%A0%80",
  "/%C0%AF",
  "/%F4%90%80%80",
  "/%B2%E2%CA%D4",
])("%s is decoded, and escaped it is what it was", (path) => {
  const decoded = parseTarget(path)?.path ?? "";
  expect(decoded).not.toContain("\ufffd");
  expect(escapePath(decoded)).toBe(path);
  const query = `a=${path.replaceAll("/", "%2F")}`;
  expect(QueryArgs.parse(query).toString()).toBe(query);
});

test("texts of different bytes differ", () => {
  expect(textOfBytes(Buffer.from([0xfe]))).not.toBe(textOfBytes(Buffer.from([0xff])));
  expect(textOfBytes(Buffer.from("é €"))).toBe("é €");
});

test("surrogates that stand for no byte are escaped as what is no character", () => {
  expect(escapeText("a\ud800b", encodeURIComponent)).toBe("a%EF%BF%BDb");
  expect(escapeText("\u{1f600}", encodeURIComponent)).toBe("%F0%9F%98%80");
});
