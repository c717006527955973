/**
 * Ports on which a gateway is reached: HTTP/1.1, or TLS by SNI with HTTP/2 and HTTP/1.1. Heads are
 * read strictly; slow, oversized and malformed ones get nginx's pages and no further attention.
 */
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import type {
  Http2SecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  SecureServerOptions,
  ServerHttp2Session,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex, Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import { closeWhenIdle } from "../lib/close-when-idle.ts";
import { errorPage, reasonOf } from "./error-page.ts";
import type { Gateway } from "./gateway.ts";
import { CANCEL, Http2Clock } from "./http2-clock.ts";
import { endTunnel } from "./tunnel.ts";

export type ProxyListenerOptions = {
  readonly gateway: Gateway;
  readonly host: string;
  /** 0 picks a free one */
  readonly port: number;
  /** TLS with the certificates of the configuration (`ssls`). */
  readonly tls?: boolean;
  /** Request line and headers; default 32 KiB, as nginx's large_client_header_buffers. */
  readonly headerBytesMax?: number;
  /** For a whole head, milliseconds; default 60 s. */
  readonly headMs?: number;
  /** For a whole request; default 0: any. A body may be long. */
  readonly requestMs?: number;
  /**
   * Nothing comes or goes for so long within a body, within an answer, or between two requests;
   * default 60 s, as nginx's client_body_timeout, send_timeout and keepalive_timeout.
   */
  readonly silenceMs?: number;
  /** Without TLS: takes requests that are served before any route (an Admin API on this port). */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse) => boolean;
};

export type ProxyListener = {
  readonly port: number;
  /** Open connections. */
  connections(): number;
  /**
   * Takes no more connections, and ends tunnels; resolves when open requests are answered or
   * `graceMs` is over.
   */
  close(graceMs?: number): Promise<void>;
};

// node:http and node:http2 are got where they are used: imports would evaluate every export of
// them, which is felt at the start.
const HEADER_BYTES_MAX = 32 * 1024;
const MINUTE_MS = 60_000;
const BACKLOG = 511;
/** RFC 9113 7: a stream is over, and nothing is wrong. */
const NO_ERROR = 0;
/** How often a listener that closes looks for new tunnels. */
const SWEEP_MS = 100;

/** Rejects when the address cannot be had. */
export async function startProxyListener(options: ProxyListenerOptions): Promise<ProxyListener> {
  const { gateway, host, port, tls = false } = options;
  const server = tls ? secureServer(options) : plainServer(options);
  const sockets = new Set<Socket>();
  const upgraded = new Set<Duplex>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request: IncomingMessage, _: Duplex, first: Buffer) => {
    // With a body node gives a stream in place of the socket.
    const { socket } = request;
    if (!request.complete) {
      refuseBytes(new Error("a request to upgrade has a body"), socket);
      return;
    }
    const upgrade = (): void => {
      if (socket.destroyed) return;
      // The tunnel has a clock of its own.
      socket.setTimeout(0);
      upgraded.add(socket);
      socket.once("close", () => upgraded.delete(socket));
      gateway.upgrade(request, socket, first);
    };
    // Answers come in the order of the requests.
    const before = answers.get(socket);
    if (before === undefined || before.writableFinished) upgrade();
    else before.once("close", upgrade);
  });
  server.on("clientError", refuseBytes);
  server.on("checkContinue", (request, response) => {
    // As nginx: who is refused before anybody wants the body is not told to send it.
    request.once("resume", () => {
      if (!response.headersSent) response.writeContinue();
    });
    server.emit("request", request, response);
  });
  // Unknown demands of `Expect` are let through, as nginx does.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: BACKLOG }, () => resolve());
  });
  server.on("error", () => undefined);
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => sockets.size,
    close: (graceMs = 0) => close(server, { sockets, upgraded }, graceMs),
  };
}

function plainServer(options: ProxyListenerOptions): Server {
  const { gateway, intercept, silenceMs = MINUTE_MS } = options;
  const { createServer } = process.getBuiltinModule("node:http");
  const server = createServer(httpOptions(options), (request, response) => {
    answers.set(request.socket, response);
    if (intercept?.(request, response) !== true) gateway.serve(request, response);
  });
  server.timeout = silenceMs;
  server.on("timeout", (socket) => onSilence(socket, silenceMs));
  return server;
}

function secureServer(options: ProxyListenerOptions): Http2SecureServer {
  const { gateway, silenceMs = MINUTE_MS } = options;
  const settings: SecureServerOptions = {
    ...httpOptions(options),
    allowHTTP1: true,
    // Asked of everybody, for node cannot ask by name; demanded where the `ssl` says so.
    requestCert: true,
    rejectUnauthorized: false,
    // Called as a method of the socket.
    SNICallback(this: TLSSocket, name, done) {
      gateway.secureContext(name, this, done);
    },
    // Clients with an unknown name get no certificate: the handshake fails.
    handshakeTimeout: MINUTE_MS,
  };
  const { createSecureServer } = process.getBuiltinModule("node:http2");
  const clock = new Http2Clock({ stallMs: silenceMs, idleMs: silenceMs });
  const server = createSecureServer(settings, (request, response) => {
    if (request.httpVersionMajor < 2) {
      answers.set(request.socket, response);
    } else {
      request.once("aborted", giveUpBody);
      onSilentBody(request, response, silenceMs);
    }
    gateway.serve(request, response);
  });
  gateway.followUnnamed((context) => server.setSecureContext(context));
  server.on("session", (session) => clock.watch(session, arriving));
  // Of HTTP/1, as on the other port.
  server.on("timeout", (silent: Socket | ServerHttp2Session) => {
    if (!("goaway" in silent)) onSilence(silent, silenceMs);
  });
  // Node makes the session, if there is one, of the connection that was announced last.
  let arriving: TLSSocket;
  server.prependListener("secureConnection", (socket) => {
    arriving = socket;
    const { servername: name } = socket as { servername?: string | false };
    const isAllowed = gateway.allowsProtocol(name || "", socket.getProtocol() ?? "");
    if (!isAllowed) socket.destroy();
    else if (socket.alpnProtocol !== "h2") socket.setTimeout(silenceMs);
  });
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.on("sessionError", () => undefined);
  return server;
}

function httpOptions(options: ProxyListenerOptions): ServerOptions {
  return {
    maxHeaderSize: options.headerBytesMax ?? HEADER_BYTES_MAX,
    headersTimeout: options.headMs ?? MINUTE_MS,
    requestTimeout: options.requestMs ?? 0,
    // Idle connections are silent ones: another clock of node's would be told to every client, and
    // with TLS stop the one that is there.
    keepAliveTimeout: 0,
    connectionsCheckingInterval: Math.min(5000, options.headMs ?? MINUTE_MS),
    noDelay: true,
    insecureHTTPParser: false,
    // Heads are checked where they are read; nginx's answer is a page.
    requireHostHeader: false,
    // Other protocols than WebSocket are not spoken: such requests are ordinary ones.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === "websocket",
  };
}

async function close(
  server: Server | Http2SecureServer,
  open: { readonly sockets: ReadonlySet<Socket>; readonly upgraded: ReadonlySet<Duplex> },
  graceMs: number,
): Promise<void> {
  const clock = setTimeout(() => {
    for (const socket of open.sockets) socket.destroy();
  }, graceMs);
  const endTunnels = (): void => {
    for (const socket of open.upgraded) endTunnel(socket);
  };
  endTunnels();
  // Some may begin yet: their requests are being answered.
  const sweep = setInterval(endTunnels, SWEEP_MS);
  // node's HTTP/2 server has the method too, for connections of HTTP/1.1.
  await closeWhenIdle(server as Server);
  clearInterval(sweep);
  clearTimeout(clock);
}

/** The latest answer of each HTTP/1 connection. */
const answers = new WeakMap<object, ServerResponse | Http2ServerResponse>();

/**
 * Nothing has come or gone for a while. Idle connections are closed, and those of clients that stop
 * within a body, or take nothing of their answer; an answer that is being made is waited for.
 */
function onSilence(socket: Socket, silenceMs: number): void {
  const answer = answers.get(socket);
  if (answer === undefined || answer.writableFinished || !("req" in answer)) {
    socket.destroy();
    return;
  }
  const { req: request } = answer;
  // A client that takes nothing of what waits for it is not waited for either.
  if (socket.writableLength > 0) socket.destroy();
  else if (request.complete || isUnread(request)) socket.setTimeout(silenceMs);
  else refuseBytes(Object.assign(new Error(), { code: "ERR_HTTP_REQUEST_TIMEOUT" }), socket);
}

/** Nobody waits for the client: its body is not wanted yet, or not at the moment. */
function isUnread(request: Readable): boolean {
  return request.readableFlowing !== true;
}

/** A stream of HTTP/2 stops within its body; of its answer the clock takes care. */
function onSilentBody(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  silenceMs: number,
): void {
  const { stream } = request;
  stream.setTimeout(silenceMs);
  stream.on("timeout", () => {
    if (stream.state.remoteClose !== 0) return;
    if (isUnread(request)) stream.setTimeout(silenceMs);
    else refuseStream(request, response);
  });
}

/** Broken off: node ends the body all the same, as if it were complete. Its readers hear before. */
function giveUpBody(this: Http2ServerRequest): void {
  this.destroy();
}

function refuseStream(request: Http2ServerRequest, response: Http2ServerResponse): void {
  const { stream } = request;
  if (stream.headersSent) {
    stream.close(CANCEL);
    return;
  }
  response.statusCode = 408;
  request.destroy();
  const page = errorPage(408);
  const length = { "content-length": Buffer.byteLength(page) };
  stream.respond({ ":status": 408, "content-type": "text/html; charset=utf-8", ...length });
  // That was all for a HEAD.
  if (!stream.writableEnded) stream.end(page);
  // Goes out behind the page: nothing more is wanted.
  stream.close(NO_ERROR);
}

function refuseBytes(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const before = answers.get(socket);
  if (before !== undefined && !before.writableFinished && before.req.complete) {
    // What is wrong came behind a request that still gets its answer.
    before.once("close", () => socket.end(() => socket.destroy()));
    return;
  }
  if (!socket.writable || isAnswered(socket)) {
    socket.destroy();
    return;
  }
  const status = statusOf(error.code);
  if (before !== undefined && !before.headersSent) before.statusCode = status;
  const page = errorPage(status);
  socket.end(
    `HTTP/1.1 ${status} ${reasonOf(status)}\r\nContent-Type: text/html; charset=utf-8\r\n` +
      `Content-Length: ${page.length}\r\nConnection: close\r\n\r\n${page}`,
    // Whoever does not read the refusal is not waited for.
    () => socket.destroy(),
  );
}

/** An answer is under way, or was the last one: a second one would be taken for part of it. */
function isAnswered(socket: Duplex): boolean {
  const answer = answers.get(socket);
  if (answer === undefined || !("shouldKeepAlive" in answer) || !answer.headersSent) return false;
  return !answer.writableFinished || !answer.shouldKeepAlive;
}

function statusOf(code: string | undefined): number {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
}
