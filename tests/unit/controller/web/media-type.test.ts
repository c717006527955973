import { describe, expect, test } from "vitest";
import { isAcceptable } from "../../../../src/controller/web/accept.ts";
import {
  contentTypeText,
  isJsonFamily,
  parseMediaType,
} from "../../../../src/controller/web/media-type.ts";

describe("a media type", () => {
  test.for<[string, string, string]>([
    ["text/html", "open", "text/html"],
    ["TEXT/HTML;Charset=utf-8", "open", "text/html; charset=UTF-8"],
    ['text/html; charset="utf-8"', "open", "text/html; charset=UTF-8"],
    ["application/json; charset=utf-8", "fixed", "application/json"],
    ["text/event-stream", "fixed", "text/event-stream"],
    ["image/svg+xml", "binary", "image/svg+xml"],
    ["image/png; charset=utf-8", "binary", "image/png"],
    ["multipart/form-data; boundary=a1", "binary", "multipart/form-data; boundary=a1"],
    ["multipart/mixed; b=2; a=1", "binary", "multipart/mixed; a=1; b=2"],
    ['text/plain; a="b c"', "open", 'text/plain; a="b c"'],
    ["text/javascript", "binary", "text/javascript"],
    ["text/javascript; charset=latin1", "open", "text/javascript; charset=latin1"],
    ["application/hal+json", "binary", "application/hal+json"],
    ["application/problem+json", "fixed", "application/problem+json"],
    ["font/woff2", "binary", "font/woff2"],
    ["x/y", "binary", "x/y"],
  ])("%s is %s", ([text, kind, shown]) => {
    const type = parseMediaType(text);
    expect(type?.class).toBe(kind);
    expect(type && contentTypeText(type)).toBe(shown);
  });

  test.for([
    "",
    "xyzbar",
    "text/",
    "/html",
    "text/html;",
    "text/html; charset",
    "a b/c",
    "text/h\n",
  ])("%j is none", (text) => expect(parseMediaType(text)).toBeUndefined());

  test.for<[string, boolean]>([
    ["application/json", true],
    ["application/json; charset=utf-8", true],
    ["application/json; odata=x", false],
    ["application/hal+json", true],
    ["application/hal+json; a=b", false],
    ["text/json", false],
  ])("%s is JSON: %s", ([text, expected]) => {
    const type = parseMediaType(text);
    expect(type && isJsonFamily(type)).toBe(expected);
  });
});

describe("Accept", () => {
  const html = "text/html; charset=UTF-8";
  test.for<[string | undefined, string | undefined, string, boolean]>([
    [undefined, undefined, html, true],
    ["*/*", undefined, html, true],
    ["text/*", undefined, html, true],
    ["text/html", undefined, html, true],
    ["TEXT/HTML ; q=0.1", undefined, html, true],
    ["application/json", undefined, html, false],
    ["text/html;q=0", undefined, html, false],
    ["text/html;q=0, */*", undefined, html, false],
    ["text/*;q=0, text/html", undefined, html, true],
    ["*/*;q=0", undefined, html, false],
    ["", undefined, html, true],
    ["image/png, text/*;q=0.5", undefined, "image/png", true],
    [undefined, "utf-8", html, true],
    [undefined, "iso-8859-1", html, false],
    [undefined, "*", html, true],
    [undefined, "iso-8859-1", "image/png", true],
  ])("%s, %s for %s", ([accept, acceptCharset, type, expected]) => {
    expect(isAcceptable(type, { accept, acceptCharset })).toBe(expected);
  });
});
