/**
 * Finds the resource behind a path as the original does (catalog reference A6): the exact path,
 * else resources with as many slashes whose `{name}` segments match, else the same with the last
 * segment dropped, down to the root. At one depth a literal path goes before one with parameters.
 */

export type Pathed = {
  /** Unique among all resources. */
  readonly id: string;
  /** Base path and path without the first slash: "club/books/{isbn}". */
  readonly path: string;
};

type Depth = { readonly literal: Map<string, Pathed>; readonly patterns: Pattern[] };
type Pattern = { readonly resource: Pathed; readonly segments: readonly (readonly string[])[] };

/** Resources of one tenant. Of two with the same path the later one counts. */
export class ResourcePaths {
  private readonly depths = new Map<number, Depth>();
  private readonly exact = new Map<string, Pathed>();

  constructor(resources: Iterable<Pathed>) {
    for (const resource of resources) this.add(resource);
  }

  /** `path` as in `Pathed`, with values in place of the names. */
  find(path: string): Pathed | undefined {
    const exact = this.exact.get(path);
    if (exact !== undefined) return exact;
    let rest = path;
    for (let depth = slashesIn(path); depth >= 0; depth--) {
      const found = this.findAt(depth, rest);
      if (found !== undefined) return found;
      const slash = rest.lastIndexOf("/");
      if (slash < 0) return undefined;
      rest = rest.slice(0, slash);
    }
    return undefined;
  }

  private add(resource: Pathed): void {
    const { path } = resource;
    const slashes = slashesIn(path);
    // "club/" is the root of an API: as deep as "club".
    const depth = slashes === 1 && path.endsWith("/") ? 0 : slashes;
    const at: Depth = this.depths.get(depth) ?? { literal: new Map(), patterns: [] };
    this.depths.set(depth, at);
    const before = this.exact.get(path);
    this.exact.set(path, resource);
    at.literal.set(path, resource);
    if (!/\{[A-Za-z0-9]+\}/.test(path)) return;
    const index = at.patterns.findIndex((pattern) => pattern.resource === before);
    const pattern = { resource, segments: path.split("/").map(literalsOf) };
    if (index < 0) at.patterns.push(pattern);
    else at.patterns[index] = pattern;
  }

  private findAt(depth: number, path: string): Pathed | undefined {
    const at = this.depths.get(depth);
    const literal = at?.literal.get(path) ?? at?.literal.get(`${path}/`);
    if (at === undefined || literal !== undefined) return literal;
    const segments = path.split("/");
    return at.patterns.find((pattern) => matches(pattern, segments))?.resource;
  }
}

/** The path below "/api/TENANT/" as far as the original reads it. */
export function gatewayPath(path: string): { tenant: string; path: string } | undefined {
  const match = /^\/api\/([a-zA-Z0-9-]+)(?:\/([a-zA-Z0-9\-/._{} ]*)|$)/.exec(path);
  if (match === null) return undefined;
  const [, tenant = "", rest = ""] = match;
  return { tenant, path: rest.replace(/ +$/, "") };
}

/** Texts around the parameters: "a{x}b{y}" is ["a", "b", ""]; without any, the text alone. */
function literalsOf(segment: string): string[] {
  return segment.split(/\{[A-Za-z0-9]*\}/);
}

function matches({ segments }: Pattern, given: readonly string[]): boolean {
  if (segments.length !== given.length) return false;
  const last = segments.length - 1;
  return segments.every((literals, at) => matchesSegment(literals, given[at] ?? "", at === last));
}

/**
 * Each parameter stands for one character or more. The original's pattern has no end, so that what
 * follows the text after the last parameter is not looked at in the last segment.
 */
function matchesSegment(literals: readonly string[], text: string, isOpen: boolean): boolean {
  const [first = "", ...rest] = literals;
  if (rest.length === 0) return isOpen ? text.startsWith(first) : text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const [index, literal] of rest.entries()) {
    const isLast = index === rest.length - 1;
    const from = at + 1;
    if (from > text.length) return false;
    const closes = isLast && !isOpen;
    const found = closes ? text.length - literal.length : text.indexOf(literal, from);
    if (found < from || (closes && !text.endsWith(literal))) return false;
    at = found + literal.length;
  }
  return true;
}

function slashesIn(path: string): number {
  return path.split("/").length - 1;
}
