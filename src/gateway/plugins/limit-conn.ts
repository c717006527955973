/** `limit-conn`: so many requests per key at the same time. */
import type { JsonObject } from "../../core/documents.ts";
import type { PhaseResult, Plugin, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { ConfSlots } from "./lib/conf-slots.ts";
import { ConnectionCounts } from "./lib/connection-counts.ts";
import { type Amount, type KeyType, limitKey, resolveAmount } from "./lib/limit-key.ts";
import { pause } from "./lib/pause.ts";
import { byPolicy, REDIS, REDIS_CLUSTER, type RedisConf } from "./lib/redis-schema.ts";
import { adapt, connectionDelay } from "./lib/unit-delay.ts";

type RuleConf = { readonly conn: Amount; readonly burst: Amount; readonly key: string };

export type LimitConnConf = RedisConf &
  Partial<RuleConf> & {
    /** seconds */
    readonly default_conn_delay: number;
    readonly only_use_default_delay: boolean;
    readonly key_type: KeyType;
    readonly rejected_code: number;
    readonly rejected_msg?: string;
    readonly allow_degradation: boolean;
    readonly rules?: readonly RuleConf[];
    /** seconds for which a request counts at most: only in Redis */
    readonly key_ttl?: number;
  };

const CONN: JsonObject = { oneOf: [{ type: "integer", exclusiveMinimum: 0 }, { type: "string" }] };
const BURST: JsonObject = { oneOf: [{ type: "integer", minimum: 0 }, { type: "string" }] };
const DELAY_SECONDS_MIN = 0.001;

function withKeyTtl(schema: JsonObject): JsonObject {
  const properties = schema["properties"] as JsonObject;
  return {
    ...schema,
    properties: { ...properties, key_ttl: { type: "integer", default: 3600 } },
  };
}

export const limitConn: Plugin<LimitConnConf> = {
  name: "limit-conn",
  version: 0.1,
  priority: 1003,
  schema: {
    type: "object",
    properties: {
      conn: CONN,
      burst: BURST,
      default_conn_delay: { type: "number", exclusiveMinimum: 0 },
      only_use_default_delay: { type: "boolean", default: false },
      key: { type: "string" },
      key_type: { type: "string", enum: ["var", "var_combination"], default: "var" },
      policy: { type: "string", enum: ["redis", "redis-cluster", "local"], default: "local" },
      rejected_code: { type: "integer", minimum: 200, maximum: 599, default: 503 },
      rejected_msg: { type: "string", minLength: 1 },
      allow_degradation: { type: "boolean", default: false },
      rules: {
        type: "array",
        items: {
          type: "object",
          properties: { conn: CONN, burst: BURST, key: { type: "string" } },
          required: ["conn", "burst", "key"],
        },
      },
    },
    oneOf: [
      { required: ["conn", "burst", "default_conn_delay", "key"] },
      { required: ["default_conn_delay", "rules"] },
    ],
    ...byPolicy({ redis: withKeyTtl(REDIS), "redis-cluster": withKeyTtl(REDIS_CLUSTER) }),
  },
  encryptFields: ["redis_password"],
  create: (services) => {
    const counts = new ConnectionCounts(services);
    const held = new ConfSlots<LimitConnConf, readonly Held[]>("limit-conn");
    const delays = new WeakMap<LimitConnConf, number>();
    return {
      access: (conf, ctx) => {
        const rules = rulesOf(conf, ctx);
        if (rules.length === 0) {
          services.log("error", "failed to get limit conn rules", { route: ctx.route?.id });
          return conf.allow_degradation ? undefined : { status: 500 };
        }
        const hold = (one: Held): void => {
          held.set(conf, ctx, [...(held.get(conf, ctx) ?? []), one]);
        };
        const unit = (): number => delays.get(conf) ?? conf.default_conn_delay;
        return enter({ conf, ctx, services, counts, hold, unit }, rules);
      },
      log: (conf, ctx) => {
        const places = held.get(conf, ctx) ?? [];
        held.set(conf, ctx, []);
        for (const { release, delaySeconds } of places) {
          release();
          if (conf.only_use_default_delay) continue;
          const unit = delays.get(conf) ?? conf.default_conn_delay;
          delays.set(conf, adapt(unit, latencyOf(ctx, delaySeconds, services.now())));
        }
      },
      stop: () => counts.stop(),
    };
  },
};

/** A place that a request has taken. */
type Held = { readonly release: () => void; readonly delaySeconds: number };
type Rule = { readonly conn: number; readonly burst: number; readonly key: string };
type Entry = {
  readonly conf: LimitConnConf;
  readonly ctx: RequestContext;
  readonly services: PluginServices;
  readonly counts: ConnectionCounts;
  readonly hold: (held: Held) => void;
  /** seconds */
  readonly unit: () => number;
};

function rulesOf(conf: LimitConnConf, ctx: RequestContext): Rule[] {
  if (conf.rules === undefined) {
    const key = limitKey(ctx, conf.key ?? "", conf.key_type);
    return ruleOf(ctx, conf.conn ?? 0, conf.burst ?? 0, key);
  }
  return conf.rules.flatMap(({ conn, burst, key }, index) => {
    const resolved = ctx.resolveCounted(key);
    return resolved.count === 0 ? [] : ruleOf(ctx, conn, burst, `${index}:${resolved.text}`);
  });
}

/** Empty when a limit comes to nothing that can be counted to. */
function ruleOf(ctx: RequestContext, givenConn: Amount, givenBurst: Amount, key: string): Rule[] {
  const conn = resolveAmount(ctx, givenConn, 1);
  const burst = resolveAmount(ctx, givenBurst, 0);
  if ("problem" in conn || "problem" in burst) return [];
  return [{ conn: conn.amount, burst: burst.amount, key }];
}

/** One rule after the other; those that were entered are left in the log phase. */
function enter(entry: Entry, rules: readonly Rule[], at = 0): PhaseResult | Promise<PhaseResult> {
  const rule = rules[at];
  if (rule === undefined) return undefined;
  const { conf, services, counts } = entry;
  const key = `${services.identify(conf)}:${rule.key}`;
  const next = (result: PhaseResult | Promise<PhaseResult>) => {
    if (result instanceof Promise) return result.then((one) => one ?? enter(entry, rules, at + 1));
    return result ?? enter(entry, rules, at + 1);
  };
  const entered = counts.enter(conf, key, rule.conn + rule.burst);
  if (!(entered instanceof Promise)) return next(settle(entry, rule, entered));
  return entered.then(
    (one) => next(settle(entry, rule, one)),
    (error: unknown) => next(degrade(entry, error)),
  );
}

type Entered = ReturnType<ConnectionCounts["enter"]>;

function settle(
  { conf, ctx, hold, unit }: Entry,
  rule: Rule,
  entered: Exclude<Entered, Promise<unknown>>,
): PhaseResult | Promise<PhaseResult> {
  if (entered === undefined) {
    const { rejected_code: status, rejected_msg: message } = conf;
    return message === undefined ? { status } : { status, body: { error_msg: message } };
  }
  const delaySeconds = connectionDelay(entered.count, rule.conn, unit());
  if (ctx.isOver) {
    // The client has gone meanwhile: nothing else would give the place back.
    entered.release();
    return undefined;
  }
  hold({ release: entered.release, delaySeconds });
  if (delaySeconds < DELAY_SECONDS_MIN) return undefined;
  return pause(delaySeconds * 1000).then(() => undefined);
}

function degrade({ conf, services }: Entry, error: unknown): PhaseResult {
  const reason = error instanceof Error ? error.message : String(error);
  services.log("error", "failed to limit conn", { reason });
  return conf.allow_degradation ? undefined : { status: 500 };
}

/** Seconds that the request took, without the wait for its turn. */
function latencyOf(ctx: RequestContext, delaySeconds: number, now: number): number {
  const upstreamMs = ctx.attempts.at(-1)?.responseMs;
  if (upstreamMs !== undefined) return upstreamMs / 1000;
  return Math.max((now - ctx.startedAt) / 1000 - delaySeconds, 0);
}
