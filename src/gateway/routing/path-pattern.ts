/**
 * Paths of routes (apisix-gateway.md 8.1): exact, "/a/*" with what the star stands for, "/a*"
 * without, "/a/*rest" by name, a star in the middle, and ":name" where the router mode has it.
 */
export type PathPattern = {
  /** As configured. */
  readonly text: string;
  /** Whole path when exact, else what stands before the first star or ":". */
  readonly prefix: string;
  readonly isExact: boolean;
  /** What follows the prefix is captured under this name: a star at the end, the common case. */
  readonly rest: string | undefined;
  /** Must match the whole path; undefined: the prefix is enough and nothing is captured. */
  readonly regex: RegExp | undefined;
  /** Names of the groups of `regex`. */
  readonly names: readonly string[];
};

export type Captures = Readonly<Record<string, string>>;

const NONE: Captures = Object.freeze({});
const NO_NAMES: readonly string[] = [];

export function compilePath(text: string, hasParameters: boolean): PathPattern {
  const colon = hasParameters ? text.indexOf(":") : -1;
  const cut = colon >= 0 ? colon : text.indexOf("*");
  const simple = { text, rest: undefined, regex: undefined, names: NO_NAMES };
  if (cut < 0) return { ...simple, prefix: text, isExact: true };
  const prefix = text.slice(0, cut);
  const isLast = colon < 0 && !text.includes("/", cut);
  if (isLast && prefix !== "" && !prefix.endsWith("/"))
    return { ...simple, prefix, isExact: false };
  if (isLast) return { ...simple, prefix, isExact: false, rest: nameOf(text.slice(cut)) };
  return { ...simple, prefix, isExact: false, ...compileRegex(text, hasParameters) };
}

function compileRegex(
  text: string,
  hasParameters: boolean,
): Pick<PathPattern, "regex" | "names"> | undefined {
  const names: string[] = [];
  const parts = text.split("/").map((part) => translate(part, names, hasParameters));
  return names.length === 0 ? undefined : { regex: new RegExp(`^${parts.join("/")}$`), names };
}

/** Of a segment that begins with a star. */
function nameOf(segment: string): string {
  return segment === "*" ? ":ext" : segment.slice(1);
}

function translate(part: string, names: string[], hasParameters: boolean): string {
  if (hasParameters && part.startsWith(":")) {
    names.push(part.slice(1));
    return "([^/]+)";
  }
  if (part.startsWith("*")) {
    names.push(nameOf(part));
    return "([^]*)";
  }
  return part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** What the pattern captures of a path that has its prefix; undefined: it does not match. */
export function capture(pattern: PathPattern, path: string): Captures | undefined {
  const { regex, names, rest } = pattern;
  if (rest !== undefined) return { [rest]: path.slice(pattern.prefix.length) };
  if (regex === undefined) return NONE;
  const match = regex.exec(path);
  if (match === null) return undefined;
  const captures: Record<string, string> = {};
  for (const [at, name] of names.entries()) captures[name] = match[at + 1] ?? "";
  return captures;
}
