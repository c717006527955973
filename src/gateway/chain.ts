/** Plugins in the order in which they run, phase by phase (apisix-gateway.md 2). */
import type { PluginHandlers } from "./plugin.ts";
import type { Link } from "./plugin-set.ts";

export type Phase = Exclude<keyof PluginHandlers<never>, "apis" | "stop">;
type Phases = Readonly<Record<Phase, readonly Link[]>>;
export type Chain = Phases & {
  /** Phases after the upstream's answer look at the request's body: it is read before the call. */
  readonly needsBody: boolean;
};

const PHASES: readonly Phase[] = [
  "rewrite",
  "access",
  "beforeProxy",
  "headerFilter",
  "bodyFilter",
  "log",
];

const PHASES_AFTER: readonly Phase[] = ["headerFilter", "bodyFilter", "log"];

const NOTHING: readonly Link[] = [];

export const EMPTY_CHAIN: Chain = {
  rewrite: NOTHING,
  access: NOTHING,
  beforeProxy: NOTHING,
  headerFilter: NOTHING,
  bodyFilter: NOTHING,
  log: NOTHING,
  needsBody: false,
};

/** From the least to the most important source; a plugin is taken whole from the last having it. */
export function mergeLinks(
  sources: readonly ReadonlyMap<string, Link>[],
): ReadonlyMap<string, Link> {
  const [only] = sources;
  if (only !== undefined && sources.length === 1) return only;
  const merged = new Map<string, Link>();
  for (const source of sources) for (const [name, link] of source) merged.set(name, link);
  return merged;
}

/** Highest priority first; of equals by name: the order must not depend on the document. */
export function buildChain(links: Iterable<Link>): Chain {
  const sorted = [...links].sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1));
  if (sorted.length === 0) return EMPTY_CHAIN;
  const chain = { ...EMPTY_CHAIN, needsBody: sorted.some(needsBodyAfter) };
  for (const phase of PHASES) {
    const having = sorted.filter((link) => link.handlers[phase] !== undefined);
    if (having.length > 0) chain[phase] = having;
  }
  return chain;
}

function needsBodyAfter({ needsBody, filterNeedsBody, handlers }: Link): boolean {
  if (!needsBody && !filterNeedsBody) return false;
  return PHASES_AFTER.some((phase) => handlers[phase] !== undefined);
}

/** What the consumer adds: its plugins that the rewrite phase has not run yet. */
export function onlyFromConsumer(chain: Chain, before: ReadonlyMap<string, Link>): readonly Link[] {
  return chain.rewrite.filter((link) => !before.has(link.name) && link.plugin.type !== "auth");
}
