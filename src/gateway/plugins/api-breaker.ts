/** `api-breaker`: spares an upstream that fails, for longer with each series of failures. */
import { LRUCache } from "lru-cache";
import { lazily } from "../../lib/lazily.ts";
import type { Plugin, PluginExit } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { hostWithoutPort } from "../uri.ts";
import { breakSeconds, type Circuit, observe } from "./lib/circuit.ts";

export type ApiBreakerConf = {
  readonly break_response_code: number;
  readonly break_response_body?: string;
  readonly break_response_headers?: readonly { readonly key: string; readonly value: string }[];
  /** seconds */
  readonly max_breaker_sec: number;
  readonly unhealthy: { readonly http_statuses: readonly number[]; readonly failures: number };
  readonly healthy: { readonly http_statuses: readonly number[]; readonly successes: number };
};

/** Hosts with paths that are remembered: the one that was unused for longest is forgotten. */
const CIRCUITS_MAX = 10_000;

export const apiBreaker: Plugin<ApiBreakerConf> = {
  name: "api-breaker",
  version: 0.1,
  priority: 1005,
  schema: {
    type: "object",
    properties: {
      break_response_code: { type: "integer", minimum: 200, maximum: 599 },
      break_response_body: { type: "string" },
      break_response_headers: {
        type: "array",
        items: {
          type: "object",
          properties: {
            key: { type: "string", minLength: 1 },
            value: { type: "string", minLength: 1 },
          },
          required: ["key", "value"],
        },
      },
      max_breaker_sec: { type: "integer", minimum: 3, default: 300 },
      unhealthy: {
        type: "object",
        properties: {
          http_statuses: {
            type: "array",
            minItems: 1,
            items: { type: "integer", minimum: 500, maximum: 599 },
            uniqueItems: true,
            default: [500],
          },
          failures: { type: "integer", minimum: 1, default: 3 },
        },
        default: { http_statuses: [500], failures: 3 },
      },
      healthy: {
        type: "object",
        properties: {
          http_statuses: {
            type: "array",
            minItems: 1,
            items: { type: "integer", minimum: 200, maximum: 499 },
            uniqueItems: true,
            default: [200],
          },
          successes: { type: "integer", minimum: 1, default: 3 },
        },
        default: { http_statuses: [200], successes: 3 },
      },
    },
    required: ["break_response_code"],
  },
  create: ({ now }) => {
    const circuits = lazily(() => new LRUCache<string, Circuit>({ max: CIRCUITS_MAX }));
    const seconds = (): number => Math.floor(now() / 1000);
    return {
      access: (conf, ctx) => {
        const circuit = circuits().get(keyOf(ctx));
        if (circuit?.brokenAt === undefined) return undefined;
        const end = circuit.brokenAt + breakSeconds(circuit, conf);
        return end >= seconds() ? exitOf(conf, ctx) : undefined;
      },
      log: (conf, ctx) => {
        const status = ctx.attempts.at(-1)?.status;
        if (status === undefined) return;
        const key = keyOf(ctx);
        const circuit = observe(circuits().get(key), status, conf, seconds());
        if (circuit === undefined) circuits().delete(key);
        else circuits().set(key, circuit);
      },
    };
  },
};

function keyOf({ request }: RequestContext): string {
  return `${hostWithoutPort(request.head.authority)}${request.path}`;
}

/** Headers only beside a body, as the original. */
function exitOf(conf: ApiBreakerConf, ctx: RequestContext): PluginExit {
  const { break_response_code: status, break_response_body: body } = conf;
  if (body === undefined) return { status };
  for (const { key, value } of conf.break_response_headers ?? []) {
    const resolved = ctx.resolve(value);
    if (key.toLowerCase() === "content-type") ctx.response.setHeader(key, resolved);
    else ctx.response.addHeader(key, resolved);
  }
  return { status, body };
}
