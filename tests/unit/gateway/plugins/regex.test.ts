// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the gateway's own templates
import { describe, expect, test } from "vitest";
import {
  compileRegex,
  replacementProblem,
  substitute,
} from "../../../../src/gateway/plugins/lib/regex.ts";

function compiled(source: string, options?: string): RegExp {
  const regex = compileRegex(source, options);
  if ("problem" in regex) throw new Error(regex.problem);
  return regex;
}

describe("compileRegex", () => {
  test.each([
    ["HELLO", "i", "hello", true],
    ["a.b", "s", "a\nb", true],
    ["a.b", "jo", "a\nb", false],
    ["^b", "m", "a\nb", true],
    ["a b # comment", "x", "ab", true],
    ["[a ] b", "x", " b", true],
    ["b", "a", "ab", false],
    ["(?i)hello", "jo", "HELLO", true],
  ])("%s with %s on %j: %s", (source, options, text, matches) => {
    expect(compiled(source, options).test(text)).toBe(matches);
  });

  test.each([
    ["(", "jo", 'pcre2_compile() failed in "("'],
    ["a", "jz", 'unknown flag "z" (flags "jz")'],
  ])("%s with %s is refused", (source, options, problem) => {
    expect(compileRegex(source, options)).toEqual({ problem });
  });
});

describe("substitute", () => {
  test.each<[string, string, string, "once" | "global", string, number]>([
    ["a-b", "(a)-(b)", "$2-$1", "once", "b-a", 1],
    ["ab", "(a)(b)", "${2}0$1", "once", "b0a", 1],
    ["a", "a", "$$1", "once", "$1", 1],
    ["a", "a", "[$0]", "once", "[a]", 1],
    ["a", "(a)|(b)", "<$2$3>", "once", "<>", 1],
    ["aa", "a", "b", "once", "ba", 1],
    ["aa", "a", "b", "global", "bb", 2],
    ["c", "a", "b", "global", "c", 0],
    ["a", "(?<name>a)", "$1", "once", "a", 1],
  ])("%s: %s by %s, %s", (text, source, replacement, scope, expected, count) => {
    const result = substitute(text, compiled(source), replacement, scope);
    expect(result).toEqual({ text: expected, count });
  });
});

test.each([
  ["$1 ${2} $$", undefined],
  ["$a", 'failed to compile the replacement template: "$a"'],
  ["${1", 'failed to compile the replacement template: "${1"'],
  ["x$", 'failed to compile the replacement template: "x$"'],
])("replacement %s", (text, problem) => {
  expect(replacementProblem(text)).toBe(problem);
});
