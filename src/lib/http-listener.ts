/** An HTTP or HTTPS listener that has its port before it has its handler. */
import type { RequestListener, Server } from "node:http";
import type { Server as SecureServer, ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { closeWhenIdle } from "./close-when-idle.ts";
import { randomName } from "./ids.ts";

// An import would evaluate every export, the WebSocket client among them: 40 ms of the start.
const { createServer } = process.getBuiltinModule("node:http");

export type HttpListenerOptions = {
  readonly host: string;
  /** 0 picks a free one */
  readonly port: number;
  /** The flag that sets the port, for the message when it is in use: "--port" */
  readonly portFlag: string;
  readonly headerBytesMax: number;
  /** Answers while nothing is served; must close the connection. A bare 503 without it. */
  readonly unavailable?: RequestListener;
  /** With it, HTTPS is spoken. */
  readonly keyPair?: KeyPair;
};

/** PEM texts; the certificate may have its chain behind it. */
export type KeyPair = { readonly cert: string; readonly key: string };

/** Longer than what clients and proxies keep an idle connection for. */
const KEEP_ALIVE_MS = 75_000;
/** A request that is not complete by then is cut off. */
const REQUEST_MS = 300_000;
const BACKLOG = 1024;
/** A connection that has not agreed on its keys by then is cut off. */
const HANDSHAKE_MS = 10_000;

export class HttpListener {
  readonly port: number;
  private readonly server: Server | SecureServer;
  private readonly unavailable: RequestListener;
  private serves = false;

  private constructor(server: Server | SecureServer, unavailable: RequestListener = bareRefusal) {
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
    this.unavailable = unavailable;
    server.on("request", unavailable);
  }

  /** Rejects with one line when the address cannot be had. */
  static async listen(options: HttpListenerOptions): Promise<HttpListener> {
    const { host, port, headerBytesMax, unavailable, keyPair } = options;
    const bounds = {
      maxHeaderSize: headerBytesMax,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: REQUEST_MS,
    };
    const server =
      keyPair === undefined
        ? createServer(bounds)
        : secureServer({ ...bounds, ...keyPair, handshakeTimeout: HANDSHAKE_MS });
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause: NodeJS.ErrnoException) => reject(explain(cause, options)));
      server.listen({ host, port, backlog: BACKLOG }, () => resolve());
    });
    // A connection could not be taken (no file or memory left): its client sees it closed. Without
    // a listener the event would end the process.
    server.on("error", () => undefined);
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) =>
      refuseBytes(error, socket, headerBytesMax),
    );
    return new HttpListener(server, unavailable);
  }

  /** False before `serve` and after `refuse`. */
  get isServing(): boolean {
    return this.serves;
  }

  /** From now on requests go to `handler`. */
  serve(handler: RequestListener): void {
    this.serves = handler !== this.unavailable;
    this.server.removeAllListeners("request");
    this.server.on("request", handler);
  }

  /** New connections get this certificate; throws when the two do not belong together. */
  renew(keyPair: KeyPair): void {
    if ("setSecureContext" in this.server) this.server.setSecureContext(keyPair);
  }

  /** From now on requests are answered as before anything was served. */
  refuse(): void {
    this.serve(this.unavailable);
  }

  /** Takes no more connections; resolves when the open requests are answered. */
  close(): Promise<void> {
    return closeWhenIdle(this.server);
  }

  closeNow(): void {
    this.server.close(() => undefined);
    this.server.closeAllConnections();
  }
}

/** node:https is loaded by those who need it. */
function secureServer(options: ServerOptions): SecureServer {
  const { createServer: createSecureServer } = process.getBuiltinModule("node:https");
  return createSecureServer(options);
}

/** Answers what is not even a request; nothing follows on its connection. */
/** What node keeps on the connection of a request that is being answered. */
type Answering = Socket & { readonly _httpMessage?: { readonly headersSent: boolean } | null };

function refuseBytes(error: NodeJS.ErrnoException, socket: Socket, headerBytesMax: number): void {
  // An answer is under way: a second one would be taken for part of it.
  const answer = (socket as Answering)._httpMessage;
  if (!socket.writable || error.code === "ECONNRESET" || answer?.headersSent === true) {
    socket.destroy();
    return;
  }
  const [status, text] = refusalOf(error, headerBytesMax);
  const code = randomName(32);
  const body = JSON.stringify({ error: text, code });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nX-Request-ID: ${code}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function refusalOf(error: NodeJS.ErrnoException, headerBytesMax: number): [string, string] {
  if (error.code === "HPE_HEADER_OVERFLOW") {
    const text = `The request line and header fields are longer than ${headerBytesMax} bytes.`;
    return ["431 Request Header Fields Too Large", text];
  }
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return ["408 Request Timeout", "The request was not complete in time."];
  }
  return ["400 Bad Request", "The request contains bad syntax or cannot be fulfilled."];
}

const bareRefusal: RequestListener = (request, response) => {
  request.resume();
  response.writeHead(503, { Connection: "close" }).end();
};

function explain(
  cause: NodeJS.ErrnoException,
  { host, port, portFlag }: HttpListenerOptions,
): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} on ${host} is in use; choose another one with ${portFlag}`,
    EACCES: `port ${port} on ${host} needs more rights than this process has`,
    EADDRNOTAVAIL: `the address ${host} is not one of this machine's`,
    ENOTFOUND: `the host name ${host} is unknown`,
  };
  const reason = reasons[cause.code ?? ""] ?? `cannot listen on ${host}:${port}: ${cause.message}`;
  return new Error(reason, { cause });
}
