/** Schema of `proxy-cache` (apisix/plugins/proxy-cache/init.lua). */
import type { JsonObject } from "../../../core/documents.ts";

const PART = "(^[^\\$].+$|^\\$[0-9a-zA-Z_]+$)";
const HELD_BYTES = 67_108_864;

export const PROXY_CACHE_SCHEMA: JsonObject = {
  type: "object",
  properties: {
    max_resp_body_size: {
      type: "integer",
      minimum: 1,
      default: HELD_BYTES,
      description:
        "maximum response body size in bytes buffered into memory by the memory cache strategy; " +
        "larger responses are streamed through without being cached",
    },
    cache_zone: { type: "string", minLength: 1, maxLength: 100, default: "disk_cache_one" },
    cache_strategy: { type: "string", enum: ["disk", "memory"], default: "disk" },
    cache_key: {
      type: "array",
      minItems: 1,
      items: { description: "a key for caching", type: "string", pattern: PART },
      default: ["$host", "$request_uri"],
    },
    cache_http_status: {
      type: "array",
      minItems: 1,
      items: { description: "http response status", type: "integer", minimum: 200, maximum: 599 },
      uniqueItems: true,
      default: [200, 301, 404],
    },
    cache_method: {
      type: "array",
      minItems: 1,
      items: {
        description: "supported http method",
        type: "string",
        enum: ["GET", "POST", "HEAD"],
      },
      uniqueItems: true,
      default: ["GET", "HEAD"],
    },
    hide_cache_headers: { type: "boolean", default: false },
    cache_control: { type: "boolean", default: false },
    cache_bypass: { type: "array", minItems: 1, items: { type: "string", pattern: PART } },
    no_cache: { type: "array", minItems: 1, items: { type: "string", pattern: PART } },
    cache_ttl: { type: "integer", minimum: 1, default: 300 },
    consumer_isolation: { type: "boolean", default: true },
    cache_set_cookie: { type: "boolean", default: false },
  },
};
