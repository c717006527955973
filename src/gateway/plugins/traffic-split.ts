/** `traffic-split`: shares requests out to several upstreams by weight, where conditions hold. */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { PhaseResult, Plugin } from "../plugin.ts";
import type { RequestContext, UpstreamChoice } from "../request-context.ts";
import { ID } from "../schema/common.ts";
import { UPSTREAM } from "../schema/upstream.ts";
import { expressionOf, expressionProblem } from "./lib/expressions.ts";
import { WeightedTurns } from "./lib/weighted-turns.ts";

type WeightedUpstream = {
  readonly upstream_id?: string | number;
  readonly upstream?: JsonObject;
  readonly weight: number;
};
type Rule = {
  readonly match?: readonly { readonly vars?: readonly Json[] }[];
  readonly weighted_upstreams?: readonly WeightedUpstream[];
};

export type TrafficSplitConf = { readonly rules?: readonly Rule[] };

export const trafficSplit: Plugin<TrafficSplitConf> = {
  name: "traffic-split",
  version: 0.1,
  priority: 966,
  schema: {
    type: "object",
    properties: {
      rules: {
        type: "array",
        items: {
          type: "object",
          properties: {
            match: {
              type: "array",
              items: { type: "object", properties: { vars: { type: "array" } } },
            },
            weighted_upstreams: {
              type: "array",
              items: {
                type: "object",
                properties: {
                  upstream_id: ID,
                  upstream: UPSTREAM,
                  weight: {
                    description:
                      "used to split traffic between different" +
                      "upstreams for plugin configuration",
                    type: "integer",
                    default: 1,
                    minimum: 0,
                  },
                },
              },
              default: [{ weight: 1 }],
              minItems: 1,
              maxItems: 20,
            },
          },
        },
      },
    },
  },
  check: ({ rules = [] }) => {
    for (const { vars } of rules.flatMap(({ match = [] }) => match)) {
      const problem = vars === undefined ? "missing argument rule" : expressionProblem([...vars]);
      if (problem !== undefined) return `failed to validate the 'vars' expression: ${problem}`;
    }
    return undefined;
  },
  create: ({ hasUpstream }) => {
    const turns = new WeakMap<Rule, WeightedTurns<Turn>>();
    const next = (rule: Rule): UpstreamChoice | undefined => {
      let known = turns.get(rule);
      if (known === undefined) {
        const list = (rule.weighted_upstreams ?? []).map((one) => ({
          choice: choiceOf(one),
          weight: one.weight,
        }));
        known = new WeightedTurns(list, ({ weight }) => weight);
        turns.set(rule, known);
      }
      return known.next()?.choice;
    };
    return {
      access: (conf, ctx) => {
        const found = findRule(conf.rules ?? [], ctx, hasUpstream);
        if (found === undefined || "missing" in found) return refuse(found);
        const choice = next(found.rule);
        if (choice !== undefined) ctx.upstream = choice;
        return undefined;
      },
    };
  },
};

type Turn = { readonly choice: UpstreamChoice | undefined; readonly weight: number };
type Found = { readonly rule: Rule } | { readonly missing: string | number } | undefined;

/** The first rule whose conditions hold; up to it, all upstreams must exist. */
function findRule(
  rules: readonly Rule[],
  ctx: RequestContext,
  exists: (id: string) => boolean,
): Found {
  for (const rule of rules) {
    const ids = (rule.weighted_upstreams ?? []).map((one) => one.upstream_id);
    const missing = ids.find((id) => id !== undefined && !exists(String(id)));
    if (missing !== undefined) return { missing };
    if (rule.match === undefined || rule.match.length === 0) return { rule };
    const holds = rule.match.some(({ vars = [] }) => expressionOf(vars)((name) => ctx.var(name)));
    if (holds) return { rule };
  }
  return undefined;
}

function refuse(found: { readonly missing: string | number } | undefined): PhaseResult {
  if (found === undefined) return undefined;
  return { status: 500, body: `failed to fetch upstream info by upstream id: ${found.missing}` };
}

/** Undefined: the route's own upstream. */
function choiceOf({ upstream_id: id, upstream }: WeightedUpstream): UpstreamChoice | undefined {
  if (id !== undefined) return { id: String(id) };
  if (upstream === undefined) return undefined;
  // As the original: upstreams that stand in the plugin are not checked for health.
  const { checks: _, ...value } = upstream;
  return { value };
}
