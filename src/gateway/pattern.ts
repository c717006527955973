/**
 * Regular expressions of configurations, written for PCRE, as JavaScript's: the anchors \A \z \Z,
 * inline flags at the beginning, possessive quantifiers and POSIX classes are translated.
 */
export function compilePattern(source: string, flags = ""): RegExp | undefined {
  let text = source;
  let all = flags;
  const inline = /^\(\?([imsx]+)\)/.exec(text);
  if (inline !== null) {
    text = text.slice(inline[0].length);
    for (const flag of inline[1] ?? "") if (!all.includes(flag) && flag !== "x") all += flag;
  }
  text = translate(text);
  return attempt(text, `${all}u`) ?? attempt(text, all);
}

function translate(source: string): string {
  return source
    .replace(/\\A/g, "^")
    .replace(/\\[zZ]/g, "$")
    .replace(/\\h/g, "[ \\t]")
    .replace(/\[:(\w+):\]/g, (whole, name: string) => POSIX[name] ?? whole)
    .replace(/\(\?P?<(\w+)>/g, "(?<$1>")
    .replace(/([*+?}])\+/g, "$1");
}

const POSIX: Readonly<Record<string, string>> = {
  alpha: "a-zA-Z",
  digit: "0-9",
  alnum: "a-zA-Z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: "\\s",
  xdigit: "0-9a-fA-F",
  word: "\\w",
};

function attempt(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}
