/** `limit-count`: so many requests per key in a window of time. */
import { isDeepStrictEqual } from "node:util";
import { LRUCache } from "lru-cache";
import type { PhaseResult, Plugin, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import {
  LIMIT_COUNT_METADATA,
  LIMIT_COUNT_SCHEMA,
  schemaFields,
} from "./lib/limit-count-schema.ts";
import { type Amount, type KeyType, limitKey, resolveAmount } from "./lib/limit-key.ts";
import { quotaHeaders } from "./lib/quota-headers.ts";
import { RateCounters } from "./lib/rate-counters.ts";
import type { RedisConf } from "./lib/redis-schema.ts";
import type { Count } from "./lib/window-counter.ts";

export type LimitCountConf = RedisConf & {
  readonly count?: Amount;
  /** seconds */
  readonly time_window?: Amount;
  readonly window_type: "fixed" | "sliding";
  readonly rules?: readonly {
    readonly count: Amount;
    readonly time_window: Amount;
    readonly key: string;
    readonly header_prefix?: string;
  }[];
  /** Configurations of the same group share their counters. */
  readonly group?: string;
  readonly key: string;
  readonly key_type: KeyType;
  readonly rejected_code: number;
  readonly rejected_msg?: string;
  readonly allow_degradation: boolean;
  readonly show_limit_quota_header: boolean;
  /** seconds; -1: every request is counted at once */
  readonly sync_interval: number;
};

const BOTH = "count/time_window and rules cannot be specified at the same time";
const NOT_DELAYED = -1;
const SYNC_INTERVAL_MIN = 0.1;

export const limitCount: Plugin<LimitCountConf> = {
  name: "limit-count",
  version: 0.5,
  priority: 1002,
  schema: LIMIT_COUNT_SCHEMA,
  metadataSchema: LIMIT_COUNT_METADATA,
  encryptFields: ["redis_password", "sentinel_password"],
  check: (conf, kind) =>
    kind === "metadata"
      ? undefined
      : (rulesProblem(conf) ?? groupProblem(conf) ?? syncProblem(conf)),
  rephrase: ({ count, time_window: window, rules }, problem) => {
    const isTwofold = rules !== undefined && (count !== undefined || window !== undefined);
    return isTwofold && problem.includes("value should match only one schema") ? BOTH : undefined;
  },
  create: (services) => {
    const counters = new RateCounters(services);
    return {
      access: (conf, ctx) => limit(conf, ctx, services, counters),
      stop: () => counters.stop(),
    };
  },
};

function rulesProblem(conf: LimitCountConf): string | undefined {
  const { rules, count, time_window: window, group } = conf;
  if (rules === undefined) return undefined;
  if (count !== undefined || window !== undefined) return BOTH;
  if (group !== undefined) return "group and rules cannot be specified at the same time";
  const keys = rules.map(({ key }) => key);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  return twice === undefined ? undefined : `duplicate key '${twice}' in rules`;
}

/** As the original: the first configuration of a group that is checked binds all later ones. */
const GROUPS_MAX = 512;
const groups = new LRUCache<string, LimitCountConf>({ max: GROUPS_MAX });

function groupProblem(conf: LimitCountConf): string | undefined {
  const { group } = conf;
  if (group === undefined) return undefined;
  const first = groups.get(group);
  if (first === undefined) {
    groups.set(group, conf);
    return undefined;
  }
  const differs = schemaFields(conf.policy).some(
    (field) => !isDeepStrictEqual(memberOf(first, field), memberOf(conf, field)),
  );
  return differs ? "group conf mismatched" : undefined;
}

function memberOf(conf: object, name: string): unknown {
  return (conf as Record<string, unknown>)[name];
}

function syncProblem({ policy, sync_interval: interval, time_window: window }: LimitCountConf) {
  if (policy === "local" || interval === NOT_DELAYED) return undefined;
  if (interval < SYNC_INTERVAL_MIN) return "sync_interval should not be smaller than 0.1";
  if (typeof window === "number" && interval >= window) {
    return "sync_interval should be smaller than time_window";
  }
  return undefined;
}

/** A limit that applies to this request. */
type Rule = {
  readonly count: number;
  readonly window: number;
  readonly key: string;
  readonly prefix: string | number | undefined;
};

function limit(
  conf: LimitCountConf,
  ctx: RequestContext,
  services: PluginServices,
  counters: RateCounters,
): PhaseResult | Promise<PhaseResult> {
  const rules = rulesOf(conf, ctx);
  if ("problem" in rules) {
    services.log("error", "failed to get rate limit rules", { reason: rules.problem });
    return conf.allow_degradation ? undefined : { status: 500 };
  }
  const owner = conf.group ?? services.identify(conf);
  const names = (prefix: Rule["prefix"]) => quotaHeaders(services.metadata("limit-count"), prefix);
  const settle = (rule: Rule, count: Count): PhaseResult => {
    if (conf.show_limit_quota_header) tell(ctx, names(rule.prefix), rule, count);
    return count.isAllowed ? undefined : refusal(conf);
  };
  const next = (at: number): PhaseResult | Promise<PhaseResult> => {
    const rule = rules[at];
    if (rule === undefined) return undefined;
    const { count, window } = rule;
    const taken = counters.of(conf).take(`${owner}:${rule.key}`, { count, window }, 1);
    if (!(taken instanceof Promise)) return settle(rule, taken) ?? next(at + 1);
    return taken.then(
      (result) => settle(rule, result) ?? next(at + 1),
      (error: unknown) => {
        services.log("error", "failed to limit count", { reason: reasonOf(error) });
        if (!conf.allow_degradation) {
          return { status: 500, body: { error_msg: "failed to limit count" } };
        }
        return next(at + 1);
      },
    );
  };
  return next(0);
}

/** Rules whose key has no value do not apply; that none applies is a problem, as it was. */
function rulesOf(conf: LimitCountConf, ctx: RequestContext): Rule[] | { readonly problem: string } {
  if (conf.rules === undefined) {
    const key = limitKey(ctx, conf.key, conf.key_type);
    const rule = ruleOf(ctx, conf.count ?? 0, conf.time_window ?? 0, key, undefined);
    return "problem" in rule ? rule : [rule];
  }
  const rules: Rule[] = [];
  for (const [index, { count, time_window: window, key, header_prefix }] of conf.rules.entries()) {
    const resolved = ctx.resolveCounted(key);
    if (resolved.count === 0) continue;
    // Rules whose keys come to the same text must not share a count.
    const own = `${index}:${resolved.text}`;
    const rule = ruleOf(ctx, count, window, own, header_prefix ?? index + 1);
    if ("problem" in rule) return rule;
    rules.push(rule);
  }
  return rules.length === 0 ? { problem: "no rule applies" } : rules;
}

function ruleOf(
  ctx: RequestContext,
  givenCount: Amount,
  givenWindow: Amount,
  key: string,
  prefix: Rule["prefix"],
): Rule | { readonly problem: string } {
  const count = resolveAmount(ctx, givenCount, 1);
  if ("problem" in count) return count;
  const window = resolveAmount(ctx, givenWindow, 1);
  if ("problem" in window) return window;
  return { count: count.amount, window: window.amount, key, prefix };
}

function tell(
  { response }: RequestContext,
  names: ReturnType<typeof quotaHeaders>,
  rule: Rule,
  { remaining, resetSeconds }: Count,
): void {
  response.setHeader(names.limit, rule.count);
  response.setHeader(names.remaining, remaining);
  response.setHeader(names.reset, Math.floor(resetSeconds * 100) / 100);
}

function refusal({ rejected_code: status, rejected_msg: message }: LimitCountConf): PhaseResult {
  return message === undefined ? { status } : { status, body: { error_msg: message } };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
