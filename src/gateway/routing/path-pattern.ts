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
  if (cut < 0) return { text, prefix: text, isExact: true, regex: undefined, names: NO_NAMES };
  const prefix = text.slice(0, cut);
  const names: string[] = [];
  const regex = text.split("/").map((part) => translate(part, names, hasParameters));
  const isCapturing = names.length > 0;
  return {
    text,
    prefix,
    isExact: false,
    regex: isCapturing ? new RegExp(`^${regex.join("/")}$`) : undefined,
    names: isCapturing ? names : NO_NAMES,
  };
}

function translate(part: string, names: string[], hasParameters: boolean): string {
  if (hasParameters && part.startsWith(":")) {
    names.push(part.slice(1));
    return "([^/]+)";
  }
  if (part.startsWith("*")) {
    names.push(part === "*" ? ":ext" : part.slice(1));
    return "([^]*)";
  }
  return part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** What the pattern captures of a path that has its prefix; undefined: it does not match. */
export function capture(pattern: PathPattern, path: string): Captures | undefined {
  const { regex, names } = pattern;
  if (regex === undefined) return NONE;
  const match = regex.exec(path);
  if (match === null) return undefined;
  const captures: Record<string, string> = {};
  for (const [at, name] of names.entries()) captures[name] = match[at + 1] ?? "";
  return captures;
}
