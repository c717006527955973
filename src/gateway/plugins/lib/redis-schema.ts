/** What the configurations of counters say of Redis (apisix/utils/redis-schema.lua). */
import type { JsonObject } from "../../../core/documents.ts";

export type RedisConf = {
  readonly policy: "local" | "redis" | "redis-cluster" | "redis-sentinel";
  readonly redis_host?: string;
  readonly redis_port?: number;
  readonly redis_username?: string;
  readonly redis_password?: string;
  readonly redis_database?: number;
  /** milliseconds */
  readonly redis_timeout?: number;
  readonly redis_ssl?: boolean;
  readonly redis_ssl_verify?: boolean;
  readonly redis_cluster_nodes?: readonly string[];
  readonly redis_cluster_name?: string;
  readonly redis_cluster_ssl?: boolean;
  readonly redis_cluster_ssl_verify?: boolean;
  readonly redis_sentinels?: readonly { readonly host: string; readonly port: number }[];
  readonly redis_master_name?: string;
  readonly redis_role?: "master" | "slave";
  /** milliseconds */
  readonly redis_connect_timeout?: number;
  readonly redis_read_timeout?: number;
  readonly sentinel_username?: string;
  readonly sentinel_password?: string;
  /** milliseconds after which an idle connection is closed */
  readonly redis_keepalive_timeout?: number;
};

const TEXT: JsonObject = { type: "string", minLength: 1 };
const PASSWORD: JsonObject = { type: "string", minLength: 0 };
const FLAG: JsonObject = { type: "boolean", default: false };
const TIMEOUT: JsonObject = { type: "integer", minimum: 1, default: 1000 };
const DATABASE: JsonObject = { type: "integer", minimum: 0, default: 0 };
const KEEPALIVE: JsonObject = {
  redis_keepalive_timeout: { type: "integer", minimum: 1000, default: 10_000 },
  redis_keepalive_pool: { type: "integer", minimum: 1, default: 100 },
};

export const REDIS: JsonObject = {
  properties: {
    redis_host: { type: "string", minLength: 2 },
    redis_port: { type: "integer", minimum: 1, default: 6379 },
    redis_username: TEXT,
    redis_password: PASSWORD,
    redis_database: DATABASE,
    redis_timeout: TIMEOUT,
    redis_ssl: FLAG,
    redis_ssl_verify: FLAG,
    ...KEEPALIVE,
  },
  required: ["redis_host"],
};

export const REDIS_CLUSTER: JsonObject = {
  properties: {
    redis_cluster_nodes: {
      type: "array",
      minItems: 1,
      items: { type: "string", minLength: 2, maxLength: 100 },
    },
    redis_password: PASSWORD,
    redis_timeout: TIMEOUT,
    redis_cluster_name: { type: "string" },
    redis_cluster_ssl: FLAG,
    redis_cluster_ssl_verify: FLAG,
    ...KEEPALIVE,
  },
  required: ["redis_cluster_nodes", "redis_cluster_name"],
};

export const REDIS_SENTINEL: JsonObject = {
  properties: {
    redis_sentinels: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        properties: {
          host: { type: "string", minLength: 2 },
          port: { type: "integer", minimum: 1, maximum: 65_535 },
        },
        required: ["host", "port"],
        additionalProperties: false,
      },
    },
    redis_master_name: TEXT,
    redis_role: { type: "string", enum: ["master", "slave"], default: "master" },
    redis_connect_timeout: TIMEOUT,
    redis_read_timeout: TIMEOUT,
    redis_keepalive_timeout: { type: "integer", minimum: 1, default: 60_000 },
    redis_database: DATABASE,
    redis_username: TEXT,
    redis_password: PASSWORD,
    sentinel_username: TEXT,
    sentinel_password: PASSWORD,
  },
  required: ["redis_sentinels", "redis_master_name"],
};

/** A schema that demands more where `policy` is one of these: `{ redis: REDIS, … }`. */
export function byPolicy(policies: Readonly<Record<string, JsonObject>>): JsonObject {
  return Object.entries(policies).reduceRight<JsonObject>(
    (otherwise, [name, schema]) => ({
      if: { properties: { policy: { enum: [name] } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schemas
      then: schema,
      ...(Object.keys(otherwise).length === 0 ? {} : { else: otherwise }),
    }),
    {},
  );
}
