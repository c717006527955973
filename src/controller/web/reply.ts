/** Writing the answers of web actions: headers, error bodies, CORS (…composition.md 1.2, 1.9). */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { PlatformError } from "../../core/errors.ts";
import { prettyJson } from "../../lib/json-text.ts";
import { isAcceptable } from "./accept.ts";
import type { WebAnswer } from "./answer.ts";
import { allowsBody } from "./http-result.ts";

export const WEB_METHODS: readonly string[] = [
  "GET",
  "DELETE",
  "POST",
  "PUT",
  "HEAD",
  "OPTIONS",
  "PATCH",
];

const ALLOW_HEADERS = "Authorization, Origin, X-Requested-With, Content-Type, Accept, User-Agent";

/** Names and values by turns. */
export type FlatHeaders = readonly string[];

/** What every answer carries while the action leaves CORS to the server. */
export function corsHeaders(request: IncomingMessage): FlatHeaders {
  return [
    "Access-Control-Allow-Origin",
    "*",
    "Access-Control-Allow-Methods",
    "OPTIONS, GET, DELETE, POST, PUT, HEAD, PATCH",
    "Access-Control-Allow-Headers",
    request.headers["access-control-request-headers"] ?? ALLOW_HEADERS,
  ];
}

/** One request and what all answers to it share. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly transid: string;
  /** CORS headers, once they are due. */
  cors: FlatHeaders;
  activationId: string | undefined;
};

export function sendAnswer(exchange: Exchange, answer: WebAnswer): void {
  if (answer.type === "failure") {
    sendFailure(exchange, answer.status, answer.text);
    return;
  }
  const { status, headers, contentType, body } = answer;
  if (contentType !== undefined && status < 400 && !takes(exchange, contentType)) {
    sendNotAcceptable(exchange, contentType);
    return;
  }
  const bytes = Buffer.byteLength(body);
  exchange.response.writeHead(status, [
    ...headers.flat(),
    ...commonHeaders(exchange),
    ...(contentType === undefined ? [] : ["Content-Type", contentType]),
    ...(allowsBody(status) ? ["Content-Length", String(bytes)] : []),
  ]);
  exchange.response.end(body);
}

/** An error of the web route: indented, with CORS headers where they are due. */
export function sendFailure(exchange: Exchange, status: number, text: string): void {
  const body = prettyJson(JSON.stringify({ error: text, code: exchange.transid }));
  sendJson(exchange, status, body, commonHeaders(exchange));
}

/** An error before an activation: a rejection is compact and bare, as of the original's library. */
export function sendError(exchange: Exchange, error: PlatformError): void {
  if (error.layer === "handler") sendFailure(exchange, error.status, error.message);
  else sendRejection(exchange, error.status, error.message);
}

export function sendRejection(
  exchange: Exchange,
  status: number,
  text: string,
  headers: FlatHeaders = [],
): void {
  const body = JSON.stringify({ error: text, code: exchange.transid });
  sendJson(exchange, status, body, ["X-Request-ID", exchange.transid, ...headers]);
}

export function takes({ request }: Exchange, contentType: string): boolean {
  const { accept, "accept-charset": charset } = request.headers;
  const acceptCharset = Array.isArray(charset) ? charset.join() : charset;
  return isAcceptable(contentType, { accept, acceptCharset });
}

export function sendNotAcceptable(exchange: Exchange, contentType: string): void {
  const text = `Resource representation is only available with these types:\n${contentType}`;
  sendRejection(exchange, 406, text);
}

export function commonHeaders({ activationId, cors, transid }: Exchange): FlatHeaders {
  return [
    ...(activationId === undefined ? [] : ["x-openwhisk-activation-id", activationId]),
    ...cors,
    "X-Request-ID",
    transid,
  ];
}

function sendJson(
  { response }: Exchange,
  status: number,
  body: string,
  headers: FlatHeaders,
): void {
  if (response.headersSent || response.destroyed) return;
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, [
    ...headers,
    "Content-Type",
    "application/json",
    "Content-Length",
    length,
  ]);
  response.end(body);
}
