/**
 * The data plane of the gateway: routes, plugins and upstreams out of a `ConfigStore`, requests in
 * through `serve`, `listen` or `handle`. Free of the Admin API: it can be made a second time with
 * other routes.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { JsonObject } from "../core/documents.ts";
import { randomName } from "../lib/ids.ts";
import type { Logger } from "../lib/log.ts";
import { BodyWriter, exitHead, writeStream } from "./answer.ts";
import { ClientRequest } from "./client-request.ts";
import { RouteCompiler } from "./compiled-route.ts";
import { withDefaults } from "./conf-defaults.ts";
import { ConfigMirror } from "./config-mirror.ts";
import type { ConfigStore } from "./config-store.ts";
import { Consumers } from "./consumers.ts";
import { errorPage, reasonOf } from "./error-page.ts";
import { compileAddresses } from "./expression.ts";
import { GlobalRules } from "./global-rules.ts";
import type { LocalCall } from "./http-call.ts";
import { createHttpClient } from "./http-client.ts";
import { Http1Sink, Http2Sink } from "./node-sink.ts";
import { Pipeline } from "./pipeline.ts";
import type { AnyPlugin, PluginApi, PluginExit, PluginServices } from "./plugin.ts";
import { PluginSet } from "./plugin-set.ts";
import { type Connection, RequestContext } from "./request-context.ts";
import { readHead, sanitiseForwarded } from "./request-head.ts";
import { type FilterCompiler, Router } from "./router.ts";
import type { RouterMode } from "./routing/route-table.ts";
import { type SecretManager, Secrets } from "./secrets.ts";
import { Upstreams } from "./upstream/upstreams.ts";

export type GatewayOptions = {
  readonly store: ConfigStore;
  readonly plugins: readonly AnyPlugin[];
  readonly log: Logger;
  /** default "radixtree_host_uri" */
  readonly routerMode?: RouterMode;
  /** For `filter_func`; without it such routes are left out. */
  readonly compileFilter?: FilterCompiler;
  /** Variables for `$env://` references; default none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly secretManager?: SecretManager;
  /** `plugin_attr` of config.yaml */
  readonly pluginAttributes?: Readonly<Record<string, JsonObject>>;
  /** Peers whose `X-Forwarded-*` are believed: addresses and CIDR blocks; default none. */
  readonly trustedAddresses?: readonly string[];
  /** Origins that this program serves itself: plugins call them without a socket. */
  readonly local?: LocalCall;
  /** default "APISIX/3.18.0" */
  readonly serverHeader?: string;
  readonly showsUpstreamStatus?: boolean;
  /** ms epoch; default the system's clock */
  readonly now?: () => number;
  readonly instance?: PluginServices["instance"];
};

export type Gateway = {
  /** Answers a request of node's HTTP/1 or HTTP/2 server. */
  serve(
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): void;
  readonly mirror: ConfigMirror;
  readonly plugins: readonly AnyPlugin[];
  /** What plugins serve through `public-api` and the control API. */
  apis(): readonly PluginApi[];
  /**
   * Answers with a path that a plugin serves, for listeners of other ports; false: there is none,
   * and nothing was answered.
   */
  serveApi(on: PluginApi["on"], request: IncomingMessage, response: ServerResponse): boolean;
  /** Ends timers and connections of plugins and upstreams. */
  stop(): Promise<void>;
};

const VERSION = "3.18.0";

/** Resolves when the configuration has been read. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { store, log, now = Date.now } = options;
  const mirror = await ConfigMirror.open(store);
  const warn = (message: string, fields: object): void => log.warn(message, { ...fields });
  const { env = {}, secretManager } = options;
  const secrets = new Secrets({
    env,
    warn,
    ...(secretManager === undefined ? {} : { manager: secretManager }),
  });
  const pluginOf = (name: string): AnyPlugin | undefined => plugins.get(name);
  const consumers = new Consumers({ mirror, secrets, plugin: pluginOf });
  const http = createHttpClient(options.local);
  const pluginLog: PluginServices["log"] = (level, message, fields) =>
    log[level](message, { ...fields });
  const plugins = new PluginSet({
    plugins: options.plugins,
    secrets,
    services: {
      log: pluginLog,
      now,
      metadata: metadataOf(mirror, pluginOf),
      attributes: (name) => options.pluginAttributes?.[name] ?? {},
      consumers,
      http: http.call,
      instance: options.instance ?? { id: randomName(32), hostname: "localhost", version: VERSION },
    },
  });
  const { compileFilter, routerMode: mode = "radixtree_host_uri" } = options;
  const router = new Router({
    mirror,
    mode,
    warn,
    ...(compileFilter === undefined ? {} : { compileFilter }),
  });
  const upstreams = new Upstreams(mirror);
  const pipeline = new Pipeline({
    router,
    routes: new RouteCompiler(mirror, plugins),
    globals: new GlobalRules(mirror, plugins),
    upstreams,
    log: pluginLog,
    serverHeader: options.serverHeader ?? `APISIX/${VERSION}`,
    showsUpstreamStatus: options.showsUpstreamStatus ?? false,
  });
  mirror.onChange((changes) => {
    router.apply(changes);
    upstreams.apply(changes);
    for (const { folder, id, entry } of changes) {
      if (folder === "secrets") secrets.forget();
      if (entry === undefined) plugins.forget(`/${folder}/${id}`);
    }
  });
  const { trustedAddresses = [] } = options;
  const isTrusted = trustedAddresses.length === 0 ? undefined : compileAddresses(trustedAddresses);
  return {
    mirror,
    plugins: plugins.all(),
    apis: () => plugins.apis(),
    serveApi: (on, request, response) => serveApi(plugins.apis(), on, request, response, now),
    serve: (request, response) => serve(pipeline, isTrusted, now, request, response),
    stop: async () => {
      mirror.stop();
      await plugins.stop();
      upstreams.stop();
      http.close();
    },
  };
}

function serve(
  pipeline: Pipeline,
  isTrusted: ((address: string) => boolean) | undefined,
  now: () => number,
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
): void {
  const isHttp2 = request.httpVersionMajor === 2;
  const connection = connectionOf(request);
  const head = readHead(request, connection.tls === undefined ? "http" : "https");
  if ("refusal" in head) {
    refuse(response, head.refusal);
    return;
  }
  const trusted = isTrusted?.(connection.peer.address) === true;
  if (!trusted) sanitiseForwarded(head, connection.local.port);
  if (!trusted && isTrusted !== undefined) head.headers.remove("X-Forwarded-For");
  const ctx = new RequestContext(
    new ClientRequest(head, hasBody(request) ? request : undefined),
    connection,
    now(),
  );
  const sink = isHttp2
    ? new Http2Sink(response as Http2ServerResponse)
    : new Http1Sink(response as ServerResponse);
  // `handle` answers every failure itself.
  void pipeline.handle(ctx, sink);
}

function serveApi(
  apis: readonly PluginApi[],
  on: PluginApi["on"],
  request: IncomingMessage,
  response: ServerResponse,
  now: () => number,
): boolean {
  const connection = connectionOf(request);
  const head = readHead(request, connection.tls === undefined ? "http" : "https");
  if ("refusal" in head) return false;
  const api = apis.find(
    (one) => one.on === on && one.uri === head.target.path && one.methods.includes(head.method),
  );
  if (api === undefined) return false;
  const body = hasBody(request) ? request : undefined;
  const ctx = new RequestContext(new ClientRequest(head, body), connection, now());
  void answerApi(api, ctx, new Http1Sink(response));
  return true;
}

async function answerApi(api: PluginApi, ctx: RequestContext, sink: Http1Sink): Promise<void> {
  let exit: PluginExit;
  try {
    exit = await api.handler(ctx);
  } catch {
    exit = { status: 500 };
  }
  const { headers, body } = exitHead(exit);
  const { response } = ctx;
  response.begin(exit.status, headers, "plugin");
  sink.head(response.status, response.headers);
  const writer = new BodyWriter(response, sink, [], ctx.request.method === "HEAD");
  if (body === undefined || body instanceof Uint8Array) writer.end(body);
  else await writeStream(writer, body, sink).catch(() => sink.abort());
}

function hasBody(request: IncomingMessage | Http2ServerRequest): boolean {
  if ("stream" in request) return !request.stream.endAfterHeaders;
  const { "content-length": length, "transfer-encoding": coding } = request.headers;
  return coding !== undefined || (length !== undefined && length !== "0");
}

const connections = new WeakMap<object, Connection>();
let connectionCount = 0;

/** The same object for all requests of a connection. */
function connectionOf(request: IncomingMessage | Http2ServerRequest): Connection {
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
  const secure = socket as import("node:tls").TLSSocket;
  const { servername } = secure as { servername?: string | false };
  return {
    protocol: secure.getProtocol() ?? "",
    cipher: secure.getCipher().name,
    ...(typeof servername === "string" ? { serverName: servername } : {}),
  };
}

function refuse(response: ServerResponse | Http2ServerResponse, status: number): void {
  const page = errorPage(status);
  response.statusCode = status;
  if (response.req.httpVersionMajor < 2)
    (response as ServerResponse).statusMessage = reasonOf(status);
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  response.setHeader("Content-Length", Buffer.byteLength(page));
  if (response.req.httpVersionMajor < 2) response.setHeader("Connection", "close");
  response.end(page);
}

/** Metadata with defaults, the same object while it does not change. */
function metadataOf(
  mirror: ConfigMirror,
  pluginOf: (name: string) => AnyPlugin | undefined,
): PluginServices["metadata"] {
  const filled = new WeakMap<JsonObject, JsonObject>();
  return (name) => {
    const value = mirror.get("plugin_metadata", name)?.value;
    if (value === undefined) return undefined;
    let known = filled.get(value);
    if (known === undefined) {
      const schema = pluginOf(name)?.metadataSchema;
      known = schema === undefined ? value : withDefaults(schema, value);
      filled.set(value, known);
    }
    return known;
  };
}
