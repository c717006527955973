/** Writing answers: headers of every response, error bodies, CORS (openwhisk-api.md 1.2-1.5). */
import type { ServerResponse } from "node:http";
import type { PlatformError } from "../core/errors.ts";
import type { Reply } from "./api/handler.ts";

export type CorsSet = "none" | "rest" | "server";

const ORIGIN = "Access-Control-Allow-Origin";
const ALLOW_HEADERS = "Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent";
const cors = (methods: string): readonly string[] => [
  ORIGIN,
  "*",
  "Access-Control-Allow-Headers",
  ALLOW_HEADERS,
  "Access-Control-Allow-Methods",
  methods,
];
const CORS: Readonly<Record<CorsSet, readonly string[]>> = {
  none: [],
  rest: cors("GET, DELETE, POST, PUT, HEAD"),
  server: cors("OPTIONS, GET, POST"),
};
const JSON_TYPE = "application/json";
const TEXT_TYPE = "text/plain; charset=UTF-8";
const CHALLENGE = 'Basic realm="OpenWhisk secure realm",charset=UTF-8';

export function sendReply(
  response: ServerResponse,
  transid: string,
  corsSet: CorsSet,
  reply: Reply,
): void {
  const headers = [
    ...CORS[corsSet],
    "X-Request-ID",
    transid,
    "Content-Type",
    reply.type === "text" ? TEXT_TYPE : JSON_TYPE,
    "Content-Length",
    String(Buffer.byteLength(reply.body)),
  ];
  if (reply.headers !== undefined) {
    for (const [name, value] of Object.entries(reply.headers)) headers.push(name, value);
  }
  response.writeHead(reply.status, headers);
  response.end(reply.body);
}

const ACTIVATION_HEADERS = [...CORS.rest, "Content-Type", JSON_TYPE];

/** The answer to an invocation that has an activation; the hot path's own writer. */
export function sendActivation(
  response: ServerResponse,
  transid: string,
  status: number,
  activationId: string,
  body: string,
): void {
  response.writeHead(status, [
    ...ACTIVATION_HEADERS,
    "X-Request-ID",
    transid,
    "x-openwhisk-activation-id",
    activationId,
    "Content-Length",
    String(Buffer.byteLength(body)),
  ]);
  response.end(body);
}

export function sendError(response: ServerResponse, transid: string, error: PlatformError): void {
  const body = JSON.stringify({ error: error.message, code: transid });
  const corsSet = error.layer === "handler" ? "rest" : "none";
  const headers: Record<string, string> = {};
  if (error.status === 401) headers["WWW-Authenticate"] = CHALLENGE;
  sendReply(response, transid, corsSet, { status: error.status, body, headers });
}
