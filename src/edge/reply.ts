/** The small answers of the edge. Like all answers of the original's edge they carry an id. */
import type { ServerResponse } from "node:http";
import { randomName } from "../lib/ids.ts";

export function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | number>>,
  body: string | Buffer,
): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { "X-Request-ID": requestId(), "Content-Length": length, ...headers });
  response.end(body);
}

export function answerText(response: ServerResponse, status: number, text: string): void {
  answer(response, status, { "Content-Type": "text/plain; charset=utf-8" }, text);
}

export function redirect(response: ServerResponse, status: 301 | 308, location: string): void {
  answer(response, status, { Location: location }, "");
}

export function requestId(): string {
  return randomName(32);
}
