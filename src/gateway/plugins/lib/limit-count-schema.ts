/** Schemas of `limit-count` (apisix/plugins/limit-count/init.lua). */
import type { JsonObject } from "../../../core/documents.ts";
import { isJsonObject } from "../../../lib/json.ts";
import { QUOTA_HEADER_NAMES } from "./quota-headers.ts";
import { byPolicy, REDIS, REDIS_CLUSTER, REDIS_SENTINEL } from "./redis-schema.ts";

const AMOUNT: JsonObject = {
  oneOf: [{ type: "integer", exclusiveMinimum: 0 }, { type: "string" }],
};

const POLICIES: Readonly<Record<string, JsonObject>> = {
  redis: REDIS,
  "redis-cluster": REDIS_CLUSTER,
  "redis-sentinel": REDIS_SENTINEL,
};

const PROPERTIES: JsonObject = {
  count: AMOUNT,
  time_window: AMOUNT,
  window_type: { type: "string", enum: ["fixed", "sliding"], default: "fixed" },
  rules: {
    type: "array",
    items: {
      type: "object",
      properties: {
        count: AMOUNT,
        time_window: AMOUNT,
        key: { type: "string" },
        header_prefix: { type: "string", description: "prefix for rate limit headers" },
      },
      required: ["count", "time_window", "key"],
    },
  },
  group: { type: "string" },
  key: { type: "string", default: "remote_addr" },
  key_type: { type: "string", enum: ["var", "var_combination", "constant"], default: "var" },
  rejected_code: { type: "integer", minimum: 200, maximum: 599, default: 503 },
  rejected_msg: { type: "string", minLength: 1 },
  policy: {
    type: "string",
    enum: ["local", "redis", "redis-cluster", "redis-sentinel"],
    default: "local",
  },
  allow_degradation: { type: "boolean", default: false },
  show_limit_quota_header: { type: "boolean", default: true },
  sync_interval: { type: "number", default: -1 },
};

export const LIMIT_COUNT_SCHEMA: JsonObject = {
  type: "object",
  properties: PROPERTIES,
  oneOf: [{ required: ["count", "time_window"] }, { required: ["rules"] }],
  ...byPolicy(POLICIES),
};

const name = (member: keyof typeof QUOTA_HEADER_NAMES): JsonObject => ({
  type: "string",
  default: QUOTA_HEADER_NAMES[member],
});

export const LIMIT_COUNT_METADATA: JsonObject = {
  type: "object",
  properties: {
    limit_header: name("limit_header"),
    remaining_header: name("remaining_header"),
    reset_header: name("reset_header"),
  },
};

/** Members that a configuration of this policy may have. */
export function schemaFields(policy: string): string[] {
  const more = POLICIES[policy]?.["properties"];
  return [...Object.keys(PROPERTIES), ...(isJsonObject(more) ? Object.keys(more) : [])];
}
