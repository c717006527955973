/**
 * Routes by path: exact ones in a table, prefixes in a radix tree (apisix-gateway.md 8.2). Priority
 * only decides between routes of the same path or prefix; a candidate that does not match gives way
 * to the next one.
 */
import { type Captures, capture, type PathPattern } from "./path-pattern.ts";
import { type MatchInput, matchHost, type Predicates, satisfies } from "./predicates.ts";
import { RadixTree } from "./radix-tree.ts";

/** One path of one route. */
export type Candidate<T> = {
  readonly pattern: PathPattern;
  readonly priority: number;
  /** Age of the route: of equals, the older one is tried first. */
  readonly order: number;
  readonly predicates: Predicates;
  /** To be checked here; undefined: any, or a host tree has done it. */
  readonly hosts: readonly string[] | undefined;
  readonly route: T;
};

export type Match<T> = {
  readonly route: T;
  readonly uri: string;
  readonly host: string | undefined;
  readonly params: Captures;
};

export class UriTree<T> {
  private readonly exact = new Map<string, Candidate<T>[]>();
  private readonly prefixes = new RadixTree<Candidate<T>[]>();
  size = 0;

  add(candidate: Candidate<T>): void {
    const { prefix, isExact } = candidate.pattern;
    const list = this.list(prefix, isExact);
    const at = list.findIndex((other) => comesBefore(candidate, other));
    if (at < 0) list.push(candidate);
    else list.splice(at, 0, candidate);
    this.size++;
  }

  remove(candidate: Candidate<T>): void {
    const { prefix, isExact } = candidate.pattern;
    const list = this.list(prefix, isExact);
    const at = list.indexOf(candidate);
    if (at >= 0) {
      list.splice(at, 1);
      this.size--;
    }
    if (list.length > 0) return;
    if (isExact) this.exact.delete(prefix);
    else this.prefixes.delete(prefix);
  }

  match(input: MatchInput): Match<T> | undefined {
    const exact = this.exact.get(input.path);
    const found = exact === undefined ? undefined : firstMatch(exact, input);
    return found ?? this.prefixes.findLongest(input.path, (list) => firstMatch(list, input));
  }

  private list(prefix: string, isExact: boolean): Candidate<T>[] {
    const known = isExact ? this.exact.get(prefix) : this.prefixes.get(prefix);
    if (known !== undefined) return known;
    const list: Candidate<T>[] = [];
    if (isExact) this.exact.set(prefix, list);
    else this.prefixes.set(prefix, list);
    return list;
  }
}

function comesBefore<T>(one: Candidate<T>, other: Candidate<T>): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority;
  const longer = one.pattern.text.length - other.pattern.text.length;
  return longer === 0 ? one.order < other.order : longer > 0;
}

function firstMatch<T>(list: readonly Candidate<T>[], input: MatchInput): Match<T> | undefined {
  for (const candidate of list) {
    const { pattern, hosts, predicates, route } = candidate;
    const host = hosts === undefined ? undefined : matchHost(hosts, input);
    if (hosts !== undefined && host === undefined) continue;
    if (!satisfies(predicates, input)) continue;
    const params = capture(pattern, input.path);
    if (params === undefined) continue;
    return { route, uri: pattern.text, host, params };
  }
  return undefined;
}
