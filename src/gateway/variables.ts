/** The variables of requests: nginx's, and the gateway's own (docs/gateway/variables.md). */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { JsonObject } from "../core/documents.ts";
import { graphql, postArg, postPath } from "./body-variables.ts";
import { clientCertificateVariable } from "./client-certificate.ts";
import { type HeaderList, headerText } from "./header-list.ts";
import type { RequestContext, UpstreamAttempt } from "./request-context.ts";
import type { VariableValue } from "./template.ts";
import { hostWithoutPort } from "./uri.ts";

type Getter = (ctx: RequestContext) => VariableValue;

/** The value of a variable without "$" before its name; undefined: unset or unknown. */
export function variableOf(ctx: RequestContext, name: string): VariableValue {
  const getter = VARIABLES.get(name);
  if (getter !== undefined) return getter(ctx);
  for (const [prefix, family] of FAMILIES) {
    if (name.startsWith(prefix)) return family(ctx, name.slice(prefix.length));
  }
  return undefined;
}

/** Names that are a prefix and what follows it. */
const FAMILIES: readonly (readonly [
  string,
  (ctx: RequestContext, rest: string) => VariableValue,
])[] = [
  ["arg_", argument],
  ["http_", (ctx, rest) => headerOf(ctx.request.headers, rest)],
  ["cookie_", cookie],
  ["post_arg_", postArg],
  ["post_arg.", postPath],
  ["graphql_", graphql],
  ["uri_param_", (ctx, rest) => ctx.route?.params[rest]],
  ["sent_http_", (ctx, rest) => headerOf(ctx.response.headers, rest)],
  ["upstream_http_", upstreamHeader],
  ["ssl_client_", (ctx, rest) => clientCertificateVariable(ctx.connection.tls, rest)],
];

function argument(ctx: RequestContext, name: string): VariableValue {
  return ctx.request.args.get(name);
}

function cookie(ctx: RequestContext, name: string): string | undefined {
  for (const header of ctx.request.headers.getAll("cookie")) {
    for (const pair of header.split(";")) {
      const at = pair.indexOf("=");
      if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
    }
  }
  return undefined;
}

function upstreamHeader(ctx: RequestContext, rest: string): string | undefined {
  if (ctx.response.source !== "upstream") return undefined;
  return headerOf(ctx.response.headers, rest);
}

/** In a variable's name "_" stands for "-", or for itself: "api_key" is a header too. */
function headerOf(headers: HeaderList, rest: string): string | undefined {
  const dashed = rest.replaceAll("_", "-");
  let values = headers.getAll(dashed);
  if (values.length === 0 && dashed.includes("-")) {
    const name = dashed.toLowerCase();
    values = [...headers]
      .filter(([one]) => one.includes("_") && one.replaceAll("_", "-").toLowerCase() === name)
      .map(([, value]) => headerText(value));
  }
  return values.length === 0 ? undefined : values.join(", ");
}

const VARIABLES: ReadonlyMap<string, Getter> = new Map<string, Getter>([
  // The request.
  ["method", (ctx) => ctx.request.method],
  ["request_method", (ctx) => ctx.request.method],
  ["uri", (ctx) => ctx.request.path],
  ["document_uri", (ctx) => ctx.request.path],
  ["args", (ctx) => orUnset(ctx.request.query)],
  ["query_string", (ctx) => orUnset(ctx.request.query)],
  ["is_args", (ctx) => (ctx.request.query === "" ? "" : "?")],
  ["request_uri", normalisedUri],
  ["real_request_uri", (ctx) => ctx.request.head.uri],
  ["request_line", (ctx) => requestLine(ctx)],
  ["request", (ctx) => requestLine(ctx)],
  ["scheme", (ctx) => ctx.request.head.scheme],
  ["https", (ctx) => (ctx.request.head.scheme === "https" ? "on" : "")],
  ["host", (ctx) => hostWithoutPort(ctx.request.head.authority)],
  ["server_name", () => "_"],
  ["server_protocol", (ctx) => `HTTP/${ctx.request.head.httpVersion}`],
  ["content_type", (ctx) => ctx.request.headers.get("content-type")],
  ["content_length", (ctx) => ctx.request.headers.get("content-length")],
  ["request_length", requestLength],
  ["request_body", (ctx) => ctx.request.body?.toString("utf8")],
  ["request_id", requestId],
  ["apisix_request_id", (ctx) => ctx.var("request_id")],
  ["request_type", () => "traditional_http"],
  // The connection.
  ["remote_addr", (ctx) => ctx.client.address],
  ["remote_port", (ctx) => ctx.client.port],
  ["remote_user", (ctx) => basicUser(ctx.request.headers.get("authorization"))],
  ["realip_remote_addr", (ctx) => ctx.connection.peer.address],
  ["realip_remote_port", (ctx) => ctx.connection.peer.port],
  ["proxy_add_x_forwarded_for", forwardedFor],
  ["server_addr", (ctx) => ctx.connection.local.address],
  ["server_port", (ctx) => String(ctx.connection.local.port)],
  ["connection", (ctx) => ctx.connection.id],
  ["ssl_server_name", (ctx) => ctx.connection.tls?.serverName],
  ["ssl_protocol", (ctx) => ctx.connection.tls?.protocol],
  ["ssl_cipher", (ctx) => ctx.connection.tls?.cipher],
  // What was found for it.
  ["route_id", (ctx) => ctx.route?.id],
  ["route_name", (ctx) => ctx.route?.name],
  ["matched_uri", (ctx) => ctx.route?.uri],
  ["matched_host", (ctx) => ctx.route?.host],
  ["service_id", (ctx) => ctx.route?.service?.id],
  ["service_name", (ctx) => ctx.route?.service?.name],
  ["consumer_name", (ctx) => ctx.consumer?.username],
  ["consumer_group_id", (ctx) => ctx.consumer?.groupId],
  ["balancer_ip", (ctx) => ctx.attempts.at(-1)?.host],
  ["balancer_port", (ctx) => ctx.attempts.at(-1)?.port],
  ["upstream_unresolved_host", (ctx) => ctx.attempts.at(-1)?.name],
  ["upstream_scheme", (ctx) => ctx.attempts.at(-1)?.scheme ?? "http"],
  // The answer.
  ["status", (ctx) => ctx.response.status],
  ["body_bytes_sent", (ctx) => ctx.response.bodyBytesSent],
  ["bytes_sent", (ctx) => ctx.response.headBytesSent + ctx.response.bodyBytesSent],
  ["request_time", (ctx) => seconds(performance.now() - ctx.startedMs)],
  ["upstream_addr", (ctx) => attempts(ctx, (one) => `${one.host}:${one.port}`)],
  ["upstream_status", (ctx) => attempts(ctx, (one) => String(one.status ?? 502))],
  ["upstream_connect_time", (ctx) => attempts(ctx, (one) => time(one.connectMs))],
  ["upstream_header_time", (ctx) => attempts(ctx, (one) => time(one.headerMs))],
  ["upstream_response_time", (ctx) => attempts(ctx, (one) => time(one.responseMs))],
  ["upstream_uri", (ctx) => ctx.request.upstreamUri ?? ""],
  ["upstream_host", (ctx) => ctx.request.upstreamHost ?? ctx.request.head.authority],
  // The clock and the process.
  ["msec", (ctx) => (ctx.startedAt / 1000).toFixed(3)],
  ["time_iso8601", (ctx) => new Date(ctx.startedAt).toISOString().replace(/\.\d+Z$/, "+00:00")],
  ["time_local", (ctx) => localTime(new Date(ctx.startedAt))],
  ["pid", () => process.pid],
  ["hostname", () => hostname()],
]);

/** "20/Nov/2026:14:16:32 +0000": in UTC, whatever the machine's zone. */
function localTime(at: Date): string {
  const [, day, month, year, time] = at.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}

/** Of Basic credentials, whether or not anybody has looked at them. */
function basicUser(authorization: string | undefined): string | undefined {
  const [, encoded] = /^basic +(\S+) *$/i.exec(authorization ?? "") ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const at = text.indexOf(":");
  return at < 0 ? undefined : text.slice(0, at);
}

/** As the original: normalised and with the query, not what the client wrote. */
function normalisedUri(ctx: RequestContext): string {
  const { path, query } = ctx.request.head.target;
  return query === "" ? path : `${path}?${query}`;
}

function requestLine(ctx: RequestContext): string {
  const { method, uri, httpVersion } = ctx.request.head;
  return `${method} ${uri} HTTP/${httpVersion}`;
}

/** Bytes of head and body as far as they are known. */
function requestLength(ctx: RequestContext): number {
  const { head, headers, contentLength = 0 } = ctx.request;
  let length = head.method.length + head.uri.length + "  HTTP/1.1\r\n\r\n".length;
  for (const [name, value] of headers) length += name.length + value.length + 4;
  return length + contentLength;
}

/** 32 hexadecimal digits, made at the first use. */
function requestId(ctx: RequestContext): string {
  const id = randomBytes(16).toString("hex");
  ctx.setVar("request_id", id);
  return id;
}

function forwardedFor(ctx: RequestContext): string {
  const before = ctx.request.headers.getAll("x-forwarded-for").join(", ");
  return before === "" ? ctx.client.address : `${before}, ${ctx.client.address}`;
}

function attempts(ctx: RequestContext, text: (one: UpstreamAttempt) => string): string | undefined {
  return ctx.attempts.length === 0 ? undefined : ctx.attempts.map(text).join(", ");
}

function time(ms: number | undefined): string {
  return ms === undefined ? "-" : seconds(ms);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function orUnset(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** Members of a document by their path: "model.name". */
export function memberAt(value: unknown, path: string): unknown {
  let at: unknown = value;
  for (const part of path.split(".")) {
    if (typeof at !== "object" || at === null) return undefined;
    at = Array.isArray(at) ? at[Number(part)] : (at as JsonObject)[part];
  }
  return at;
}
