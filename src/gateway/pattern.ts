/**
 * Regular expressions of configurations, written for PCRE, as JavaScript's. What only PCRE can
 * (recursion, conditions, callouts) does not compile; possessive and atomic become ordinary.
 */
export function compilePattern(
  source: string,
  flags = "",
  end: End = "before-line-feed",
): RegExp | undefined {
  const inline = /^\(\?([imsx]+)\)/.exec(source);
  const text = inline === null ? source : source.slice(inline[0].length);
  const all = [...new Set(`${flags}${inline?.[1]?.replace("x", "") ?? ""}`)].join("");
  const translated = translate(text, all, end);
  return attempt(translated, `${all}u`) ?? attempt(translated, all);
}

/** Where `$` matches beside the very end: before a last line feed, as in PCRE, or nowhere. */
export type End = "before-line-feed" | "strict";

/** One piece of PCRE's syntax at a time: within a class or an escape nothing is mistaken. */
const PIECE = new RegExp(
  [
    /\\Q(?<quoted>[\s\S]*?)(?:\\E|$)/,
    /\\(?<escaped>g\{?-?\d+\}?|x\{[0-9A-Fa-f]+\}|[\s\S])/,
    /\[(?<not>\^?)(?<bracket>\]?)(?<set>(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*)\]/,
    /\(\?#[^)]*\)/,
    /\(\?(?<flags>[ims]+)\)/,
    /(?<open>\((?:\?(?:P?<(?![=!])\w+>|P=\w+\)|>|[ims-]*:|<?[=!]))?)/,
    /(?<quantifier>[*+?]|\{\d+(?:,\d*)?\})(?<greed>[+?]?)/,
    /(?<sign>[$.|){}])/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** In which flags set half-way hold: up to the end of their group, in every alternative. */
type Depth = string[];

function translate(source: string, flags: string, end: End): string {
  const depths: Depth[] = [[]];
  const translated = source.replace(PIECE, (whole, ...rest: unknown[]) => {
    const piece = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    const { quoted, escaped, set, open, quantifier, greed, sign } = piece;
    if (quoted !== undefined) return escapeLiteral(quoted);
    if (escaped !== undefined) return ESCAPES[escaped] ?? translateEscape(escaped);
    if (set !== undefined) return translateClass(piece);
    if (piece["flags"] !== undefined) return openFlags(depths, piece["flags"]);
    if (open !== undefined) return openGroup(depths, open);
    if (quantifier !== undefined) return `${quantifier}${greed === "?" ? greed : ""}`;
    if (sign !== undefined) return translateSign(sign, depths, flags, end);
    return whole.startsWith("(?#") ? "" : whole;
  });
  return `${translated}${closing(depths.at(-1))}`;
}

const END = "(?![\\s\\S])";
/** Before a line feed at the very end, too. */
const NEAR_END = `(?=\\n?${END})`;

const ESCAPES: Readonly<Record<string, string>> = {
  A: "(?<![\\s\\S])",
  z: END,
  Z: NEAR_END,
  h: "[ \\t]",
  H: "[^ \\t]",
  N: "[^\\n]",
  R: "(?:\\r\\n|[\\n\\v\\f\\r\\x85\\u2028\\u2029])",
  a: "\\x07",
  e: "\\x1b",
  E: "",
};

function translateEscape(escaped: string): string {
  const reference = /^g\{?(\d+)\}?$/.exec(escaped);
  if (reference !== null) return `(?:\\${reference[1]})`;
  const code = /^x\{(\w+)\}$/.exec(escaped);
  if (code !== null) return `\\u{${code[1]}}`;
  return /^[^0-9A-Za-z]$/.test(escaped) ? escapeLiteral(escaped) : `\\${escaped}`;
}

function escapeLiteral(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function translateClass(piece: Readonly<Record<string, string | undefined>>): string {
  const { not = "", bracket = "", set = "" } = piece;
  const inner = set
    .replace(/\[:(\w+):\]/g, (whole, name: string) => POSIX[name] ?? whole)
    .replace(/\\([\s\S])|\[/g, (whole, escaped: string | undefined) => {
      if (escaped === undefined) return "\\[";
      if (escaped === "h") return " \\t";
      return /^[^0-9A-Za-z\-\\\]^/]$/.test(escaped) ? escapeLiteral(escaped) : whole;
    });
  return `[${not}${bracket === "" ? "" : "\\]"}${inner}]`;
}

const POSIX: Readonly<Record<string, string>> = {
  alpha: "a-zA-Z",
  digit: "0-9",
  alnum: "a-zA-Z0-9",
  upper: "A-Z",
  lower: "a-z",
  space: "\\s",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`{-~",
  xdigit: "0-9a-fA-F",
  word: "\\w",
};

function openFlags(depths: Depth[], flags: string): string {
  depths.at(-1)?.push(`(?${flags}:`);
  return `(?${flags}:`;
}

function openGroup(depths: Depth[], open: string): string {
  const reference = /^\(\?P=(\w+)\)$/.exec(open);
  if (reference !== null) return `\\k<${reference[1]}>`;
  depths.push([]);
  return open === "(?>" ? "(?:" : open.replace("(?P<", "(?<");
}

function translateSign(sign: string, depths: Depth[], flags: string, end: End): string {
  if (sign === "$") return flags.includes("m") || end === "strict" ? "$" : NEAR_END;
  if (sign === ".") return flags.includes("s") || isDotAll(depths) ? "." : "[^\\n]";
  if (sign === "|") return `${closing(depths.at(-1))}|${depths.at(-1)?.join("") ?? ""}`;
  if (sign === ")") return `${closing(depths.length > 1 ? depths.pop() : undefined)})`;
  return `\\${sign}`;
}

function isDotAll(depths: readonly Depth[]): boolean {
  return depths.some((flags) => flags.some((flag) => flag.includes("s")));
}

function closing(depth: Depth | undefined): string {
  return ")".repeat(depth?.length ?? 0);
}

function attempt(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}
