/** `zipkin`: tells a Zipkin server of each sampled request, and the upstream of the trace. */
import type { JsonObject } from "../../core/documents.ts";
import { HeaderList } from "../header-list.ts";
import type { Plugin, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { parentOf, readB3, type SpanContext, sampledBy, writeB3 } from "./lib/b3.ts";
import { Batches } from "./lib/batches.ts";
import { ConfSlots } from "./lib/conf-slots.ts";
import { newSpanId, newTraceId } from "./lib/trace-context.ts";
import { type Moments, zipkinSpans } from "./lib/zipkin-span.ts";

export type ZipkinConf = {
  readonly endpoint: string;
  readonly sample_ratio: number;
  readonly service_name: string;
  /** default: the address at which the request came in */
  readonly server_addr?: string;
  readonly span_version: 1 | 2;
};

/** What the rewrite phase began; `moments` are written as the request goes on. */
type Begun = {
  readonly request: SpanContext;
  readonly proxy: SpanContext;
  readonly isSampled: boolean;
  readonly moments: Moments;
};

const NAME = "zipkin";
const BATCH = {
  name: "zipkin_report",
  retry_delay: 1,
  batch_max_size: 1000,
  max_retry_count: 0,
  buffer_duration: 60,
  inactive_timeout: 5,
};
const ANSWER_BYTES_MAX = 64 * 1024;

export const zipkin: Plugin<ZipkinConf> = {
  name: NAME,
  version: 0.1,
  priority: 12011,
  schema: {
    type: "object",
    properties: {
      endpoint: { type: "string" },
      sample_ratio: { type: "number", minimum: 0.00001, maximum: 1 },
      service_name: {
        type: "string",
        description: "service name for zipkin reporter",
        default: "APISIX",
      },
      server_addr: {
        type: "string",
        description: "default is $server_addr, you can specify your external ip address",
        pattern: "^[0-9]{1,3}.[0-9]{1,3}.[0-9]{1,3}.[0-9]{1,3}$",
      },
      span_version: { enum: [1, 2], default: 2 },
    },
    required: ["endpoint", "sample_ratio"],
  },
  create: (services) => {
    const begun = new ConfSlots<ZipkinConf, Begun>(NAME);
    const setsVariables = services.attributes(NAME)["set_ngx_var"] === true;
    const batches = new Batches<ZipkinConf, JsonObject>({
      plugin: NAME,
      services,
      batchOf: () => BATCH,
      send: (conf, spans) => send(services, conf, spans),
    });
    return {
      rewrite: (conf, ctx) => {
        const { headers } = ctx.request;
        const b3 = readB3(headers);
        headers.remove("b3");
        if ("problem" in b3) {
          services.log("error", `invalid b3 header, ignored: ${b3.problem}`);
          return { status: 400 };
        }
        if (b3.sampled === "d") headers.set("x-b3-flags", "1");
        const asked = sampledBy(b3, headers.get("x-b3-flags"));
        const at = begin(parentOf(b3), asked ?? Math.random() < conf.sample_ratio);
        begun.set(conf, ctx, at);
        if (setsVariables) setVariables(ctx, at);
        return undefined;
      },
      access: (conf, ctx) => {
        const at = begun.get(conf, ctx);
        if (at === undefined) return undefined;
        at.moments.access = elapsed(ctx);
        writeB3(ctx.request.headers, at.isSampled ? at.proxy : at.request, at.isSampled);
        return undefined;
      },
      headerFilter: (conf, ctx) => {
        const at = begun.get(conf, ctx);
        if (at !== undefined) at.moments.headers = elapsed(ctx);
      },
      log: (conf, ctx) => {
        const at = begun.get(conf, ctx);
        if (at?.isSampled !== true) return;
        at.moments.end = elapsed(ctx);
        for (const span of zipkinSpans(conf, at, ctx)) batches.add(conf, ctx, span);
      },
      stop: () => batches.stop(),
    };
  },
};

function begin(parent: SpanContext | undefined, isSampled: boolean): Begun {
  const request = childOf(parent);
  return { request, proxy: childOf(request), isSampled, moments: {} };
}

function childOf(parent: SpanContext | undefined): SpanContext {
  const traceId = parent?.traceId ?? newTraceId();
  return { traceId, spanId: newSpanId(), parentId: parent?.spanId };
}

function elapsed({ startedMs }: RequestContext): number {
  return performance.now() - startedMs;
}

function setVariables(ctx: RequestContext, { request, isSampled }: Begun): void {
  const flags = isSampled ? "01" : "00";
  ctx.setVar("zipkin_context_traceparent", `00-${request.traceId}-${request.spanId}-${flags}`);
  ctx.setVar("zipkin_trace_id", request.traceId);
  ctx.setVar("zipkin_span_id", request.spanId);
}

async function send(
  { http }: PluginServices,
  { endpoint }: ZipkinConf,
  spans: readonly JsonObject[],
): Promise<void> {
  const answer = await http({
    method: "POST",
    url: endpoint,
    headers: HeaderList.from({ "Content-Type": "application/json" }),
    body: JSON.stringify(spans),
  });
  await answer.bytes(ANSWER_BYTES_MAX);
  if (answer.status < 200 || answer.status >= 300) {
    throw new Error(`failed: ${endpoint} ${answer.status}`);
  }
}
