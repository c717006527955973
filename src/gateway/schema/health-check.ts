/** Schema of an upstream's health checks (apisix/schema_def.lua). */
import type { JsonObject } from "../../core/documents.ts";
import { HOST, METHODS, requiring } from "./common.ts";

const TYPE: JsonObject = { type: "string", enum: ["http", "https", "tcp"], default: "http" };
const INTERVAL: JsonObject = { type: "integer", minimum: 1, default: 1 };

function statuses(...codes: number[]): JsonObject {
  return {
    type: "array",
    minItems: 1,
    items: { type: "integer", minimum: 200, maximum: 599 },
    uniqueItems: true,
    default: codes,
  };
}

/** Checks until a node changes its state. */
function count(minimum: number, initial: number): JsonObject {
  return { type: "integer", minimum, maximum: 254, default: initial };
}

function object(properties: JsonObject): JsonObject {
  return { type: "object", properties };
}

export const HEALTH_CHECKER_ACTIVE = object({
  type: TYPE,
  timeout: { type: "number", default: 1 },
  concurrency: { type: "integer", default: 10 },
  host: HOST,
  port: { type: "integer", minimum: 1, maximum: 65_535 },
  http_method: { type: "string", enum: METHODS, default: "GET" },
  http_path: { type: "string", default: "/" },
  http_req_body: { type: "string", default: "" },
  https_verify_certificate: { type: "boolean", default: true },
  healthy: object({
    interval: INTERVAL,
    http_statuses: statuses(200, 302),
    successes: count(1, 2),
  }),
  unhealthy: object({
    interval: INTERVAL,
    http_statuses: statuses(429, 404, 500, 501, 502, 503, 504, 505),
    http_failures: count(1, 5),
    tcp_failures: count(1, 2),
    timeouts: count(1, 3),
  }),
  req_headers: { type: "array", minItems: 1, items: { type: "string", uniqueItems: true } },
});

const GOOD = [200, 201, 202, 203, 204, 205, 206, 207, 208, 226];
const MOVED = [300, 301, 302, 303, 304, 305, 306, 307, 308];

export const HEALTH_CHECKER_PASSIVE = object({
  type: TYPE,
  healthy: object({ http_statuses: statuses(...GOOD, ...MOVED), successes: count(0, 5) }),
  unhealthy: object({
    http_statuses: statuses(429, 500, 503),
    tcp_failures: count(0, 2),
    timeouts: count(0, 7),
    http_failures: count(0, 5),
  }),
});

export const HEALTH_CHECKER: JsonObject = {
  ...object({ active: HEALTH_CHECKER_ACTIVE, passive: HEALTH_CHECKER_PASSIVE }),
  anyOf: requiring(["active"], ["active", "passive"]),
};
