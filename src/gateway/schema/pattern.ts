/**
 * Patterns of the original's schemas are PCRE; those that appear there differ from JavaScript's in
 * anchors, inline flags and possessive classes only.
 */

/** Throws a `SyntaxError` for a pattern that JavaScript does not have. */
export function compilePattern(pattern: string): RegExp {
  const [flags, body] = takeFlags(pattern);
  const source = body.replace(/\\([AzZ])/gu, (_, anchor: string) => (anchor === "A" ? "^" : "$"));
  return new RegExp(source, flags);
}

/** "(?i)abc" → ["i", "abc"] */
function takeFlags(pattern: string): [string, string] {
  const match = /^\(\?([ims]+)\)/u.exec(pattern);
  return match === null ? ["", pattern] : [match[1] ?? "", pattern.slice(match[0].length)];
}
