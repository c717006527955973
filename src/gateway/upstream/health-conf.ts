/** `checks` of an upstream with the original's defaults (apisix-gateway.md 9). */
import type { Json, JsonObject } from "../../core/documents.ts";
import { isJsonObject } from "../../lib/json.ts";

export type Thresholds = {
  readonly statuses: ReadonlySet<number>;
  /** 0: never reached */
  readonly successes: number;
};

export type FailureThresholds = {
  readonly statuses: ReadonlySet<number>;
  readonly httpFailures: number;
  readonly tcpFailures: number;
  readonly timeouts: number;
};

export type HealthConf = {
  readonly active: {
    readonly type: string;
    readonly timeoutMs: number;
    readonly concurrency: number;
    readonly host: string | undefined;
    readonly port: number | undefined;
    readonly path: string;
    readonly method: string;
    readonly body: string;
    readonly headers: readonly string[];
    readonly verifies: boolean;
    /** 0: not checked in this state */
    readonly healthyMs: number;
    readonly unhealthyMs: number;
    readonly healthy: Thresholds;
    readonly unhealthy: FailureThresholds;
  };
  readonly passive:
    | { readonly healthy: Thresholds; readonly unhealthy: FailureThresholds }
    | undefined;
};

const FAILING = [429, 404, 500, 501, 502, 503, 504, 505];
const PASSING = [
  200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308,
];

export function parseHealth(checks: JsonObject): HealthConf {
  const active = member(checks, "active");
  const healthy = member(active, "healthy");
  const unhealthy = member(active, "unhealthy");
  const { host, port, req_headers: headers } = active;
  return {
    active: {
      type: String(active["type"] ?? "http"),
      timeoutMs: number(active["timeout"], 1) * 1000,
      concurrency: number(active["concurrency"], 10),
      host: typeof host === "string" ? host : undefined,
      port: typeof port === "number" ? port : undefined,
      path: String(active["http_path"] ?? "/"),
      method: String(active["http_method"] ?? "GET"),
      body: String(active["http_req_body"] ?? ""),
      headers: Array.isArray(headers) ? headers.map(String) : [],
      verifies: active["https_verify_certificate"] !== false,
      healthyMs: number(healthy["interval"], 1) * 1000,
      unhealthyMs: number(unhealthy["interval"], 1) * 1000,
      healthy: {
        statuses: statuses(healthy, [200, 302]),
        successes: number(healthy["successes"], 2),
      },
      unhealthy: failures(unhealthy, FAILING, { http: 5, tcp: 2, timeouts: 3 }),
    },
    passive: isJsonObject(checks["passive"]) ? parsePassive(member(checks, "passive")) : undefined,
  };
}

function parsePassive(passive: JsonObject): HealthConf["passive"] {
  const healthy = member(passive, "healthy");
  return {
    healthy: { statuses: statuses(healthy, PASSING), successes: number(healthy["successes"], 5) },
    unhealthy: failures(member(passive, "unhealthy"), [429, 500, 503], {
      http: 5,
      tcp: 2,
      timeouts: 7,
    }),
  };
}

function failures(
  conf: JsonObject,
  defaults: readonly number[],
  limits: { readonly http: number; readonly tcp: number; readonly timeouts: number },
): FailureThresholds {
  return {
    statuses: statuses(conf, defaults),
    httpFailures: number(conf["http_failures"], limits.http),
    tcpFailures: number(conf["tcp_failures"], limits.tcp),
    timeouts: number(conf["timeouts"], limits.timeouts),
  };
}

function statuses(conf: JsonObject, defaults: readonly number[]): ReadonlySet<number> {
  const list = conf["http_statuses"];
  return new Set(Array.isArray(list) ? list.map(Number) : defaults);
}

function member(conf: JsonObject, name: string): JsonObject {
  const value = conf[name];
  return isJsonObject(value) ? (value as JsonObject) : {};
}

function number(value: Json | undefined, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
