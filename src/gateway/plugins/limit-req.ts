/** `limit-req`: so many requests per second and key; a burst is slowed down, more is refused. */
import { LRUCache } from "lru-cache";
import { lazily } from "../../lib/lazily.ts";
import type { PhaseResult, Plugin, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { drip, type LeakyBucket, type Pace } from "./lib/leaky-bucket.ts";
import { type KeyType, limitKey } from "./lib/limit-key.ts";
import { LOCAL_COUNTERS_MAX } from "./lib/local-counter.ts";
import { pause } from "./lib/pause.ts";
import { dripInRedis } from "./lib/redis-bucket.ts";
import { RedisClients } from "./lib/redis-clients.ts";
import { byPolicy, REDIS, REDIS_CLUSTER, type RedisConf } from "./lib/redis-schema.ts";

export type LimitReqConf = RedisConf & {
  /** requests per second */
  readonly rate: number;
  readonly burst: number;
  readonly key: string;
  readonly key_type: KeyType;
  readonly rejected_code: number;
  readonly rejected_msg?: string;
  readonly nodelay: boolean;
  readonly allow_degradation: boolean;
};

/** Shorter delays are none. */
const DELAY_SECONDS_MIN = 0.001;

export const limitReq: Plugin<LimitReqConf> = {
  name: "limit-req",
  version: 0.1,
  priority: 1001,
  schema: {
    type: "object",
    properties: {
      rate: { type: "number", exclusiveMinimum: 0 },
      burst: { type: "number", minimum: 0 },
      key: { type: "string" },
      key_type: { type: "string", enum: ["var", "var_combination"], default: "var" },
      policy: { type: "string", enum: ["redis", "redis-cluster", "local"], default: "local" },
      rejected_code: { type: "integer", minimum: 200, maximum: 599, default: 503 },
      rejected_msg: { type: "string", minLength: 1 },
      nodelay: { type: "boolean", default: false },
      allow_degradation: { type: "boolean", default: false },
    },
    required: ["rate", "burst", "key"],
    ...byPolicy({ redis: REDIS, "redis-cluster": REDIS_CLUSTER }),
  },
  encryptFields: ["redis_password"],
  create: (services) => {
    const buckets = lazily(() => new LRUCache<string, LeakyBucket>({ max: LOCAL_COUNTERS_MAX }));
    const clients = new RedisClients(services.log);
    const takeLocally = (key: string, conf: LimitReqConf): Pace => {
      const { after, pace } = drip(buckets().get(key), conf, services.now());
      if (after !== undefined) buckets().set(key, after);
      return pace;
    };
    return {
      access: (conf, ctx) => {
        const key = `${services.identify(conf)}:${limitKey(ctx, conf.key, conf.key_type)}`;
        if (conf.policy === "local") return settle(conf, takeLocally(key, conf));
        return dripInRedis(clients, conf, key, services.now()).then(
          (pace) => settle(conf, pace),
          (error: unknown) => degrade(conf, ctx, services, error),
        );
      },
      stop: () => clients.stop(),
    };
  },
};

function settle(conf: LimitReqConf, pace: Pace): PhaseResult | Promise<PhaseResult> {
  if (!pace.isAllowed) {
    const { rejected_code: status, rejected_msg: message } = conf;
    return message === undefined ? { status } : { status, body: { error_msg: message } };
  }
  if (conf.nodelay || pace.delaySeconds < DELAY_SECONDS_MIN) return undefined;
  return pause(pace.delaySeconds * 1000).then(() => undefined);
}

function degrade(
  conf: LimitReqConf,
  ctx: RequestContext,
  { log }: PluginServices,
  error: unknown,
): PhaseResult {
  const reason = error instanceof Error ? error.message : String(error);
  log("error", "failed to limit req", { reason, route: ctx.route?.id });
  return conf.allow_degradation ? undefined : { status: 500 };
}
