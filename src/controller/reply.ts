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
  response.writeHead(reply.status, headersOf(transid, corsSet, reply));
  response.end(reply.body);
}

/** name, value, name, value… */
function headersOf(transid: string, corsSet: CorsSet, reply: Reply): string[] {
  const headers = [...CORS[corsSet], "X-Request-ID", transid];
  // There is no body in a 204, so nothing is said of it.
  if (reply.status !== 204) {
    const type = reply.type === "text" ? TEXT_TYPE : JSON_TYPE;
    const length = String(Buffer.byteLength(reply.body));
    headers.push("Content-Type", type, "Content-Length", length);
  }
  if (reply.headers !== undefined) {
    for (const [name, value] of Object.entries(reply.headers)) headers.push(name, value);
  }
  return headers;
}

type ActivationAnswer = {
  readonly response: ServerResponse;
  readonly transid: string;
  readonly status: number;
  readonly activationId: string;
  readonly body: string;
};

const ACTIVATION_HEADERS = [...CORS.rest, "Content-Type", JSON_TYPE];
/** Answers to invocations that are ready in this turn of the event loop. */
const ready: ActivationAnswer[] = [];

/**
 * The answer to an invocation that has an activation. Answers that become ready together are
 * written one right after the other: the first wakes the client, the next ones find it awake.
 */
export function sendActivation(answer: ActivationAnswer): void {
  if (ready.push(answer) === 1) process.nextTick(writeReady);
}

function writeReady(): void {
  const answers = ready.splice(0);
  for (const answer of answers) writeActivation(answer);
}

function writeActivation(answer: ActivationAnswer): void {
  const { response, transid, status, activationId, body } = answer;
  const bytes = Buffer.byteLength(body);
  response.writeHead(status, activationHeaders(transid, activationId, bytes));
  // Text without other than ASCII is the same in both, and sooner written as what it is.
  response.end(body, bytes === body.length ? "latin1" : "utf8");
}

/** name, value, name, value… */
export function activationHeaders(transid: string, activationId: string, bytes: number): string[] {
  return [
    ...ACTIVATION_HEADERS,
    "X-Request-ID",
    transid,
    "x-openwhisk-activation-id",
    activationId,
    "Content-Length",
    String(bytes),
  ];
}

export function sendError(response: ServerResponse, transid: string, error: PlatformError): void {
  const { status, headers, body } = errorReply(transid, error);
  response.writeHead(status, headers);
  response.end(body);
}

/** Status, headers (name, value, name, value…) and body that say what went wrong. */
export function errorReply(
  transid: string,
  error: PlatformError,
): { readonly status: number; readonly headers: string[]; readonly body: string } {
  const { status } = error;
  const body = JSON.stringify({ error: error.message, code: transid });
  const corsSet = error.layer === "handler" ? "rest" : "none";
  const more = status === 401 ? { "WWW-Authenticate": CHALLENGE } : {};
  return { status, body, headers: headersOf(transid, corsSet, { status, body, headers: more }) };
}
