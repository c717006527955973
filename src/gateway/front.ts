/** From node's requests to the pipeline: heads are read and refused here, not the bodies. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { BodyWriter, exitHead, writeStream } from "./answer.ts";
import type { Certificates } from "./certificates.ts";
import { ClientRequest, type RequestHead } from "./client-request.ts";
import { errorPage, reasonOf } from "./error-page.ts";
import { compileAddresses } from "./expression.ts";
import { Http1Sink, Http2Sink } from "./node-sink.ts";
import type { Pipeline } from "./pipeline.ts";
import type { PluginApi, PluginExit } from "./plugin.ts";
import { type Connection, RequestContext } from "./request-context.ts";
import { readHead, sanitiseForwarded } from "./request-head.ts";
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
    if (refused.has(request.socket)) return;
    const ctx = this.contextOf(request);
    if (typeof ctx === "number") {
      refuse(response, ctx);
      return;
    }
    // What came with an upgrade that is not taken up is lost: node has put the rest aside.
    if (isUntakenUpgrade(ctx)) (response as ServerResponse).shouldKeepAlive = false;
    this.handle(ctx, sinkOf(request, response));
  }

  upgrade(request: IncomingMessage, socket: Duplex, first: Buffer): void {
    const sink = new UpgradeSink(request, socket, first);
    const ctx = this.contextOf(request);
    if (typeof ctx === "number") sink.refuse(ctx);
    else if (ctx.request.hasBody) sink.refuse(400);
    else this.handle(ctx, sink);
  }

  /** False: no plugin serves the path. */
  serveApi(
    apis: readonly PluginApi[],
    on: PluginApi["on"],
    request: IncomingMessage,
    response: ServerResponse,
  ): boolean {
    const ctx = this.contextOf(request);
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
  private contextOf(request: AnyRequest): RequestContext | number {
    const connection = connectionOf(request, this.traffic);
    const head = readHead(request, connection.tls === undefined ? "http" : "https");
    if ("refusal" in head) return head.refusal;
    if (connection.tls !== undefined && !this.admits(connection.tls, head)) return 400;
    const { isTrusted } = this;
    const trusted = isTrusted?.(connection.peer.address) === true;
    if (!trusted) sanitiseForwarded(head, connection.local.port);
    if (!trusted && isTrusted !== undefined) head.headers.remove("X-Forwarded-For");
    const body = hasBody(request, head) ? request : undefined;
    return new RequestContext(new ClientRequest(head, body), connection, this.options.now());
  }
}

function isUntakenUpgrade({ request: { head } }: RequestContext): boolean {
  return head.httpVersion === "1.1" && head.headers.has("upgrade");
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
    if (body === undefined || body instanceof Uint8Array) writer.end(body);
    else await writeStream(writer, body, sink);
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

/** From the raw fields: node's own object of them is not made for this. */
function hasBody(request: AnyRequest, { headers }: RequestHead): boolean {
  if ("stream" in request) return !request.stream.endAfterHeaders;
  if (headers.has("transfer-encoding")) return true;
  const length = headers.get("content-length");
  return length !== undefined && length !== "0";
}

const connections = new WeakMap<object, Connection>();
let connectionCount = 0;

/** The same object for all requests of a connection. */
function connectionOf(request: AnyRequest, traffic: Traffic): Connection {
  const { socket } = request;
  const known = connections.get(socket);
  if (known !== undefined) return known;
  const tls = tlsOf(socket);
  const made: Connection = {
    id: ++connectionCount,
    peer: endpoint(socket.remoteAddress, socket.remotePort),
    local: endpoint(socket.localAddress, socket.localPort),
    ...(tls === undefined ? {} : { tls }),
  };
  connections.set(socket, made);
  traffic.connected(socket);
  return made;
}

/** IPv4 in its own notation, also on a listener of both families. */
function endpoint(address = "", port = 0): Connection["peer"] {
  return {
    address: address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address,
    port,
  };
}

function tlsOf(socket: object): Connection["tls"] {
  if (!("getProtocol" in socket) || typeof socket.getProtocol !== "function") return undefined;
  const secure = socket as TLSSocket;
  const { servername } = secure as { servername?: string | false };
  return {
    protocol: secure.getProtocol() ?? "",
    cipher: secure.getCipher().name,
    isClientVerified: secure.authorized,
    ...(typeof servername === "string" ? { serverName: servername } : {}),
  };
}

/** Connections of HTTP/1 on which a head was refused: what follows it may be part of its body. */
const refused = new WeakSet<object>();

function refuse(response: AnyResponse, status: number): void {
  const page = errorPage(status);
  const isHttp2 = "stream" in response.req;
  response.statusCode = status;
  if (!isHttp2) (response as ServerResponse).statusMessage = reasonOf(status);
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(page));
  if (!isHttp2) {
    (response as ServerResponse).shouldKeepAlive = false;
    refused.add(response.req.socket);
  }
  response.end(page);
}
