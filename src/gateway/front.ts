/** From node's requests to the pipeline: heads are read and refused here, not the bodies. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { BodyWriter, exitHead, isStream, writeStream } from "./answer.ts";
import type { Certificates } from "./certificates.ts";
import { ClientRequest, type RequestHead } from "./client-request.ts";
import { errorPage } from "./error-page.ts";
import { compileAddresses } from "./expression.ts";
import { HeaderList } from "./header-list.ts";
import { Http1Sink, Http2Sink } from "./node-sink.ts";
import type { Pipeline } from "./pipeline.ts";
import type { PluginApi, PluginExit } from "./plugin.ts";
import { type Connection, RequestContext } from "./request-context.ts";
import { completeForwarded, readHead, sanitiseForwarded } from "./request-head.ts";
import type { Sink } from "./sink.ts";
import { Traffic } from "./traffic.ts";
import { UpgradeSink } from "./upgrade-sink.ts";
import { hostWithoutPort } from "./uri.ts";

type AnyRequest = IncomingMessage | Http2ServerRequest;
type AnyResponse = ServerResponse | Http2ServerResponse;

export type FrontOptions = {
  readonly pipeline: Pipeline;
  /** Peers whose `X-Forwarded-*` are believed; empty: no boundary is drawn. */
  readonly trustedAddresses: readonly string[];
  readonly certificates: Certificates;
  /** ms epoch */
  readonly now: () => number;
};

export class Front {
  readonly traffic = new Traffic();
  private readonly options: FrontOptions;
  private readonly isTrusted: ((address: string) => boolean) | undefined;

  constructor(options: FrontOptions) {
    this.options = options;
    const { trustedAddresses } = options;
    this.isTrusted = trustedAddresses.length === 0 ? undefined : compileAddresses(trustedAddresses);
  }

  serve(request: AnyRequest, response: AnyResponse): void {
    const connection = connectionOf(request, this.traffic, this.options.certificates);
    if (connection.isRefused) return;
    const ctx = this.contextOf(request, connection);
    if (typeof ctx === "number") {
      // What follows the head may be part of its body.
      if (!("stream" in request)) connection.isRefused = true;
      refuse(sinkOf(request, response), ctx);
      return;
    }
    // What came with an upgrade that is not taken up is lost: node has put the rest aside.
    if (isUntakenUpgrade(ctx)) (response as ServerResponse).shouldKeepAlive = false;
    this.handle(ctx, sinkOf(request, response));
  }

  upgrade(request: IncomingMessage, socket: Duplex, first: Buffer): void {
    const connection = connectionOf(request, this.traffic, this.options.certificates);
    if (connection.isRefused) {
      socket.destroy();
      return;
    }
    const sink = new UpgradeSink(request, socket, first);
    const ctx = this.contextOf(request, connection);
    if (typeof ctx === "number") refuse(sink, ctx);
    else if (ctx.request.hasBody) refuse(sink, 400);
    else this.handle(ctx, sink);
  }

  /** False: no plugin serves the path. */
  serveApi(
    apis: readonly PluginApi[],
    on: PluginApi["on"],
    request: IncomingMessage,
    response: ServerResponse,
  ): boolean {
    const ctx = this.contextOf(
      request,
      connectionOf(request, this.traffic, this.options.certificates),
    );
    if (typeof ctx === "number") return false;
    const { path, head } = ctx.request;
    const api = apis.find(
      (one) => one.on === on && one.uri === path && one.methods.includes(head.method),
    );
    if (api === undefined) return false;
    void answerApi(api, ctx, new Http1Sink(response));
    return true;
  }

  private admits(tls: NonNullable<Connection["tls"]>, head: RequestHead): boolean {
    return this.options.certificates.admits({
      serverName: tls.serverName,
      host: hostWithoutPort(head.authority),
      path: head.target.path,
      isVerified: tls.isClientVerified,
    });
  }

  private handle(ctx: RequestContext, sink: Sink): void {
    this.traffic.begun();
    sink.onDone(this.traffic.ended);
    // It answers every failure itself.
    void this.options.pipeline.handle(ctx, sink);
  }

  /** The status of the refusal where the head is not to be trusted. */
  private contextOf(request: AnyRequest, connection: Connection): RequestContext | number {
    const head = readHead(request, connection.tls === undefined ? "http" : "https");
    if ("refusal" in head) return head.refusal;
    if (connection.tls !== undefined && !this.admits(connection.tls, head)) return 400;
    const { isTrusted } = this;
    const trusted = isTrusted?.(connection.peer.address) === true;
    const port = String(connection.local.port);
    if (trusted) completeForwarded(head, port);
    else sanitiseForwarded(head, port);
    if (!trusted && isTrusted !== undefined) head.headers.remove("X-Forwarded-For");
    const body = hasBody(request, head) ? request : undefined;
    return new RequestContext(new ClientRequest(head, body), connection, this.options.now());
  }
}

function isUntakenUpgrade({ request: { head } }: RequestContext): boolean {
  return head.httpVersion === "1.1" && head.framing.upgrade !== undefined;
}

function sinkOf(request: AnyRequest, response: AnyResponse): Sink {
  return "stream" in request
    ? new Http2Sink(response as Http2ServerResponse)
    : new Http1Sink(response as ServerResponse);
}

/** Answers whatever happens; what cannot be sent (a status that is none) is broken off. */
async function answerApi(api: PluginApi, ctx: RequestContext, sink: Http1Sink): Promise<void> {
  try {
    const exit = await exitOfApi(api, ctx);
    const { headers, body } = exitHead(exit);
    const { response } = ctx;
    response.begin(exit.status, headers, "plugin");
    sink.head(response.status, response.headers);
    const writer = new BodyWriter(response, sink, [], ctx.request.method === "HEAD");
    if (isStream(body)) await writeStream(writer, body, sink);
    else writer.end(body);
  } catch {
    sink.abort();
  }
}

async function exitOfApi(api: PluginApi, ctx: RequestContext): Promise<PluginExit> {
  try {
    return await api.handler(ctx);
  } catch {
    return { status: 500 };
  }
}

function hasBody(request: AnyRequest, { framing }: RequestHead): boolean {
  if ("stream" in request) return !request.stream.endAfterHeaders;
  const { isChunked, contentLength } = framing;
  return isChunked || (contentLength !== undefined && contentLength !== "0");
}

/** Where a connection keeps what is known of it: sooner read than a map by socket. */
const KNOWN = Symbol("connection");
type Holder = { [KNOWN]?: Connection; once(event: "close", listener: () => void): unknown };
let connectionCount = 0;

/** The same object for all requests of a connection. */
function connectionOf(
  request: AnyRequest,
  traffic: Traffic,
  certificates: Certificates,
): Connection {
  const holder = holderOf(request);
  const known = holder[KNOWN];
  if (known !== undefined) return known;
  const { socket } = request;
  const tls = tlsOf(socket, certificates);
  const made: Connection = {
    id: ++connectionCount,
    peer: endpoint(socket.remoteAddress, socket.remotePort),
    local: endpoint(socket.localAddress, socket.localPort),
    isRefused: false,
    ...(tls === undefined ? {} : { tls }),
  };
  holder[KNOWN] = made;
  traffic.connected(holder);
  return made;
}

/** What lives as long as the connection; HTTP/2 gives each request a socket of its own. */
function holderOf(request: AnyRequest): Holder {
  if ("stream" in request) return request.stream.session ?? request.stream;
  return request.socket;
}

/** IPv4 in its own notation, also on a listener of both families. */
function endpoint(address = "", port = 0): Connection["peer"] {
  return {
    address: address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address,
    port,
  };
}

function tlsOf(socket: object, certificates: Certificates): Connection["tls"] {
  if (!("getProtocol" in socket) || typeof socket.getProtocol !== "function") return undefined;
  const secure = socket as TLSSocket;
  const { servername } = secure as { servername?: string | false };
  // Asked of everybody, but one that nobody demanded was not held against the right authority.
  const isAccepted = certificates.accepts(servername || "", secure);
  return {
    protocol: secure.getProtocol() ?? "",
    cipher: secure.getCipher().name,
    isClientVerified: isAccepted,
    ...(isAccepted ? { clientCertificate: () => secure.getPeerX509Certificate() } : {}),
    ...(typeof servername === "string" ? { serverName: servername } : {}),
  };
}

/** nginx's page, and the end of the connection, where it is not shared. */
function refuse(sink: Sink, status: number): void {
  if (sink.isGone) return;
  const page = errorPage(status);
  const headers = ["Content-Type", "text/html; charset=utf-8", "Content-Length", `${page.length}`];
  sink.head(status, new HeaderList([...headers, "Connection", "close"]));
  // Written at once: what follows may be no head at all, and end the connection.
  sink.write(Buffer.from(page));
  sink.end();
}
