import { describe, expect, test } from "vitest";
import { parsePairs, queryText } from "../../../../src/controller/web/uri-text.ts";
import { parseWebUrl, WebTargets } from "../../../../src/controller/web/url.ts";

const named = (url: string) => {
  const target = parseWebUrl(`/api/v1/web/${url}`);
  if (typeof target === "string") return target;
  return [target.namespace, target.packageName, target.action, target.extension, target.path];
};

describe("a web URL", () => {
  test.for<[string, unknown]>([
    ["guest/default/hello", ["guest", undefined, "hello", "http", ""]],
    ["guest/default/hello.http", ["guest", undefined, "hello", "http", ""]],
    ["guest/pkg/hello.json", ["guest", "pkg", "hello", "json", ""]],
    ["guest/default/hello.text/", ["guest", undefined, "hello", "text", "/"]],
    ["guest/default/a.b.svg/x//y", ["guest", undefined, "a.b", "svg", "/x//y"]],
    ["guest/default/a.json.html", ["guest", undefined, "a.json", "html", ""]],
    ["guest/default/a.xml", ["guest", undefined, "a.xml", "http", ""]],
    ["my%20ns/default/a%20b.json", ["my ns", undefined, "a b", "json", ""]],
    ["_/default/hello", ["_", undefined, "hello", "http", ""]],
    ["guest/default/hello/%e4/%2f", ["guest", undefined, "hello", "http", "/%EF%BF%BD/%2F"]],
    ["guest/defaults/hello", ["guest", "defaults", "hello", "http", ""]],
    ["guest/default", "unmatched"],
    ["guest", "unmatched"],
    ["", "unmatched"],
    ["guest//hello", "unmatched"],
    ["guest/default/.http", "unmatched"],
    ["guest/default/a%2Fb", "unmatched"],
    [`guest/default/${"a".repeat(257)}`, "unmatched"],
    [`guest/default/${"a".repeat(256)}`, ["guest", undefined, "a".repeat(256), "http", ""]],
    ["guest/default/a%", "malformed"],
    ["guest/default/a?b=%g1", "malformed"],
  ])("%s", ([url, expected]) => expect(named(url)).toEqual(expected));

  test("is parsed once", () => {
    const targets = new WebTargets();
    const url = "/api/v1/web/guest/default/hello.json?a=1";
    expect(targets.read(url)).toBe(targets.read(url));
  });
});

describe("a query", () => {
  test.for<[string, string]>([
    ["", ""],
    ["a", "a"],
    ["a=", "a="],
    ["a=1&a=2", "a=1&a=2"],
    ["a=b=c", "a=b%3Dc"],
    ["a b=%2B+x", "a+b=%2B+x"],
    ["a=;[]ä", "a=%3B%5B%5D%C3%A4"],
    ["a=/?:@!$'()*,-._~", "a=/?:@!$'()*,-._~"],
    ["&", "&"],
  ])("%s is written again as %s", ([text, expected]) => {
    expect(queryText(parsePairs(text))).toBe(expected);
  });
});
