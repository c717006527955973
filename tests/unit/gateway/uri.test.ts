// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the gateway's own templates
import { describe, expect, test } from "vitest";
import { QueryArgs } from "../../../src/gateway/query-args.ts";
import { resolveCaptures, resolveTemplate } from "../../../src/gateway/template.ts";
import { escapePath, hostWithoutPort, parseTarget } from "../../../src/gateway/uri.ts";

describe("targets", () => {
  test.each([
    ["/a/b?x=1", "/a/b", "x=1"],
    ["/a//b///c", "/a/b/c", ""],
    ["/a/./b/../c", "/a/c", ""],
    ["/a/b/..", "/a/", ""],
    ["/a/.", "/a/", ""],
    ["/%61%2Fb", "/a/b", ""],
    ["/a/%2e%2e/b", "/b", ""],
    ["/a%20b", "/a b", ""],
    ["/a#frag", "/a", ""],
    ["/...", "/...", ""],
    ["/.hidden/x", "/.hidden/x", ""],
    ["http://example.com/x?y", "/x", "y"],
    ["http://example.com", "/", ""],
  ])("%s is %s", (target, path, query) => {
    expect(parseTarget(target)).toMatchObject({ path, query });
  });

  test.each(["/..", "/a/../..", "/%2e%2e/x", "/%", "/%zz", "/a%00b", "a", "", "ftp://x/y"])(
    "%s is refused",
    (target) => {
      expect(parseTarget(target)).toBeUndefined();
    },
  );

  test.each([
    ["/a b?c#d", "/a%20b%3Fc%23d"],
    ["/ü", "/%C3%BC"],
    ["/a%b", "/a%25b"],
    ["/plain-_.~!$&'()*+,;=:@", "/plain-_.~!$&'()*+,;=:@"],
  ])("%s is written %s", (path, escaped) => {
    expect(escapePath(path)).toBe(escaped);
  });

  test.each([
    ["Example.COM:80", "example.com"],
    ["[::1]:80", "[::1]"],
    ["host", "host"],
  ])("the host of %s is %s", (authority, host) => {
    expect(hostWithoutPort(authority)).toBe(host);
  });
});

test("arguments are read and written as they are", () => {
  const args = QueryArgs.parse("a=1&b&a=2&c=x+y%20z&d=&%zz=1");
  expect(args.getAll("a")).toEqual(["1", "2"]);
  expect([args.get("b"), args.get("c"), args.get("d"), args.get("%zz")]).toEqual([
    true,
    "x y z",
    "",
    "1",
  ]);
  args.delete("a");
  args.set("e", ["1", "2"]);
  expect(args.toString()).toBe("b&c=x%20y%20z&d=&%25zz=1&e=1&e=2");
});

describe("templates", () => {
  const values: Readonly<Record<string, string | number>> = { a: "x", "post_arg.m": "y", n: 0 };

  test.each([
    ["plain", "plain", 0],
    ["$a", "x", 1],
    ["${a}-${ n }", "x-0", 2],
    ["${none}|$none", "|", 0],
    ["${none ?? other}", "other", 1],
    ["${a ?? other}", "x", 1],
    ["\\$a", "\\$a", 0],
    ["$post_arg.m", "y", 1],
  ])("%s is %s", (template, text, count) => {
    expect(resolveTemplate(template, (name) => values[name])).toEqual({ text, count });
  });

  test("captures", () => {
    expect(resolveCaptures("/$1/${2}/$3", ["all", "a", "b"])).toBe("/a/b/");
  });
});
