/**
 * All routes of a gateway, in the router mode it was made for (apisix-gateway.md 8). A change costs
 * as much as the changed route, not as the table; matching never waits, so a request sees the table
 * before or after a change, never between.
 */
import { compilePath } from "./path-pattern.ts";
import type { MatchInput, Predicates } from "./predicates.ts";
import { RadixTree } from "./radix-tree.ts";
import { type Candidate, type Match, UriTree } from "./uri-tree.ts";

export type RouterMode = "radixtree_host_uri" | "radixtree_uri" | "radixtree_uri_with_parameter";

export type RouteSpec<T> = {
  readonly id: string;
  readonly uris: readonly string[];
  /** Undefined: any host. */
  readonly hosts: readonly string[] | undefined;
  readonly priority: number;
  readonly order: number;
  readonly predicates: Predicates;
  readonly route: T;
};

type Placed<T> = {
  readonly tree: UriTree<T>;
  readonly key: string | undefined;
  readonly candidate: Candidate<T>;
};

type HostNode<T> = { readonly pattern: string; readonly tree: UriTree<T> };

export class RouteTable<T> {
  private readonly mode: RouterMode;
  private readonly anyHost = new UriTree<T>();
  private readonly exactHosts = new Map<string, HostNode<T>>();
  private readonly hostSuffixes = new RadixTree<HostNode<T>>();
  private readonly placed = new Map<string, readonly Placed<T>[]>();

  constructor(mode: RouterMode) {
    this.mode = mode;
  }

  get size(): number {
    return this.placed.size;
  }

  /** Adds the route, or puts it in the place of the one with its id. */
  put(spec: RouteSpec<T>): void {
    this.delete(spec.id);
    const placed = this.placesOf(spec);
    for (const { tree, candidate } of placed) tree.add(candidate);
    this.placed.set(spec.id, placed);
  }

  delete(id: string): void {
    for (const { tree, key, candidate } of this.placed.get(id) ?? []) {
      tree.remove(candidate);
      if (key !== undefined && tree.size === 0) this.dropHost(key);
    }
    this.placed.delete(id);
  }

  match(input: MatchInput): Match<T> | undefined {
    return this.matchHosts(input) ?? this.anyHost.match(input);
  }

  private placesOf(spec: RouteSpec<T>): Placed<T>[] {
    const hasParameters = this.mode === "radixtree_uri_with_parameter";
    const lower = spec.hosts?.map((host) => host.toLowerCase());
    const inHostTree = lower !== undefined && this.mode === "radixtree_host_uri";
    const placed: Placed<T>[] = [];
    for (const uri of spec.uris) {
      const candidate: Candidate<T> = {
        pattern: compilePath(uri, hasParameters),
        priority: spec.priority,
        order: spec.order,
        predicates: spec.predicates,
        hosts: inHostTree ? undefined : lower,
        route: spec.route,
      };
      if (!inHostTree) placed.push({ tree: this.anyHost, key: undefined, candidate });
      else for (const key of lower) placed.push({ tree: this.hostTree(key), key, candidate });
    }
    return placed;
  }

  private hostTree(pattern: string): UriTree<T> {
    const star = pattern.startsWith("*");
    const key = star ? reversed(pattern.slice(1)) : pattern;
    const known = star ? this.hostSuffixes.get(key) : this.exactHosts.get(key);
    if (known !== undefined) return known.tree;
    const node = { pattern, tree: new UriTree<T>() };
    if (star) this.hostSuffixes.set(key, node);
    else this.exactHosts.set(key, node);
    return node.tree;
  }

  private dropHost(pattern: string): void {
    if (pattern.startsWith("*")) this.hostSuffixes.delete(reversed(pattern.slice(1)));
    else this.exactHosts.delete(pattern);
  }

  private matchHosts(input: MatchInput): Match<T> | undefined {
    const { exactHosts, hostSuffixes } = this;
    if (this.mode !== "radixtree_host_uri") return undefined;
    if (exactHosts.size === 0 && hostSuffixes.isEmpty) return undefined;
    const { host } = input;
    const visit = (node: HostNode<T>): Match<T> | undefined => {
      const match = node.tree.match(input);
      if (match === undefined) return undefined;
      const { route, uri, params } = match;
      return { route, uri, host: node.pattern, params };
    };
    const exact = exactHosts.get(host);
    const found = exact === undefined ? undefined : visit(exact);
    return found ?? hostSuffixes.findLongest(reversed(host), visit);
  }
}

function reversed(text: string): string {
  let result = "";
  for (let at = text.length - 1; at >= 0; at--) result += text[at];
  return result;
}
