/** Writes an answer of the Admin API. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AdminReply } from "./reply.ts";

export function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, body, headers }: AdminReply,
  options: { readonly server: string; readonly cors: boolean },
): void {
  if (response.headersSent || response.destroyed) return;
  const text =
    body === undefined ? "" : typeof body === "string" ? body : `${JSON.stringify(body)}\n`;
  // What is left of the request is not read: the connection cannot be used again.
  const isRead = request.complete || request.method === "GET" || request.method === "HEAD";
  response.writeHead(status, {
    "Content-Type": "application/json",
    Server: options.server,
    ...(options.cors ? CORS : {}),
    ...(isRead ? {} : { Connection: "close" }),
    ...headers,
    ...(status === 204 ? {} : { "Content-Length": Buffer.byteLength(text) }),
  });
  // As a text it goes out in one piece with the head.
  response.end(request.method === "HEAD" ? undefined : text);
}

const CORS = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Credentials": "true",
  "Access-Control-Expose-Headers": "*",
  "Access-Control-Max-Age": "3600",
};
