/** What a route demands of a request beside its path: methods, addresses, hosts, expressions. */
import type { Json } from "../../core/documents.ts";
import { compileAddresses, compileExpression, type Expression } from "../expression.ts";
import type { Lookup } from "../template.ts";

/** What routes are matched against. */
export type MatchInput = {
  readonly method: string;
  /** Decoded and normalised. */
  readonly path: string;
  /** Lower case, without port. */
  readonly host: string;
  /** The Host header in lower case, with its port if it has one. */
  readonly authority: string;
  readonly remoteAddress: string;
  readonly lookup: Lookup;
};

export type Predicates = {
  readonly methods: ReadonlySet<string> | undefined;
  readonly addresses: ((address: string) => boolean) | undefined;
  readonly vars: Expression | undefined;
  readonly filter: ((lookup: Lookup) => boolean) | undefined;
};

export type PredicateSource = {
  readonly methods?: readonly string[];
  readonly remoteAddresses?: readonly string[];
  readonly vars?: Json;
  readonly filter?: (lookup: Lookup) => boolean;
};

/** Throws `ExpressionError` for what cannot be compiled. */
export function compilePredicates(source: PredicateSource): Predicates {
  const { methods, remoteAddresses, vars, filter } = source;
  return {
    methods: methods === undefined || methods.length === 0 ? undefined : methodSet(methods),
    addresses: remoteAddresses === undefined ? undefined : compileAddresses(remoteAddresses),
    vars: vars === undefined || vars === null ? undefined : compileExpression(vars),
    filter,
  };
}

/** Routes with the same methods share one set: there are few of them and many routes. */
const sets = new Map<string, ReadonlySet<string>>();

function methodSet(methods: readonly string[]): ReadonlySet<string> {
  const key = [...new Set(methods)].sort().join();
  const known = sets.get(key);
  if (known !== undefined) return known;
  const made: ReadonlySet<string> = new Set(methods);
  sets.set(key, made);
  return made;
}

export function satisfies(predicates: Predicates, input: MatchInput): boolean {
  const { methods, addresses, vars, filter } = predicates;
  if (methods !== undefined && !methods.has(input.method)) return false;
  if (addresses !== undefined && !addresses(input.remoteAddress)) return false;
  if (vars !== undefined && !vars(input.lookup)) return false;
  return filter === undefined || filter(input.lookup);
}

/**
 * Whether one of the hosts is meant ("*.bar.com" any below it; with ":port", the whole header), and
 * which; for the router modes that look at the path first.
 */
export function matchHost(hosts: readonly string[], input: MatchInput): string | undefined {
  return hosts.find((host) => {
    const asked = host.includes(":") ? input.authority : input.host;
    return host.startsWith("*") ? asked.endsWith(host.slice(1)) : asked === host;
  });
}
