/** Regular expressions and replacement texts of configurations, as nginx's Lua module has them. */
import { compilePattern } from "../../pattern.ts";
import { isSecretReference } from "../../secrets.ts";

/** A text for what is wrong, in the manner of the original's PCRE. */
export type RegexProblem = { readonly problem: string };

/** Options that mean something here; "j" and "o" only concern how PCRE compiles. */
const FLAGS: Readonly<Record<string, string>> = { i: "i", m: "m", s: "s", a: "y" };
const KNOWN_OPTIONS = /^[adDijJmosuUx]*$/;

/** `options` are letters as in `ngx.re`: "jo", "i", "s", "m", "x" (blanks and comments left out). */
export function compileRegex(source: string, options = "jo"): RegExp | RegexProblem {
  const unknown = [...options].find((letter) => !KNOWN_OPTIONS.test(letter));
  if (unknown !== undefined) return { problem: `unknown flag "${unknown}" (flags "${options}")` };
  const flags = [...new Set([...options].map((letter) => FLAGS[letter] ?? ""))].join("");
  const text = options.includes("x") ? withoutBlanks(source) : source;
  const regex = compilePattern(text, flags);
  return regex ?? { problem: `pcre2_compile() failed in "${source}"` };
}

function withoutBlanks(source: string): string {
  return source.replace(
    /(\\.|\[(?:\\.|[^\]\\])*\])|#.*$|\s+/gm,
    (_, kept: string | undefined) => kept ?? "",
  );
}

const REFERENCE = /\$(?:(\d+)|\{(\d+)\}|(\$)|(.?))/gs;

/** What is wrong with a replacement text: only `$1`, `${1}` and `$$` may follow a dollar sign. */
export function replacementProblem(replacement: string): string | undefined {
  for (const match of replacement.matchAll(REFERENCE)) {
    if (match[4] === undefined) continue;
    return `failed to compile the replacement template: "${replacement}"`;
  }
  return undefined;
}

/** What is wrong with a pair; a reference to a secret is not known yet. */
export function pairProblem(pattern: string, replacement: string): string | undefined {
  if (isSecretReference(pattern)) return undefined;
  const regex = compileRegex(pattern);
  if ("problem" in regex) return regex.problem;
  return isSecretReference(replacement) ? undefined : replacementProblem(replacement);
}

export type Substituted = { readonly text: string; readonly count: number };

/** Replaces the first match, or all of them. */
export function substitute(
  text: string,
  regex: RegExp,
  replacement: string,
  scope: "once" | "global" = "once",
): Substituted {
  let count = 0;
  const pattern = scope === "global" ? withGlobal(regex) : regex;
  const result = text.replace(pattern, (...parts: unknown[]) => {
    count++;
    return expand(replacement, parts as (string | undefined)[]);
  });
  return { text: result, count };
}

const globals = new WeakMap<RegExp, RegExp>();

function withGlobal(regex: RegExp): RegExp {
  const known = globals.get(regex);
  if (known !== undefined) return known;
  const made = new RegExp(regex.source, `${regex.flags}g`);
  globals.set(regex, made);
  return made;
}

function expand(replacement: string, captures: readonly (string | undefined)[]): string {
  if (!replacement.includes("$")) return replacement;
  return replacement.replace(
    REFERENCE,
    (whole, plain: string | undefined, braced: string | undefined, dollar: string | undefined) => {
      if (dollar !== undefined) return "$";
      const digits = plain ?? braced;
      return digits === undefined ? whole : capture(captures, Number(digits));
    },
  );
}

/** After the captures come the offset and the whole text: those are none. */
function capture(parts: readonly (string | undefined)[], index: number): string {
  const end = parts.findIndex((part) => typeof part === "number");
  return index < end ? (parts[index] ?? "") : "";
}
