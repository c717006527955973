/** A request to the Admin API, taken apart. */
import type { IncomingMessage } from "node:http";
import type { Json } from "../../core/documents.ts";
import { BodyTooLargeError, readAll } from "../read-body.ts";
import { parseCjson } from "./cjson.ts";
import { Refusal, refusal } from "./reply.ts";

export const PREFIX = "/apisix/admin";
/** Longest body, bytes; the original's. */
export const BODY_BYTES_MAX = 1_572_864;

export type AdminRequest = {
  /** Lower case. */
  readonly method: string;
  /** Decoded, behind the prefix: ["routes", "1"]. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  /** Of the peer. */
  readonly address: string;
  /** Undefined when there is none. */
  readonly body: string | undefined;
};

export type Address = Pick<AdminRequest, "method" | "parts" | "query" | "headers" | "address">;

export function addressOf(request: IncomingMessage): Address {
  const [path = "", ...rest] = (request.url ?? "").split("?");
  return {
    method: (request.method ?? "GET").toLowerCase(),
    parts: decoded(path).slice(PREFIX.length).split(/\/+/u).slice(1),
    query: new URLSearchParams(rest.join("?")),
    headers: request.headers,
    address: request.socket.remoteAddress ?? "",
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** True for addresses of the Admin API. */
export function isAdminPath(url: string | undefined): boolean {
  const path = url ?? "";
  if (!path.startsWith(PREFIX)) return false;
  const next = path[PREFIX.length];
  return next === undefined || next === "/" || next === "?";
}

/** Rejects with a `Refusal` when it is too long, with `BodyAbortedError` when the client goes. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > BODY_BYTES_MAX) throw tooLong(announced);
  try {
    const bytes = await readAll(request, BODY_BYTES_MAX);
    return bytes.length === 0 ? undefined : bytes.toString("utf8");
  } catch (error) {
    throw error instanceof BodyTooLargeError ? tooLong(error.bytes) : error;
  }
}

function tooLong(bytes: number): Refusal {
  const text = `request size ${bytes} is greater than the maximum size ${BODY_BYTES_MAX} allowed`;
  return refusal(400, `invalid request body: ${text}`);
}

/** The body as JSON; undefined when there is none. Throws a `Refusal`. */
export function jsonBody(body: string | undefined): Json | undefined {
  if (body === undefined) return undefined;
  const parsed = parseCjson(body);
  if (parsed.problem === undefined) return parsed.value;
  const text = `invalid request body: ${parsed.problem}`;
  throw new Refusal({ status: 400, body: { error_msg: text, req_body: body } });
}
