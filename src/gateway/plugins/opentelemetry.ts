/** `opentelemetry`: tells a collector of each sampled request, and the upstream of the trace. */
import type { Json } from "../../core/documents.ts";
import { HeaderList } from "../header-list.ts";
import type { Plugin, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { Batches } from "./lib/batches.ts";
import { ConfSlots } from "./lib/conf-slots.ts";
import { responseSource } from "./lib/latency.ts";
import {
  OPENTELEMETRY_METADATA,
  OPENTELEMETRY_SCHEMA,
  type OpentelemetryConf,
  type OpentelemetryMetadata,
} from "./lib/opentelemetry-schema.ts";
import { type Span, traceRequest } from "./lib/otlp.ts";
import {
  type Attributes,
  headerAttributes,
  requestAttributes,
  variableAttributes,
} from "./lib/span-attributes.ts";
import {
  formatTraceParent,
  isSampled,
  isTraceId,
  newSpanId,
  newTraceId,
  parseTraceParent,
  samples,
  type TraceContext,
} from "./lib/trace-context.ts";

/** What the rewrite phase began. */
type Begun = {
  readonly metadata: OpentelemetryMetadata;
  readonly context: TraceContext;
  readonly parent: TraceContext | undefined;
  readonly traceState: string | undefined;
  readonly name: string;
  readonly attributes: Attributes;
};

const NAME = "opentelemetry";
const NO_METADATA = "plugin_metadata is required for opentelemetry plugin to working properly";
const QUEUE_MAX = 2048;
const BATCH_MAX = 256;
const BATCH_SECONDS = 5;
const QUIET_SECONDS = 2;
/** A collector that does not answer is asked again. */
const RETRIES_MAX = 2;
const ANSWER_BYTES_MAX = 64 * 1024;

export const opentelemetry: Plugin<OpentelemetryConf> = {
  name: NAME,
  version: 0.1,
  priority: 12009,
  schema: OPENTELEMETRY_SCHEMA,
  metadataSchema: OPENTELEMETRY_METADATA,
  create: (services) => {
    const begun = new ConfSlots<OpentelemetryConf, Begun>(NAME);
    const metadata = (): OpentelemetryMetadata | undefined =>
      services.metadata(NAME) as OpentelemetryMetadata | undefined;
    const batches = new Batches<OpentelemetryMetadata, Span>({
      plugin: NAME,
      services,
      batchOf,
      send: (to, spans) => send(services, to, spans),
      pendingMax: () => pendingMax(metadata()?.batch_span_processor),
    });
    return {
      rewrite: (conf, ctx) => {
        const found = metadata();
        if (found === undefined) services.log("warn", NO_METADATA);
        else begun.set(conf, ctx, begin(conf, found, ctx));
        return undefined;
      },
      log: (conf, ctx) => {
        const at = begun.get(conf, ctx);
        if (at === undefined || !isSampled(at.context)) return;
        batches.add(at.metadata, ctx, finish(conf, at, ctx));
      },
      stop: () => batches.stop(),
    };
  },
};

/** Of a queue that is not to drop, twice the size may wait: its batches go out when they can. */
function pendingMax(conf: OpentelemetryMetadata["batch_span_processor"] = {}): number {
  const { max_queue_size: max = QUEUE_MAX, drop_on_queue_full: drops = true } = conf;
  return drops ? max : 2 * max;
}

function batchOf({ batch_span_processor: conf }: OpentelemetryMetadata) {
  return {
    name: NAME,
    max_retry_count: RETRIES_MAX,
    retry_delay: 1,
    batch_max_size: Math.max(1, conf.max_export_batch_size ?? BATCH_MAX),
    buffer_duration: conf.batch_timeout ?? BATCH_SECONDS,
    inactive_timeout: conf.inactive_timeout ?? QUIET_SECONDS,
  };
}

function begin(
  conf: OpentelemetryConf,
  metadata: OpentelemetryMetadata,
  ctx: RequestContext,
): Begun {
  const { headers } = ctx.request;
  const parent = parseTraceParent(headers.get("traceparent"));
  const traceState = parent && headers.getAll("tracestate").join(",");
  const traceId = parent?.traceId ?? firstTraceId(metadata, ctx);
  const flags = samples(conf.sampler, traceId, parent) ? (parent?.flags ?? 0) | 1 : 0;
  const context = { traceId, spanId: newSpanId(), flags };
  if (metadata.set_ngx_var) setVariables(ctx, context);
  headers.set("traceparent", formatTraceParent(context));
  // Alone it belongs to no trace.
  if (parent === undefined) headers.remove("tracestate");
  const { method } = ctx.request;
  return {
    metadata,
    context,
    parent,
    traceState: traceState === "" ? undefined : traceState,
    name: ctx.route === undefined ? method : `${method} ${ctx.route.uri}`,
    attributes: (flags & 1) === 0 ? [] : requestAttributes(ctx),
  };
}

function firstTraceId({ trace_id_source: source }: OpentelemetryMetadata, ctx: RequestContext) {
  if (source === "x-request-id") {
    const ids = ctx.request.headers.getAll("x-request-id");
    const id = String(ids.length > 0 ? ids.join() : ctx.var("request_id")).toLowerCase();
    if (isTraceId(id)) return id;
  }
  return newTraceId();
}

function setVariables(ctx: RequestContext, context: TraceContext): void {
  ctx.setVar("opentelemetry_context_traceparent", formatTraceParent(context));
  ctx.setVar("opentelemetry_trace_id", context.traceId);
  ctx.setVar("opentelemetry_span_id", context.spanId);
}

function finish(conf: OpentelemetryConf, at: Begun, ctx: RequestContext): Span {
  const { status } = ctx.response;
  const source = responseSource(ctx);
  const { context, parent, traceState, name } = at;
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(parent === undefined ? {} : { parentSpanId: parent.spanId }),
    ...(traceState === undefined ? {} : { traceState }),
    name,
    startMs: ctx.startedAt,
    endMs: ctx.startedAt + performance.now() - ctx.startedMs,
    attributes: [
      ...at.attributes,
      ["apisix.response_source", source],
      ["http.status_code", status],
      ["http.response.status_code", status],
      ...variableAttributes(conf.additional_attributes ?? [], ctx),
      ...headerAttributes(conf.additional_header_prefix_attributes ?? [], ctx.request.headers),
    ],
    ...(status >= 500 ? { error: `${source} error: ${status}` } : {}),
  };
}

async function send(
  { http, instance }: PluginServices,
  { collector, resource = {} }: OpentelemetryMetadata,
  spans: readonly Span[],
): Promise<void> {
  const attributes: Attributes = [
    ["hostname", instance.hostname],
    ...("service.name" in resource ? [] : [["service.name", "APISIX"] as [string, string]]),
    ...Object.entries(resource),
  ];
  const { address, request_timeout: seconds, request_headers: extra = {} } = collector;
  const origin = /^https?:\/\//.test(address) ? address : `http://${address}`;
  const headers = HeaderList.from({ "Content-Type": "application/json" });
  for (const [name, value] of Object.entries(extra)) headers.set(name, String(value));
  const body: Json = traceRequest(attributes, spans);
  const answer = await http({
    method: "POST",
    url: `${origin.replace(/\/$/, "")}/v1/traces`,
    headers,
    body: JSON.stringify(body),
    timeoutMs: seconds * 1000,
  });
  await answer.bytes(ANSWER_BYTES_MAX);
  if (answer.status >= 400) throw new Error(`the collector answered with ${answer.status}`);
}
