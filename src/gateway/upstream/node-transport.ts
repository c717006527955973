import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import type { Readable } from "node:stream";
import type { SecureContextOptions } from "node:tls";
import { HeaderList } from "../header-list.ts";
import { type Exchange, type ExchangeAnswer, ExchangeError, type Transport } from "./transport.ts";

export type NodeTransportOptions = {
  readonly size: number;
  readonly idleMs: number;
  readonly tls?: SecureContextOptions & { readonly rejectUnauthorized: boolean };
};

/** HTTP/1.1 over connections that are kept. */
export function createNodeTransport({ size, idleMs, tls }: NodeTransportOptions): Transport {
  const options = { keepAlive: true, maxFreeSockets: size, timeout: idleMs };
  const agent = tls === undefined ? new HttpAgent(options) : new HttpsAgent({ ...options, ...tls });
  return {
    exchange: (exchange, signal) => {
      const isTls = tls !== undefined;
      return send(exchange, agent, isTls, signal);
    },
    close: () => agent.destroy(),
  };
}

function send(
  exchange: Exchange,
  agent: HttpAgent,
  isTls: boolean,
  signal: AbortSignal | undefined,
): Promise<ExchangeAnswer> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    let connectMs = 0;
    let sent = false;
    const host = exchange.headers.get("host");
    const open = isTls ? requestHttps : requestHttp;
    const request = open({
      agent,
      host: exchange.host,
      port: exchange.port,
      method: exchange.method,
      path: exchange.target,
      headers: framed(exchange),
      setHost: false,
      ...(isTls && host !== undefined ? { servername: host.replace(/:\d+$/, "") } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
    const clock = setTimeout(() => fail("timeout"), exchange.timeouts.connectMs);
    const fail = (kind: ExchangeError["kind"], cause?: unknown): void => {
      clearTimeout(clock);
      reject(new ExchangeError(kind, sent, { cause }));
      request.destroy();
    };
    request.on("socket", (socket) => {
      const ready = (): void => {
        connectMs = performance.now() - begun;
        sent = true;
        clearTimeout(clock);
        request.setTimeout(exchange.timeouts.readMs, () => fail("timeout"));
        writeBody(request, exchange, () => fail("client"));
      };
      if (socket.connecting) socket.once(isTls ? "secureConnect" : "connect", ready);
      else ready();
    });
    request.on("error", (cause: NodeJS.ErrnoException) => {
      const parse = cause.code?.startsWith("HPE_") === true;
      fail(parse ? "protocol" : sent ? "reset" : "connect", cause);
    });
    const answer = (message: IncomingMessage): ExchangeAnswer => ({
      status: message.statusCode ?? 502,
      headers: new HeaderList(message.rawHeaders),
      body: message,
      connectMs,
      headerMs: performance.now() - begun,
    });
    request.on("response", (message) => {
      request.setTimeout(0);
      message.setTimeout(exchange.timeouts.readMs, () => message.destroy());
      resolve(answer(message));
    });
    request.on("upgrade", (message, socket, head) => {
      request.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve({ ...answer(message), socket });
    });
  });
}

function framed({ headers, body, contentLength, upgrades }: Exchange): string[] {
  const list = headers.copy();
  if (body !== undefined && contentLength === undefined) list.set("Transfer-Encoding", "chunked");
  else if (contentLength !== undefined) list.set("Content-Length", contentLength);
  if (!upgrades) list.set("Connection", "keep-alive");
  return list.raw;
}

function writeBody(request: ClientRequest, { body }: Exchange, onClientGone: () => void): void {
  if (body === undefined || Buffer.isBuffer(body)) {
    request.end(body);
    return;
  }
  const source: Readable = body;
  source.once("close", () => {
    if (!source.readableEnded) onClientGone();
  });
  source.pipe(request);
}
