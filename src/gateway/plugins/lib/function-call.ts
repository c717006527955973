/** What the plugins that call functions over HTTP share: fields, and the answer for the client. */
import type { Json, JsonObject } from "../../../core/documents.ts";
import { HeaderList } from "../../header-list.ts";
import { HOP_BY_HOP } from "../../hop-by-hop.ts";
import type { HttpAnswer, HttpCall } from "../../http-call.ts";
import type { PluginExit } from "../../plugin.ts";
import { BodyTooLargeError } from "../../read-body.ts";

/** Members that every such plugin has; `timeout` differs. */
export type CallConf = {
  /** milliseconds */
  readonly timeout: number;
  readonly ssl_verify: boolean;
  readonly keepalive: boolean;
  /** milliseconds */
  readonly keepalive_timeout: number;
  readonly keepalive_pool: number;
  readonly max_req_body_size: number;
};

/** Schemas of those members but `timeout`, in the original's order. */
export const BODY_SIZE: JsonObject = {
  type: "integer",
  minimum: 1,
  default: 67_108_864,
  description:
    "largest request body in bytes that is held in memory; larger request bodies are refused",
};
export const CONNECTION: { readonly [member: string]: Json } = {
  keepalive: { type: "boolean", default: true },
  keepalive_timeout: { type: "integer", minimum: 1000, default: 60_000 },
  keepalive_pool: { type: "integer", minimum: 1, default: 5 },
};

/** How the connection of a call is kept and checked. */
export function connectionOf(conf: CallConf): Pick<HttpCall, "sslVerify" | "keepalive"> {
  const { keepalive_timeout: idleMs, keepalive_pool: size } = conf;
  return { sslVerify: conf.ssl_verify, keepalive: conf.keepalive && { idleMs, size } };
}

/** The token is "user:password". */
export function basicAuthorization(token: string): string {
  return `Basic ${Buffer.from(token).toString("base64")}`;
}

/**
 * For failures of reading a body: it is longer than the plugin takes. Where the route takes less,
 * it is for the gateway to say so.
 */
export function isTooLargeFor(bytesMax: number, error: unknown): boolean {
  return error instanceof BodyTooLargeError && error.bytesMax >= bytesMax;
}

export function removeHopByHop(headers: HeaderList): void {
  for (const option of headers.getAll("connection").join(",").split(",")) {
    const name = option.trim();
    if (name !== "") headers.remove(name);
  }
  for (const name of HOP_BY_HOP) headers.remove(name);
}

/** Bodies up to here are read before the answer begins: a failure is then still a status. */
const HELD_ANSWER_BYTES_MAX = 64 * 1024;

/** Status, headers and body of the function's answer; a long body goes out as it comes. */
export async function relayAnswer(answer: HttpAnswer, method: string): Promise<PluginExit> {
  const { status } = answer;
  const fields = new HeaderList([...answer.headers.raw]);
  const length = Number(fields.get("content-length") ?? Number.NaN);
  removeHopByHop(fields);
  const headers = groupByName(fields);
  // To HEAD the length is that of a body which does not come.
  const isShort = length <= HELD_ANSWER_BYTES_MAX && method !== "HEAD";
  return { status, headers, body: isShort ? await answer.bytes() : answer.body };
}

function groupByName(fields: HeaderList): Record<string, readonly string[]> {
  return Object.fromEntries(fields.names().map((name) => [name, fields.getAll(name)]));
}
