/** The spans of one request, as API version 2 of Zipkin takes them. */
import type { JsonObject } from "../../../core/documents.ts";
import type { RequestContext } from "../../request-context.ts";
import type { SpanContext } from "./b3.ts";
import { responseSource } from "./latency.ts";
import { newSpanId } from "./trace-context.ts";

/** Milliseconds since the request began; undefined: it did not come so far. */
export type Moments = {
  access?: number;
  headers?: number;
  end?: number;
};

export type SpanInput = {
  readonly request: SpanContext;
  readonly proxy: SpanContext;
  readonly moments: Moments;
};

type Reporter = {
  readonly service_name: string;
  readonly server_addr?: string;
  readonly span_version: 1 | 2;
};

type Period = { readonly from: number; readonly to: number };

/**
 * Version 2: request, proxying, response. Version 1: request with rewrite, access, proxying, and
 * the body within it.
 */
export function zipkinSpans(
  conf: Reporter,
  { request, proxy, moments }: SpanInput,
  ctx: RequestContext,
): JsonObject[] {
  const { end = 0 } = moments;
  const { access = end, headers = end } = moments;
  const make = (name: string, context: SpanContext, { from, to }: Period): JsonObject =>
    span({ conf, ctx, name, context, from, to });
  const child = (name: string, parent: SpanContext, period: Period): JsonObject =>
    make(name, { traceId: parent.traceId, spanId: newSpanId(), parentId: parent.spanId }, period);
  const root = {
    ...make("apisix.request", request, { from: 0, to: end }),
    kind: "SERVER",
    remoteEndpoint: { ipv4: ctx.client.address, port: ctx.client.port },
    tags: requestTags(ctx),
  };
  if (conf.span_version === 2) {
    return [
      make("apisix.proxy", proxy, { from: 0, to: headers }),
      child("apisix.response_span", request, { from: headers, to: end }),
      root,
    ];
  }
  return [
    child("apisix.rewrite", request, { from: 0, to: access }),
    child("apisix.access", request, { from: access, to: access }),
    child("apisix.body_filter", proxy, { from: headers, to: end }),
    make("apisix.proxy", proxy, { from: access, to: end }),
    root,
  ];
}

function span(at: {
  readonly conf: Reporter;
  readonly ctx: RequestContext;
  readonly name: string;
  readonly context: SpanContext;
  readonly from: number;
  readonly to: number;
}): JsonObject {
  const { conf, ctx, name, context, from, to } = at;
  const { local } = ctx.connection;
  return {
    traceId: context.traceId,
    id: context.spanId,
    ...(context.parentId === undefined ? {} : { parentId: context.parentId }),
    name,
    // microseconds
    timestamp: Math.round((ctx.startedAt + from) * 1000),
    duration: Math.max(1, Math.round((to - from) * 1000)),
    localEndpoint: {
      serviceName: conf.service_name,
      ipv4: conf.server_addr ?? local.address,
      port: local.port,
    },
    tags: {},
  };
}

function requestTags(ctx: RequestContext): JsonObject {
  return {
    component: "apisix",
    "http.method": String(ctx.var("request_method")),
    "http.url": String(ctx.var("request_uri")),
    "http.status_code": String(ctx.response.status),
    "apisix.response_source": responseSource(ctx),
  };
}
