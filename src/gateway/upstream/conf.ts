/** Upstream documents as they are used (apisix-gateway.md 9): times in ms, nodes in one form. */
import { isIP } from "node:net";
import type { Json, JsonObject } from "../../core/documents.ts";
import { isJsonObject } from "../../lib/json.ts";

export type Node = {
  /** As configured: a name is resolved to addresses before use. */
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly priority: number;
  /** The configured name of a resolved node, for `pass_host: node` and TLS. */
  readonly domain: string | undefined;
};

export type Timeouts = {
  readonly connectMs: number;
  readonly sendMs: number;
  readonly readMs: number;
};

export type UpstreamConf = {
  readonly type: string;
  readonly scheme: string;
  readonly nodes: readonly Node[];
  /** Undefined: one less than there are nodes. */
  readonly retries: number | undefined;
  /** 0: none */
  readonly retryTimeoutMs: number;
  readonly timeouts: Timeouts;
  readonly passHost: "pass" | "node" | "rewrite";
  readonly upstreamHost: string | undefined;
  readonly hashOn: string;
  readonly key: string | undefined;
  readonly pool: { readonly size: number; readonly idleMs: number; readonly requests: number };
  readonly tls: JsonObject | undefined;
  readonly checks: JsonObject | undefined;
  /** Name of a service that DNS knows, with a port or as an SRV record. */
  readonly discovery: string | undefined;
  readonly raw: JsonObject;
};

/** nginx's */
const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 60_000, sendMs: 60_000, readMs: 60_000 };

export function parseUpstream(raw: JsonObject): UpstreamConf {
  const scheme = text(raw["scheme"]) ?? "http";
  const passHost = text(raw["pass_host"]);
  return {
    raw,
    scheme,
    type: text(raw["type"]) ?? "roundrobin",
    nodes: parseNodes(raw["nodes"], scheme),
    retries: number(raw["retries"]),
    retryTimeoutMs: (number(raw["retry_timeout"]) ?? 0) * 1000,
    timeouts: parseTimeouts(raw["timeout"], DEFAULT_TIMEOUTS),
    passHost: passHost === "node" || passHost === "rewrite" ? passHost : "pass",
    upstreamHost: text(raw["upstream_host"]),
    hashOn: text(raw["hash_on"]) ?? "vars",
    key: text(raw["key"]),
    pool: parsePool(raw["keepalive_pool"]),
    tls: isJsonObject(raw["tls"]) ? (raw["tls"] as JsonObject) : undefined,
    discovery: raw["discovery_type"] === "dns" ? text(raw["service_name"]) : undefined,
    checks: isJsonObject(raw["checks"]) ? (raw["checks"] as JsonObject) : undefined,
  };
}

/** Seconds of the document; what is missing comes from `base`. */
export function parseTimeouts(raw: Json | undefined, base: Timeouts): Timeouts {
  if (!isJsonObject(raw)) return base;
  const ms = (name: string, otherwise: number): number => {
    const seconds = number((raw as JsonObject)[name]);
    return seconds === undefined ? otherwise : Math.max(1, seconds * 1000);
  };
  return {
    connectMs: ms("connect", base.connectMs),
    sendMs: ms("send", base.sendMs),
    readMs: ms("read", base.readMs),
  };
}

export function defaultPort(scheme: string): number {
  return scheme === "https" || scheme === "grpcs" || scheme === "tls" ? 443 : 80;
}

function parseNodes(raw: Json | undefined, scheme: string): Node[] {
  if (Array.isArray(raw))
    return raw.flatMap((node) => (isJsonObject(node) ? [listed(node, scheme)] : []));
  if (!isJsonObject(raw)) return [];
  return Object.entries(raw as JsonObject).map(([address, weight]) => ({
    ...parseAddress(address, scheme),
    weight: number(weight) ?? 0,
    priority: 0,
    domain: undefined,
  }));
}

function listed(node: Record<string, unknown>, scheme: string): Node {
  return {
    host: unbracket(String(node["host"])),
    port: number(node["port"] as Json) ?? defaultPort(scheme),
    weight: number(node["weight"] as Json) ?? 1,
    priority: number(node["priority"] as Json) ?? 0,
    domain: undefined,
  };
}

/** "host", "host:port", "[::1]:80"; a bare IPv6 address has no port. */
export function parseAddress(address: string, scheme: string): { host: string; port: number } {
  const match = /^(.*?)(?::(\d+))?$/.exec(address);
  if (isIP(address) === 6 || match === null) return { host: address, port: defaultPort(scheme) };
  const [, host = "", port] = match;
  return { host: unbracket(host), port: port === undefined ? defaultPort(scheme) : Number(port) };
}

function unbracket(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

function parsePool(raw: Json | undefined): UpstreamConf["pool"] {
  const pool: JsonObject = isJsonObject(raw) ? (raw as JsonObject) : {};
  return {
    size: number(pool["size"]) ?? 320,
    idleMs: (number(pool["idle_timeout"]) ?? 60) * 1000,
    requests: number(pool["requests"]) ?? 1000,
  };
}

function text(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function number(value: Json | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}
