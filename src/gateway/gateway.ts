/**
 * The data plane of the gateway: routes, plugins and upstreams out of a `ConfigStore`, requests in
 * through `serve`, `listen` or `handle`. Free of the Admin API: it can be made a second time with
 * other routes.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Duplex } from "node:stream";
import type { SecureContext, SecureContextOptions } from "node:tls";
import type { JsonObject } from "../core/documents.ts";
import { randomName } from "../lib/ids.ts";
import type { Logger } from "../lib/log.ts";
import type { Handshake } from "./certificate-choice.ts";
import { Certificates } from "./certificates.ts";
import { RouteCompiler } from "./compiled-route.ts";
import { withDefaults } from "./conf-defaults.ts";
import { ConfigMirror } from "./config-mirror.ts";
import type { ConfigStore } from "./config-store.ts";
import { Consumers } from "./consumers.ts";
import { Front } from "./front.ts";
import { GlobalRules } from "./global-rules.ts";
import type { LocalCall } from "./http-call.ts";
import { createHttpClient } from "./http-client.ts";
import { Pipeline } from "./pipeline.ts";
import type { AnyPlugin, PluginApi, PluginServices } from "./plugin.ts";
import { PluginSet } from "./plugin-set.ts";
import { type FilterCompiler, Router } from "./router.ts";
import type { RouterMode } from "./routing/route-table.ts";
import type { PreFunctionCompiler } from "./script/pre-function.ts";
import { createSecretManager } from "./secret-managers.ts";
import { type SecretManager, Secrets } from "./secrets.ts";
import { createResolve } from "./upstream/resolver.ts";
import { Transports } from "./upstream/transports.ts";
import { type UpstreamHealth, Upstreams } from "./upstream/upstreams.ts";

export type GatewayOptions = {
  readonly store: ConfigStore;
  readonly plugins: readonly AnyPlugin[];
  readonly log: Logger;
  /** default "radixtree_host_uri" */
  readonly routerMode?: RouterMode;
  /** For `filter_func`; without it such routes are left out. */
  readonly compileFilter?: FilterCompiler;
  /** For `_meta.pre_function`; without it such functions are not run. */
  readonly compilePreFunction?: PreFunctionCompiler;
  /** Variables for `$env://` references; default none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly secretManager?: SecretManager;
  /** `plugin_attr` of config.yaml */
  readonly pluginAttributes?: Readonly<Record<string, JsonObject>>;
  /** Peers whose `X-Forwarded-*` are believed: addresses and CIDR blocks; default none. */
  readonly trustedAddresses?: readonly string[];
  /** Origins that this program serves itself: plugins call them without a socket. */
  readonly local?: LocalCall;
  /** Names the `ssl` of TLS handshakes that name nobody; default none: they fail. */
  readonly fallbackSni?: string | undefined;
  /** default "APISIX/3.18.0" */
  readonly serverHeader?: string;
  /** For names of nodes and `discovery_type: dns`; default: the system's resolver. */
  readonly dnsServers?: readonly string[];
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
  /** Answers a request for another protocol: event "upgrade" of node's server. */
  upgrade(request: IncomingMessage, socket: Duplex, first: Buffer): void;
  /** `SNICallback` of a TLS server: the certificate of the `ssls` for the name. */
  secureContext(name: string, handshake: Handshake, done: SniDone): void;
  /** Calls back with the certificate for handshakes without a name, where there may be one. */
  followUnnamed(use: (options: SecureContextOptions) => void): void;
  /** Whether a TLS connection for the name may go on in the protocol it has agreed to. */
  allowsProtocol(name: string, protocol: string): boolean;
  readonly mirror: ConfigMirror;
  readonly plugins: readonly AnyPlugin[];
  /** What plugins serve through `public-api` and the control API. */
  apis(): readonly PluginApi[];
  /**
   * Answers with a path that a plugin serves, for listeners of other ports; false: there is none,
   * and nothing was answered.
   */
  serveApi(on: PluginApi["on"], request: IncomingMessage, response: ServerResponse): boolean;
  /** Health of upstreams with checks, for the control API. */
  health(): readonly UpstreamHealth[];
  /** Ends timers and connections of plugins and upstreams. */
  stop(): Promise<void>;
};

export type SniDone = (error: Error | null, context?: SecureContext) => void;

const VERSION = "3.18.0";

/** Resolves when the configuration has been read. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { store, log, now = Date.now } = options;
  const mirror = await ConfigMirror.open(store);
  const warn = (message: string, fields: object): void => log.warn(message, { ...fields });
  const { env = {} } = options;
  const http = createHttpClient(options.local);
  const confOf = (id: string) => mirror.get("secrets", id)?.value;
  const manager =
    options.secretManager ?? createSecretManager({ confOf, http: http.call, env, now });
  const secrets = new Secrets({ env, warn, manager });
  const pluginOf = (name: string): AnyPlugin | undefined => plugins.get(name);
  const consumers = new Consumers({ mirror, secrets, plugin: pluginOf });
  const pluginLog: PluginServices["log"] = (level, message, fields) =>
    log[level](message, { ...fields });
  const plugins = new PluginSet({
    plugins: options.plugins,
    secrets,
    compilePreFunction: options.compilePreFunction,
    services: {
      log: pluginLog,
      now,
      metadata: metadataOf(mirror, pluginOf),
      attributes: (name) => options.pluginAttributes?.[name] ?? {},
      consumers,
      hasUpstream: (id) => mirror.get("upstreams", id) !== undefined,
      http: http.call,
      local: http.local,
      state: () => ({
        traffic: front.traffic,
        modifiedIndexes: mirror.modifiedIndexes(),
        health: upstreams.health(),
      }),
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
  const certificates = new Certificates(mirror, secrets, warn, options.fallbackSni);
  const transports = new Transports();
  const upstreams = new Upstreams(mirror, {
    http: http.call,
    resolve: createResolve(options.dnsServers),
    transports,
    clientCertificate: (id) => certificates.client(id),
    certificateVersion: () => mirror.version("ssls"),
    warn,
  });
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
      if (folder === "secrets") {
        secrets.forget();
        consumers.forgetSecrets();
      }
      if (folder === "consumers" && entry !== undefined) void consumers.prepare(entry);
      if (entry === undefined) plugins.forget(`/${folder}/${id}`);
    }
  });
  await consumers.load();
  const { trustedAddresses = [] } = options;
  const front = new Front({ pipeline, trustedAddresses, certificates, now });
  return {
    mirror,
    plugins: plugins.all(),
    health: () => upstreams.health(),
    apis: () => plugins.apis(),
    serveApi: (on, request, response) => front.serveApi(plugins.apis(), on, request, response),
    serve: (request, response) => {
      try {
        front.serve(request, response);
      } catch (err) {
        log.error("a request failed before it was looked at", { err });
        response.destroy();
      }
    },
    upgrade: (request, socket, first) => {
      try {
        front.upgrade(request, socket, first);
      } catch (err) {
        log.error("a request to upgrade failed before it was looked at", { err });
        socket.destroy();
      }
    },
    allowsProtocol: (name, protocol) => certificates.allows(name, protocol),
    followUnnamed: (use) => certificates.followUnnamed(use),
    secureContext: (name, handshake, done) => certificates.answer(name, handshake, done),
    stop: async () => {
      mirror.stop();
      await plugins.stop();
      upstreams.stop();
      transports.close();
      http.close();
    },
  };
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
