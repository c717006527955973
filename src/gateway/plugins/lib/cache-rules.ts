/**
 * When an answer may come from the cache and when it is stored: the memory strategy of the original
 * (proxy-cache/memory_handler.lua), and what nginx does for its strategy on disk.
 */
import type { HeaderList } from "../../header-list.ts";
import type { RequestContext } from "../../request-context.ts";
import { asText } from "../../template.ts";
import {
  forbidsStoring,
  lifetime,
  parseDirectives,
  parseVary,
  secondsOf,
} from "./cache-control.ts";
import type { StoredHead } from "./cache-zone.ts";

export type CacheStatus = "HIT" | "MISS" | "EXPIRED" | "STALE" | "BYPASS";

export type CacheConf = {
  readonly max_resp_body_size: number;
  readonly cache_zone: string;
  readonly cache_strategy: "disk" | "memory";
  readonly cache_key: readonly string[];
  readonly cache_http_status: readonly number[];
  readonly cache_method: readonly string[];
  readonly hide_cache_headers: boolean;
  /** Whether the client's `Cache-Control` counts, and the answer's decides how long it is kept. */
  readonly cache_control: boolean;
  readonly cache_bypass?: readonly string[];
  readonly no_cache?: readonly string[];
  /** seconds */
  readonly cache_ttl: number;
  readonly consumer_isolation: boolean;
  readonly cache_set_cookie: boolean;
};

export type CacheRules = {
  /** Why the cache is not asked; undefined: it is. */
  readonly passes: (conf: CacheConf, ctx: RequestContext) => "MISS" | "BYPASS" | undefined;
  /** Of what was found, at this time (ms epoch). */
  readonly judge: (
    conf: CacheConf,
    ctx: RequestContext,
    found: StoredHead | undefined,
    now: number,
  ) => CacheStatus;
  /** Seconds for which the answer is to be kept; undefined: it is not to be stored. */
  readonly keeps: (conf: CacheConf, ctx: RequestContext, times: Times) => number | undefined;
  /** What passed by the cache is stored nevertheless. */
  readonly storesBypassed: boolean;
};

export type Times = { readonly now: number; readonly defaultTtl: number };

export const MEMORY_RULES: CacheRules = {
  passes: (conf, ctx) => {
    if (!conf.cache_method.includes(ctx.request.method)) return "MISS";
    if (isSet(conf.cache_bypass, ctx)) return "BYPASS";
    const directives = requestDirectives(ctx);
    const wantsNew = directives.has("no-store") || directives.has("no-cache");
    return conf.cache_control && wantsNew ? "BYPASS" : undefined;
  },
  judge: (conf, ctx, found, now) => {
    if (found === undefined) return "MISS";
    const age = (now - found.storedAt) / 1000;
    if (age >= found.ttl) return "EXPIRED";
    if (!conf.cache_control) return "HIT";
    const directives = requestDirectives(ctx);
    const maxAge = secondsOf(directives, "max-age");
    const minFresh = secondsOf(directives, "min-fresh");
    const isTooOld = maxAge !== undefined && age > maxAge;
    const isTooShort = minFresh !== undefined && found.ttl - age < minFresh;
    return isTooOld || isTooShort ? "STALE" : "HIT";
  },
  keeps: (conf, ctx, { now }) => {
    const { headers, source } = ctx.response;
    if (source === "gateway" || !matches(conf, ctx)) return undefined;
    if (forbidsStoring(headers)) return undefined;
    if (!conf.cache_set_cookie && headers.has("Set-Cookie")) return undefined;
    if (!conf.cache_control) return conf.cache_ttl;
    return positive(lifetime(headers, now));
  },
  storesBypassed: false,
};

export const DISK_RULES: CacheRules = {
  passes: (conf, ctx) => {
    if (isSet(conf.cache_bypass, ctx)) return "BYPASS";
    return conf.cache_method.includes(ctx.request.method) ? undefined : "BYPASS";
  },
  judge: (_conf, _ctx, found, now) => {
    if (found === undefined) return "MISS";
    return (now - found.storedAt) / 1000 >= found.ttl ? "EXPIRED" : "HIT";
  },
  keeps: (conf, ctx, { now, defaultTtl }) => {
    const { headers, source } = ctx.response;
    if (source !== "upstream" || !matches(conf, ctx) || headers.has("Set-Cookie")) return undefined;
    const accel = accelExpires(headers, now);
    if (accel !== undefined) return positive(accel);
    return forbidsStoring(headers) ? undefined : positive(lifetime(headers, now) ?? defaultTtl);
  },
  storesBypassed: true,
};

function positive(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds > 0 ? seconds : undefined;
}

/** A HEAD has no body to give to others, and a part of a body is none. */
function matches(conf: CacheConf, ctx: RequestContext): boolean {
  const { status, headers } = ctx.response;
  const { method } = ctx.request;
  if (ctx.request.head.method === "HEAD" || status === 206 || status === 304) return false;
  if (!conf.cache_method.includes(method) || !conf.cache_http_status.includes(status)) return false;
  return !isSet(conf.no_cache, ctx) && parseVary(headers.getAll("Vary")) !== undefined;
}

/** nginx's own header: seconds, or "@" and the second (epoch) of the end. */
function accelExpires(headers: HeaderList, now: number): number | undefined {
  const [, at, digits] = /^(@?)(\d+)$/.exec(headers.get("X-Accel-Expires") ?? "") ?? [];
  if (digits === undefined) return undefined;
  return at === "@" ? Number(digits) - now / 1000 : Number(digits);
}

export function requestDirectives(ctx: RequestContext): ReturnType<typeof parseDirectives> {
  return parseDirectives(ctx.request.headers.getAll("Cache-Control"));
}

/** As nginx: neither empty nor "0". */
function isSet(parts: readonly string[] | undefined, ctx: RequestContext): boolean {
  if (parts === undefined) return false;
  const value = joinParts(parts, ctx);
  return value !== "" && value !== "0";
}

function joinParts(parts: readonly string[], ctx: RequestContext): string {
  return parts.map((part) => (part.startsWith("$") ? variable(ctx, part.slice(1)) : part)).join("");
}

function variable(ctx: RequestContext, name: string): string {
  const value = ctx.var(name);
  return value === undefined ? "" : asText(value);
}

/** Parts that tell who asks: with one of them, consumers are apart already. */
const IDENTITIES = new Set([
  "$consumer_name",
  "$consumer_group_id",
  "$remote_user",
  "$http_authorization",
]);

/** What answers are found by; each consumer has answers of its own, unless this is turned off. */
export function cacheKey(conf: CacheConf, ctx: RequestContext): string {
  const key = joinParts(conf.cache_key, ctx);
  if (!conf.consumer_isolation || conf.cache_key.some((part) => IDENTITIES.has(part))) return key;
  const identity = ctx.consumer?.username ?? variable(ctx, "remote_user");
  return identity === "" ? key : `${identity}\u0001${key}`;
}
