/**
 * The nodes that gateway cases put behind their routes. Each answers with what it received, as
 * JSON, unless the query asks for something else: `status`, `delay` (ms), `header` (name:value,
 * repeatable), `text`, `chunked`, `close`, `reset`, `fail` (the node that is to answer 500).
 *
 * Run as a program it serves the gateway of another server: `node tests/conformance/upstream.ts
 * 1980 1981`, and CONFORMANCE_UPSTREAMS="host:1980,host:1981" names it to the cases.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { argv } from "node:process";

/** "host:port" of the first and the second node. */
export type Upstreams = readonly [one: string, two: string];

type Node = { readonly address: string; close(): Promise<void> };

/** `name` is "one" or "two"; port 0 picks a free one. */
export async function startNode(name: string, port: number, host = "127.0.0.1"): Promise<Node> {
  const server = createServer((request, response) => {
    answer(name, request, response).catch(() => response.destroy());
  });
  await listen(server, port, host);
  return {
    address: `${host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
}

async function answer(
  node: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const { method, url = "", headers } = request;
  const asked = new URL(url, "http://node").searchParams;
  if (asked.has("reset")) {
    request.socket.resetAndDestroy();
    return;
  }
  const body = Buffer.concat(parts).toString("latin1");
  const text = asked.get("text") ?? JSON.stringify({ node, method, url, headers, body });
  const status = asked.get("fail") === node ? 500 : Number(asked.get("status") ?? 200);
  const send = (): void => respond(response, { asked, status, text });
  setTimeout(send, Number(asked.get("delay") ?? 0));
}

type Asked = {
  readonly asked: URLSearchParams;
  readonly status: number;
  readonly text: string;
};

function respond(response: ServerResponse, { asked, status, text }: Asked): void {
  for (const line of asked.getAll("header")) {
    const [name = "", value = ""] = line.split(/:(.*)/s);
    response.appendHeader(name, value);
  }
  if (!response.hasHeader("content-type")) response.setHeader("Content-Type", "application/json");
  if (asked.has("close")) response.setHeader("Connection", "close");
  if (!asked.has("chunked") && status !== 204 && status !== 304) {
    response.setHeader("Content-Length", Buffer.byteLength(text));
  }
  response.writeHead(status);
  if (asked.has("chunked")) response.write(text.slice(0, 1));
  response.end(asked.has("chunked") ? text.slice(1) : text);
}

if (import.meta.main) {
  const [one = "1980", two = "1981"] = argv.slice(2);
  await Promise.all([startNode("one", Number(one), "::"), startNode("two", Number(two), "::")]);
}
