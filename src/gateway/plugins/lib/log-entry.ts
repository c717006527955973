/** What a logger says of one request (apisix/utils/log-util.lua). */
import type { Json, JsonObject } from "../../../core/documents.ts";
import type { HeaderList } from "../../header-list.ts";
import type { PluginServices } from "../../plugin.ts";
import type { QueryArgs } from "../../query-args.ts";
import type { RequestContext } from "../../request-context.ts";
import { isObject } from "../../schema/lua.ts";
import { latencyOf } from "./latency.ts";

export type LogConf = {
  readonly log_format?: JsonObject;
  readonly log_format_extra?: JsonObject;
  readonly include_req_body: boolean;
  readonly include_req_body_expr?: Json[];
  readonly include_resp_body: boolean;
  readonly include_resp_body_expr?: Json[];
  readonly max_req_body_bytes: number;
  readonly max_resp_body_bytes: number;
};

const EXPRESSION: JsonObject = { type: "array", minItems: 1, items: { type: "array" } };
const BYTES: JsonObject = { type: "integer", minimum: 1, default: 524_288 };

/** Schema members that all loggers have. */
export const LOG_PROPERTIES: JsonObject = {
  log_format: { type: "object" },
  log_format_extra: { type: "object" },
  include_req_body: { type: "boolean", default: false },
  include_req_body_expr: EXPRESSION,
  include_resp_body: { type: "boolean", default: false },
  include_resp_body_expr: EXPRESSION,
  max_req_body_bytes: BYTES,
  max_resp_body_bytes: BYTES,
};

/** Objects within each other in a format; what lies deeper is left out. */
const FORMAT_DEPTH_MAX = 5;

export type LogEntryInput = {
  readonly conf: LogConf;
  readonly metadata: JsonObject | undefined;
  readonly instance: PluginServices["instance"];
  /** As far as they are to be in the entry. */
  readonly requestBody: string | undefined;
  readonly responseBody: string | undefined;
};

/** In the configured format, or else everything that is known. */
export function logEntry(input: LogEntryInput, ctx: RequestContext): JsonObject {
  const { conf, metadata } = input;
  const common = isFilled(metadata?.["log_format"]) ? metadata?.["log_format"] : undefined;
  const format = conf.log_format ?? common;
  if (isObject(format)) return { ...formatted(input, ctx, format), ...ownerOf(ctx) };
  const entry = fullEntry(input, ctx);
  const extra = conf.log_format_extra ?? metadata?.["log_format_extra"];
  return isFilled(extra) ? { ...formatted(input, ctx, extra), ...entry } : entry;
}

function isFilled(format: Json | undefined): format is JsonObject {
  return isObject(format) && Object.keys(format).length > 0;
}

function formatted(
  input: LogEntryInput,
  ctx: RequestContext,
  format: JsonObject,
  depth = 1,
): JsonObject {
  const entry: Record<string, Json> = {};
  for (const [name, value] of Object.entries(format)) {
    if (isObject(value)) {
      entry[name] = depth >= FORMAT_DEPTH_MAX ? {} : formatted(input, ctx, value, depth + 1);
    } else if (typeof value === "string" && value.startsWith("$")) {
      const found = variable(input, ctx, value.slice(1));
      if (found !== undefined) entry[name] = found;
    } else {
      entry[name] = value;
    }
  }
  return entry;
}

function variable(
  { conf, responseBody }: LogEntryInput,
  ctx: RequestContext,
  name: string,
): Json | undefined {
  if (name === "request_body") return bodyText(ctx.request.knownBody, conf.max_req_body_bytes);
  if (name === "resp_body") return responseBody ?? "";
  const value = ctx.var(name);
  // Objects among them are members of JSON bodies.
  return value as Json | undefined;
}

/** The beginning of a body that is in memory. */
export function bodyText(body: Uint8Array | undefined, bytesMax: number): string | undefined {
  if (body === undefined || body.length === 0) return undefined;
  return Buffer.from(body.subarray(0, bytesMax)).toString("utf8");
}

function ownerOf({ route }: RequestContext): JsonObject {
  if (route === undefined) return {};
  const { id, service } = route;
  return { route_id: id, ...(service === undefined ? {} : { service_id: service.id }) };
}

function fullEntry(input: LogEntryInput, ctx: RequestContext): JsonObject {
  const { request, upstream, gateway } = latencyOf(ctx);
  const text = (name: string): string => String(ctx.var(name) ?? "");
  const { instance } = input;
  const address = ctx.var("upstream_addr");
  return {
    request: requestPart(input, ctx),
    response: responsePart(input, ctx),
    server: { hostname: instance.hostname, version: instance.version },
    ...(address === undefined ? {} : { upstream: String(address) }),
    service_id: ctx.route === undefined ? text("host") : (ctx.route.service?.id ?? ""),
    ...(ctx.route === undefined ? {} : { route_id: ctx.route.id }),
    ...(ctx.consumer === undefined ? {} : { consumer: { username: ctx.consumer.username } }),
    client_ip: text("remote_addr"),
    start_time: ctx.startedAt,
    latency: request,
    ...(upstream === undefined ? {} : { upstream_latency: upstream }),
    apisix_latency: gateway,
  };
}

function requestPart({ requestBody }: LogEntryInput, ctx: RequestContext): JsonObject {
  const uri = String(ctx.var("request_uri"));
  const { request } = ctx;
  const origin = `${ctx.var("scheme")}://${ctx.var("host")}:${ctx.var("server_port")}`;
  return {
    url: origin + uri,
    uri,
    method: request.method,
    headers: headersOf(request.headers),
    querystring: argsOf(request.args),
    size: Number(ctx.var("request_length")),
    ...(requestBody === undefined ? {} : { body: requestBody }),
  };
}

function responsePart({ responseBody }: LogEntryInput, ctx: RequestContext): JsonObject {
  const { response } = ctx;
  return {
    status: response.status,
    headers: headersOf(response.headers),
    size: response.headBytesSent + response.bodyBytesSent,
    ...(responseBody === undefined ? {} : { body: responseBody }),
  };
}

function headersOf(headers: HeaderList): JsonObject {
  const object: Record<string, Json> = {};
  for (const name of headers.names()) {
    const values = headers.getAll(name);
    object[name.toLowerCase()] = values.length === 1 ? (values[0] ?? "") : values;
  }
  return object;
}

function argsOf(args: QueryArgs): JsonObject {
  const object: Record<string, Json> = {};
  for (const [name] of args) {
    const values = args.getAll(name);
    object[name] = values.length === 1 ? (values[0] ?? true) : [...values];
  }
  return object;
}
