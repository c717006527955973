/** `fault-injection`: ends or delays a share of the requests, to test who depends on them. */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { Plugin, PluginExit } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { expressionOf, expressionProblem } from "./lib/expressions.ts";
import { HEADER_MAP, type HeaderMap } from "./lib/header-schema.ts";
import { pause } from "./lib/pause.ts";

type Sample = {
  readonly percentage?: number;
  /** Holds when one of them does. */
  readonly vars?: readonly (readonly Json[])[];
};
type Abort = Sample & {
  readonly http_status: number;
  readonly body?: string;
  readonly headers?: HeaderMap;
};

export type FaultInjectionConf = {
  readonly abort?: Abort;
  /** seconds */
  readonly delay?: Sample & { readonly duration: number };
};

const SAMPLE: JsonObject = {
  percentage: { type: "integer", minimum: 0, maximum: 100 },
  vars: { type: "array", maxItems: 20, items: { type: "array" } },
};

export const faultInjection: Plugin<FaultInjectionConf> = {
  name: "fault-injection",
  version: 0.1,
  priority: 11000,
  schema: {
    type: "object",
    properties: {
      abort: {
        type: "object",
        properties: {
          http_status: { type: "integer", minimum: 200 },
          body: { type: "string", minLength: 0 },
          headers: HEADER_MAP,
          ...SAMPLE,
        },
        required: ["http_status"],
      },
      delay: {
        type: "object",
        properties: { duration: { type: "number", minimum: 0 }, ...SAMPLE },
        required: ["duration"],
      },
    },
    minProperties: 1,
  },
  check: ({ abort, delay }) => {
    for (const rules of [...(abort?.vars ?? []), ...(delay?.vars ?? [])]) {
      const problem = expressionProblem([...rules]);
      if (problem !== undefined) return problem;
    }
    return undefined;
  },
  create: () => ({
    rewrite: ({ abort, delay }, ctx) => {
      // Both are decided before the pause: what happens meanwhile is of no account.
      const aborts = abort !== undefined && matches(abort, ctx) && isHit(abort.percentage);
      const exit = aborts ? exitOf(abort, ctx) : undefined;
      if (delay === undefined || !matches(delay, ctx) || !isHit(delay.percentage)) return exit;
      return pause(delay.duration * 1000).then(() => exit);
    },
  }),
};

function matches({ vars }: Sample, ctx: RequestContext): boolean {
  if (vars === undefined) return true;
  return vars.some((rules) => expressionOf(rules)((name) => ctx.var(name)));
}

function isHit(percentage: number | undefined): boolean {
  return percentage === undefined || Math.random() * 100 < percentage;
}

function exitOf(
  { http_status: status, body, headers = {} }: Abort,
  ctx: RequestContext,
): PluginExit {
  const resolved = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === "string" ? ctx.resolve(value) : value,
  ]);
  return {
    status,
    headers: Object.fromEntries(resolved) as HeaderMap,
    ...(body === undefined ? {} : { body: ctx.resolve(body) }),
  };
}
