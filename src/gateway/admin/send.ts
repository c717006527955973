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
  const bytes = Buffer.byteLength(text);
  const fields = ["Content-Type", headers?.["Content-Type"] ?? "application/json"];
  fields.push("Server", options.server);
  if (options.cors) fields.push(...CORS);
  if (!isRead) fields.push("Connection", "close");
  for (const name in headers) if (name !== "Content-Type") fields.push(name, headers[name] ?? "");
  if (status !== 204) fields.push("Content-Length", String(bytes));
  response.writeHead(status, fields);
  // As a text it goes out in one piece with the head; as what it is where it is ASCII only.
  const encoding = bytes === text.length ? "latin1" : "utf8";
  if (request.method === "HEAD") response.end();
  else response.end(text, encoding);
}

const CORS: readonly string[] = [
  ...["Access-Control-Allow-Origin", "*"],
  ...["Access-Control-Allow-Credentials", "true"],
  ...["Access-Control-Expose-Headers", "*"],
  ...["Access-Control-Max-Age", "3600"],
];
