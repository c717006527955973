/**
 * Composition of the gateway: data plane, Admin API, control API and their ports, on a store that
 * the caller has opened.
 */
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import type { Server } from "../cli/meringue/context.ts";
import type { Config } from "../config/config.ts";
import type { JsonObject } from "../core/documents.ts";
import { AdminApi } from "../gateway/admin/admin-api.ts";
import { contentServer, type ServeContent } from "../gateway/admin/content.ts";
import { isAdminPath } from "../gateway/admin/request.ts";
import { Keyring, Sealing } from "../gateway/admin/sealing.ts";
import { StandaloneConfigs } from "../gateway/admin/standalone-configs.ts";
import { WELL_KNOWN_KEY } from "../gateway/conf/admin-key.ts";
import type { GatewayConf } from "../gateway/conf/conf.ts";
import { type ConfFile, loadConf, readPluginNames } from "../gateway/conf/conf-file.ts";
import { RulesFile } from "../gateway/conf/rules-file.ts";
import type { ConfigStore } from "../gateway/config-store.ts";
import { ControlApi } from "../gateway/control/control-api.ts";
import { statusApi } from "../gateway/control/status-api.ts";
import { compileExpression } from "../gateway/expression.ts";
import { createGateway } from "../gateway/gateway.ts";
import type { LocalCall } from "../gateway/http-call.ts";
import { PLUGINS } from "../gateway/plugins/table.ts";
import { PluginCatalog } from "../gateway/schema/plugin-catalog.ts";
import { prepareScripts } from "../gateway/script/engines.ts";
import { createFilterCompiler, filterProblem } from "../gateway/script/filter.ts";
import { hasFunctions, mentionsFunctions } from "../gateway/script/mentions.ts";
import { createPreFunctions, preFunctionProblem } from "../gateway/script/pre-function.ts";
import { openMemoryConfigStore } from "../gateway/store/memory.ts";
import { OpenedStore } from "../gateway/store/opened-store.ts";
import { randomName } from "../lib/ids.ts";
import type { Logger } from "../lib/log.ts";
import { isLoopback } from "../lib/loopback.ts";
import { createSqliteStore } from "../store/sqlite.ts";
import { type GatewayListeners, openListeners } from "./gateway-listeners.ts";

export type GatewayOptions = {
  readonly logger: Logger;
  /** Opens the stored configuration; not called in the standalone modes. */
  readonly openStore: () => Promise<ConfigStore>;
  /** For `${{NAME}}` in files. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly folder: string;
  /** Origins that this program serves itself; default none. */
  readonly local?: LocalCall;
};

/** A running gateway; `Server` as the command line knows it. */
export type RunningGateway = Required<Server>;

const VERSION = "3.18.0";
const WITH_PLUGINS = [
  "routes",
  "services",
  "plugin_configs",
  "consumer_groups",
  "consumers",
  "global_rules",
];

/** Rejects with one line for the operator; then nothing is left running. */
export async function startGateway(
  config: Config,
  options: GatewayOptions,
): Promise<RunningGateway> {
  const undo = new AsyncDisposableStack();
  try {
    return await start(config, options, undo);
  } catch (cause) {
    await undo.disposeAsync();
    throw cause;
  }
}

/** `meringue serve --roles gateway`: nothing but the gateway, on the data folder. */
export async function startGatewayAlone(
  config: Config,
  options: Omit<GatewayOptions, "openStore">,
): Promise<Server> {
  if (config.gateway.port === "off") {
    throw new Error('gateway.port is "off": there is nothing to serve');
  }
  const { logger } = options;
  const store = createSqliteStore({
    folder: config.data.folder,
    logger: (level, message, fields) => logger[level](message, fields),
  });
  await store.start();
  try {
    const gateway = await startGateway(config, { ...options, openStore: () => store.openConfig() });
    let stopping: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await gateway.stop();
      await store.stop();
    };
    return {
      ...gateway,
      stop: () => {
        stopping ??= stop();
        return stopping;
      },
    };
  } catch (cause) {
    await store.stop();
    throw cause;
  }
}

async function start(
  config: Config,
  options: GatewayOptions,
  undo: AsyncDisposableStack,
): Promise<RunningGateway> {
  const { logger, env } = options;
  const file = await readConfFile(config, options);
  const { conf } = file;
  const log: Log = (level, message, fields) => logger[level](message, { ...fields });
  const isStored = conf.provider === "store";
  const store = isStored ? await options.openStore() : await openMemoryConfigStore();
  // The port of TLS is known when it is open.
  const redirect: JsonObject = {};
  const pluginAttributes = withDefaultAttributes(conf.pluginAttributes, config, redirect);
  const catalog = new PluginCatalog(PLUGINS, undefined, pluginAttributes);
  const unknown = catalog.enable(conf.plugins);
  // The standalone modes keep nothing on disk: there is nothing to encrypt.
  const keyring = new Keyring(isStored ? conf.keyring : []);
  const sealing = new Sealing(keyring, catalog);
  const opened = new OpenedStore(store, (folder, id, value) =>
    catalog.enabledOnly(sealing.open(folder, id, value)),
  );
  const server = conf.isServerVersionShown ? `APISIX/${VERSION}` : "APISIX";
  for (const folder of WITH_PLUGINS) {
    const entries = await store.list(`/${folder}`);
    if (entries.some(({ value }) => hasFunctions(value))) await prepareScripts();
  }
  const filters = createFilterCompiler((message, fields) => log("error", message, fields));
  undo.defer(() => filters.stop());
  const preFunctions = createPreFunctions(log);
  undo.defer(() => preFunctions.stop());
  const gateway = await createGateway({
    store: opened,
    // All of them: which are enabled may change while it runs.
    plugins: PLUGINS,
    instance: { id: randomName(32), hostname: hostname(), version: VERSION },
    log: logger,
    routerMode: conf.router,
    env,
    pluginAttributes: pluginAttributes as Record<string, never>,
    serverHeader: server,
    showsUpstreamStatus: conf.showsUpstreamStatus,
    trustedAddresses: conf.trustedAddresses,
    dnsServers: conf.dnsServers,
    fallbackSni: conf.fallbackSni,
    compileFilter: filters.compile,
    compilePreFunction: preFunctions.compile,
    ...(options.local === undefined ? {} : { local: options.local }),
  });
  undo.defer(() => gateway.stop());
  const reloadPlugins = async (): Promise<void> => {
    catalog.enable(await readPluginNames(file.path, env));
    await opened.refresh(WITH_PLUGINS);
  };
  const isExposed = !isLoopback(config.gateway.host);
  let isReady = isStored;
  const replaceAll = contentServer({
    store,
    resources: () => admin.resources,
    catalog,
    plugins: conf.plugins,
    byIndex: conf.provider === "api",
    refresh: () => opened.refresh(WITH_PLUGINS),
  });
  const serveContent: ServeContent = async (document) => {
    const skipped = await replaceAll(document);
    isReady = true;
    return skipped;
  };
  const parts = {
    ...{ store, catalog, keyring, sealing, conf, isExposed, log, server },
    ...{ reloadPlugins, serveContent },
  };
  const admin = adminApi(parts);
  const control = new ControlApi({
    store: opened,
    prefix: isStored ? "/apisix" : "",
    catalog,
    healthNodes: (key) =>
      gateway.health().find(({ name }) => name === `/apisix${key}`)?.nodes ?? [],
    plugins: (request, response) => gateway.serveApi("control", request, response),
    reloadPlugins,
    server,
    log,
  });
  if (conf.provider === "yaml" || conf.provider === "json") {
    const rules = await openRules(file, env, log, async (document) => {
      await prepareFunctions(document);
      const skipped = await serveContent(document);
      for (const one of skipped) log("error", "a resource in the rules was left out", one);
    });
    undo.defer(() => rules.stop());
  }
  const hasAdmin = conf.isAdminEnabled && conf.provider !== "yaml" && conf.provider !== "json";
  const listeners = await openListeners(config, conf, {
    gateway,
    admin: hasAdmin ? admin.serve : undefined,
    control: control.serve,
    status: statusApi(() => isReady),
    isAdminPath,
  });
  undo.defer(() => listeners.close(0));
  const tls = listeners.all.find(({ role }) => role === "gateway-tls");
  if (tls !== undefined) redirect["https_port"] = tls.port;
  const warnings = [
    ...conf.warnings,
    ...unknown.map((name) => `conf/config.yaml: there is no plugin ${name}`),
    ...listeners.warnings,
  ];
  return running(file, listeners, warnings, config.shutdown.drainMaxMs, undo);
}

/** Starts the sandbox's thread where a text or document may hold functions. */
async function prepareFunctions(content: unknown): Promise<void> {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  if (mentionsFunctions(text)) await prepareScripts();
}

/** As the original's own config.yaml: a cache on disk, one in memory, and the port of TLS. */
function withDefaultAttributes(
  given: JsonObject,
  config: Config,
  redirect: JsonObject,
): JsonObject {
  const disk_path = join(config.data.folder, "gateway-cache", "disk_cache_one");
  const zones = [{ name: "disk_cache_one", disk_path }, { name: "memory_cache" }];
  return { "proxy-cache": { zones }, redirect, ...given };
}

type Log = (level: "info" | "warn" | "error", message: string, fields?: object) => void;

function readConfFile(config: Config, { env, folder }: GatewayOptions): Promise<ConfFile> {
  const { confFile, host } = config.gateway;
  return loadConf({
    folder,
    dataFolder: config.data.folder,
    env,
    isExposed: !isLoopback(host),
    ...(confFile === "auto" ? {} : { file: confFile }),
  });
}

function adminApi(parts: {
  readonly store: ConfigStore;
  readonly catalog: PluginCatalog;
  readonly keyring: Keyring;
  readonly sealing: Sealing;
  readonly conf: GatewayConf;
  /** Whether others than this machine reach the API. */
  readonly isExposed: boolean;
  readonly log: Log;
  readonly server: string;
  readonly reloadPlugins: () => Promise<void>;
  readonly serveContent: ServeContent;
}): AdminApi {
  const { conf } = parts;
  const configs = new StandaloneConfigs(parts.serveContent, () => admin.resources);
  const admin: AdminApi = new AdminApi({
    ...parts,
    keys: () => (conf.isKeyRequired ? conf.adminKeys : undefined),
    isKeyPublic:
      conf.adminKeys.some(({ key }) => key === WELL_KNOWN_KEY) ||
      (!conf.isKeyRequired && !parts.isExposed),
    allow: conf.allow,
    cors: conf.adminCors,
    streams: conf.streams,
    expressionProblem: (rules) => {
      try {
        compileExpression(rules);
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    functionProblem: filterProblem,
    preFunctionProblem,
    prepare: prepareFunctions,
    ...(conf.provider === "api" ? { configs: (...args) => configs.answer(...args) } : {}),
  });
  return admin;
}

/** Beside the file that asks for it. */
function openRules(
  { path, conf }: ConfFile,
  env: GatewayOptions["env"],
  log: Log,
  onContent: Parameters<typeof RulesFile.open>[0]["onContent"],
): Promise<RulesFile> {
  const rules = join(dirname(path), `apisix.${conf.provider}`);
  return RulesFile.open({ path: rules, env, log, onContent });
}

function running(
  file: ConfFile,
  listeners: GatewayListeners,
  warnings: readonly string[],
  drainMaxMs: number,
  undo: AsyncDisposableStack,
): RunningGateway {
  let stopping: Promise<void> | undefined;
  return {
    listeners: listeners.all,
    warnings,
    gateway: { url: listeners.url, adminUrl: listeners.adminUrl, confFile: file.path },
    drain: () => listeners.close(drainMaxMs),
    stop: () => {
      stopping ??= undo.disposeAsync();
      return stopping;
    },
  };
}
