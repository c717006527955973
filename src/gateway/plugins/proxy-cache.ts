/** `proxy-cache`: keeps answers in memory or on disk, and gives them to whoever asks again. */
import type { JsonObject } from "../../core/documents.ts";
import { HeaderList, type HeaderValue } from "../header-list.ts";
import { hopByHopAnd } from "../hop-by-hop.ts";
import type { PhaseResult, Plugin, PluginExit, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { isUnmodified, parseVary, variantOf } from "./lib/cache-control.ts";
import {
  type CacheConf,
  type CacheRules,
  cacheKey,
  DISK_RULES,
  MEMORY_RULES,
  requestDirectives,
} from "./lib/cache-rules.ts";
import { PROXY_CACHE_SCHEMA } from "./lib/cache-schema.ts";
import { type CacheZone, type Entry, headersOf, type Recording } from "./lib/cache-zone.ts";
import { CacheZones, defaultTtl, readZones } from "./lib/cache-zones.ts";
import { ConfSlots } from "./lib/conf-slots.ts";

export type ProxyCacheConf = CacheConf;

const NAME = "proxy-cache";
const STATUS = "Apisix-Cache-Status";

export const proxyCache: Plugin<ProxyCacheConf> = {
  name: NAME,
  version: 0.2,
  priority: 1085,
  schema: PROXY_CACHE_SCHEMA,
  check: (conf, _kind, attributes) => {
    if (conf.cache_key.includes("$request_method")) {
      return "cache_key variable $request_method unsupported";
    }
    return zoneProblem(conf, attributes);
  },
  create: (services) => {
    const attributes = services.attributes(NAME);
    const zones = new CacheZones(readZones(attributes), services.log);
    const fetches = new ConfSlots<ProxyCacheConf, Fetch>(NAME);
    const times = { defaultTtl: defaultTtl(attributes) };
    return {
      access: (conf, ctx) => {
        const lookup = { conf, ctx, services, zone: zones.of(conf.cache_zone) };
        return answer(lookup, (fetch) => fetches.set(conf, ctx, fetch));
      },
      headerFilter: (conf, ctx) => {
        const fetch = fetches.get(conf, ctx);
        if (fetch !== undefined) record(fetch, conf, ctx, { ...times, now: services.now() });
        const isDone = conf.cache_strategy === "memory" && fetch === undefined;
        if (conf.hide_cache_headers && !isDone) {
          for (const name of LIFETIME_HEADERS) ctx.response.removeHeader(name);
        }
      },
      bodyFilter: (conf, ctx, chunk, isLast) => {
        const recording = fetches.get(conf, ctx)?.recording;
        if (recording === undefined) return chunk;
        if (chunk.length > 0) recording.write(chunk);
        if (isLast) recording.finish().catch((error: unknown) => warn(services, conf, error));
        return chunk;
      },
      // Whatever is still being stored then has no end.
      log: (conf, ctx) => fetches.get(conf, ctx)?.recording?.abort(),
    };
  },
};

const LIFETIME_HEADERS = ["Cache-Control", "Expires"];

function zoneProblem(conf: ProxyCacheConf, attributes: JsonObject): string | undefined {
  const zone = readZones(attributes).find(({ name }) => name === conf.cache_zone);
  if (zone === undefined) return `cache_zone ${conf.cache_zone} not found`;
  const isOnDisk = zone.folder !== undefined;
  if (isOnDisk === (conf.cache_strategy === "disk")) return undefined;
  return `invalid or empty cache_zone for cache_strategy: ${conf.cache_strategy}`;
}

/** A request that goes to the upstream, and whose answer may be stored. */
type Fetch = {
  readonly key: string;
  readonly zone: CacheZone;
  readonly rules: CacheRules;
  recording?: Recording;
};

type Lookup = {
  readonly conf: ProxyCacheConf;
  readonly ctx: RequestContext;
  readonly services: PluginServices;
  readonly zone: CacheZone | undefined;
};

function answer(lookup: Lookup, fetch: (fetch: Fetch) => void): PhaseResult | Promise<PhaseResult> {
  const { conf, ctx, services, zone } = lookup;
  const key = cacheKey(conf, ctx);
  const { request, response } = ctx;
  if (request.method === "PURGE") return { status: zone?.purge(key) === true ? 200 : 404 };
  const rules = conf.cache_strategy === "memory" ? MEMORY_RULES : DISK_RULES;
  const passed = rules.passes(conf, ctx);
  const goOn = (): undefined => {
    if (zone === undefined) return;
    if (passed === undefined || rules.storesBypassed) fetch({ key, zone, rules });
    if (passed === undefined && conf.cache_strategy === "disk") wantWhole(request.headers);
  };
  if (passed !== undefined) {
    response.setHeader(STATUS, passed);
    return goOn();
  }
  const now = services.now();
  const found = zone?.find(key, request.headers);
  const status = rules.judge(conf, ctx, found?.head, now);
  response.setHeader(STATUS, status);
  if (found !== undefined && status === "HIT") {
    return serve(lookup, found, now, () => {
      zone?.purge(key);
      response.setHeader(STATUS, "MISS");
      return goOn();
    });
  }
  const isUnwanted = conf.cache_control && requestDirectives(ctx).has("only-if-cached");
  if (found === undefined && isUnwanted && conf.cache_strategy === "memory") return { status: 504 };
  return goOn();
}

/** As nginx: what is to be stored is fetched whole, whatever the client has of it. */
function wantWhole(headers: HeaderList): void {
  const conditions = ["If-Modified-Since", "If-Unmodified-Since", "If-None-Match", "If-Match"];
  for (const name of [...conditions, "Range", "If-Range"]) headers.remove(name);
}

function serve(
  { conf, ctx }: Lookup,
  entry: Entry,
  now: number,
  isGone: () => PhaseResult,
): PhaseResult | Promise<PhaseResult> {
  const stored = headersOf(entry);
  const hides = conf.cache_strategy === "memory" && conf.hide_cache_headers;
  if (hides) for (const name of LIFETIME_HEADERS) stored.remove(name);
  if (conf.cache_strategy === "memory") {
    stored.set("Age", Math.floor((now - entry.head.storedAt) / 1000));
  }
  const headers = grouped(stored);
  const { status } = entry.head;
  if (status === 200 && isUnmodified(ctx.request.headers, stored)) return { status: 304, headers };
  if (ctx.request.head.method === "HEAD") {
    const length = { "Content-Length": entry.body.length };
    return { status, headers: { ...headers, ...length }, body: NOTHING };
  }
  const body = entry.body.open();
  if (!(body instanceof Promise)) return { status, headers, body };
  return body.then(
    (stream): PluginExit => ({
      status,
      headers: { ...headers, "Content-Length": entry.body.length },
      body: stream,
    }),
    () => isGone(),
  );
}

/** A stream, so that the length of what a GET would bring stays. */
const NOTHING: AsyncIterable<Uint8Array> = {
  async *[Symbol.asyncIterator]() {
    yield* [];
  },
};

function grouped(list: HeaderList): Record<string, HeaderValue> {
  return Object.fromEntries(
    list.names().map((name) => {
      const values = list.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? "") : values];
    }),
  );
}

/** Begins to store an answer that may be. */
function record(
  fetch: Fetch,
  conf: ProxyCacheConf,
  ctx: RequestContext,
  times: { readonly now: number; readonly defaultTtl: number },
): void {
  const { response, request } = ctx;
  const ttl = fetch.rules.keeps(conf, ctx, times);
  if (ttl === undefined) return;
  const bytesMax =
    conf.cache_strategy === "memory" ? conf.max_resp_body_size : Number.POSITIVE_INFINITY;
  if (Number(response.getHeader("Content-Length") ?? 0) >= bytesMax) return;
  const vary = parseVary(response.headers.getAll("Vary")) ?? [];
  const head = {
    key: fetch.key,
    variant: variantOf(vary, request.headers),
    vary,
    status: response.status,
    headers: storable(response.headers),
    storedAt: times.now,
    ttl,
  };
  fetch.recording = fetch.zone.begin(head, bytesMax);
}

/** Of the connection, of this one answer, or told anew. */
const NOT_STORED = hopByHopAnd(
  "proxy-authenticate",
  "proxy-authorization",
  "content-length",
  "server",
  "x-apisix-upstream-status",
  STATUS.toLowerCase(),
);

function storable(headers: HeaderList): string[] {
  const kept = new HeaderList();
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (NOT_STORED.has(lower) || lower.includes("ratelimit-remaining")) continue;
    kept.raw.push(name, value);
  }
  return kept.raw;
}

function warn({ log }: PluginServices, conf: ProxyCacheConf, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  log("warn", "an answer could not be stored", { zone: conf.cache_zone, reason });
}
