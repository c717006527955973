/**
 * Request targets as nginx reads them: the path is percent-decoded, dot segments are resolved and
 * slashes merged before routes are matched; what climbs above the root or hides a NUL is refused.
 */
import { decodePercent } from "./query-args.ts";
import { escapeText } from "./raw-text.ts";

export type Target = {
  /** Decoded and normalised. */
  readonly path: string;
  /** What stands after "?", as it came; empty without one. */
  readonly query: string;
  /** A "?" was there, even with nothing after it. */
  readonly hasQuery: boolean;
  /** Of an absolute target such as "http://host:80/path". */
  readonly authority?: string;
};

/** Undefined when the target is malformed: the request is answered with 400. */
export function parseTarget(target: string): Target | undefined {
  const { authority, rest } = splitAuthority(target);
  const cut = rest.indexOf("#") < 0 ? rest : rest.slice(0, rest.indexOf("#"));
  const at = cut.indexOf("?");
  const raw = at < 0 ? cut : cut.slice(0, at);
  const path = normalisePath(raw);
  if (path === undefined) return undefined;
  const query = at < 0 ? "" : cut.slice(at + 1);
  const parsed = { path, query, hasQuery: at >= 0 };
  return authority === undefined ? parsed : { ...parsed, authority };
}

function splitAuthority(target: string): { authority?: string; rest: string } {
  if (target.charCodeAt(0) === 0x2f) return { rest: target };
  const match = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  if (match === null) return { rest: target };
  const [, authority = "", rest = ""] = match;
  return { authority, rest: rest.startsWith("/") ? rest : `/${rest}` };
}

/** Fast for what is already normal: most paths are. */
function normalisePath(raw: string): string | undefined {
  if (raw.charCodeAt(0) !== 0x2f) return undefined;
  if (!/%|\/\/|\/\./.test(raw)) return raw;
  if (/%(?![0-9a-fA-F]{2})|%00/.test(raw)) return undefined;
  const decoded = decodePercent(raw);
  if (!/\/\/|\/\./.test(decoded)) return decoded;
  return resolveDots(decoded);
}

function resolveDots(path: string): string | undefined {
  const parts = path.split("/").slice(1);
  const last = parts.length - 1;
  const kept: string[] = [];
  for (const [at, part] of parts.entries()) {
    const isDot = part === "." || part === "..";
    if (part === ".." && kept.pop() === undefined) return undefined;
    if (isDot || part === "") {
      // "/a/." and "/a/" end in a slash.
      if (at === last) kept.push("");
      continue;
    }
    kept.push(part);
  }
  return `/${kept.join("/")}`;
}

/** The path as it may stand in a request line: what nginx escapes when it rewrites a URI. */
export function escapePath(path: string): string {
  return /[^!$&-;=@-Z_a-z~]/.test(path)
    ? escapeText(path, encodeURI).replace(/[?#]/g, encodeURIComponent)
    : path;
}

/** The host in lower case and without its port, as `$host`. */
export function hostWithoutPort(authority: string): string {
  const lower = authority.toLowerCase();
  const end = lower.startsWith("[") ? lower.indexOf("]") + 1 : lower.indexOf(":");
  return end <= 0 ? lower : lower.slice(0, end);
}
