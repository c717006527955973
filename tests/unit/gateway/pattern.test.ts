import { expect, test } from "vitest";
import { compilePattern } from "../../../src/gateway/pattern.ts";

test.each<[string, string, string | undefined]>([
  // quantifiers and classes are told apart
  ["^[a-z.!#$%&'*+/=?^_`{|}~-]+@x$", "a+b@x", "a+b@x"],
  ["^[a-z.!#$%&'*+/=?^_`{|}~-]+@x$", "a,b@x", undefined],
  ["^\\*+$", "***", "***"],
  ["^\\++$", "+++", "+++"],
  ["a*+b", "aab", "aab"],
  ["(?>ab|a)c", "abc", "abc"],
  ["x{2}+y", "xxy", "xxy"],
  ["a+?", "aaa", "a"],
  // the end is before a last line feed, too
  ["\\w\\S+$", "hello world\n", "world"],
  ["d$", "d\n\n", undefined],
  ["d\\z", "d\n", undefined],
  ["d\\Z", "d\n", "d"],
  ["(?m)^b$", "a\nb\nc", "b"],
  ["(?m)\\Ab", "a\nb", undefined],
  ["[$]$", "$", "$"],
  // dots stop at line feeds alone
  ["a.*", "a\rb\nc", "a\rb"],
  ["(?s)a.*", "a\nb", "a\nb"],
  ["a(?s).*", "a\nb", "a\nb"],
  // flags half-way hold to the end of their group
  ["a(?i)b|c", "C", "C"],
  ["(a(?i)b)c", "aBC", undefined],
  ["(a(?i)b)c", "aBc", "aBc"],
  ["(?i)^bot", "BOT", "BOT"],
  ["(?i:bot)s", "BOTs", "BOTs"],
  // spellings
  ["^/a/{id}$", "/a/{id}", "/a/{id}"],
  ["^\\Qa.b\\E+$", "a.bb", "a.bb"],
  ["^[]a]+$", "]a", "]a"],
  ["^[^]a]$", "]", undefined],
  ["^[[:alpha:][:digit:]_]+$", "aB3_", "aB3_"],
  ["^[[a]$", "[", "["],
  ["(?P<n>a)(?P=n)", "aa", "aa"],
  ["(?<n>a)b", "ab", "ab"],
  ["(a)\\g{1}", "aa", "aa"],
  ["a\\h+b", "a \tb", "a \tb"],
  ["a(?#not this)b", "ab", "ab"],
  ["\\x{41}\\-\\_\\@\\'", "A-_@'", "A-_@'"],
  ["^(?!a)b", "b", "b"],
  ["(?<=a)b", "ab", "b"],
  ["(?<!a)b", "ab", undefined],
  ["^é.$", "é😀", "é😀"],
  ["\\/\\d+\\.html", "/12.html", "/12.html"],
  ["^[\\w\\-\\.]+$", "a-b.c", "a-b.c"],
])("%s on %j", (source, text, expected) => {
  expect(compilePattern(source)?.exec(text)?.[0]).toBe(expected);
});

test("a strict end is the very end", () => {
  expect(compilePattern("^a$", "", "strict")?.test("a\n")).toBe(false);
  expect(compilePattern("^a$", "", "strict")?.test("a")).toBe(true);
});

test.each(["(", "a)", "[a", "*a", "(?R)", "(?<1>a)", "a{2,1}"])("%s is none", (source) => {
  expect(compilePattern(source)).toBeUndefined();
});
