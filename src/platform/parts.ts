/**
 * Builds the parts in the order of their needs; what was begun is undone when a later one fails.
 */
import type { Config } from "../config/config.ts";
import { exposureProblem, listenHosts } from "../config/exposure.ts";
import type { ContainerDriver } from "../container/driver.ts";
import { Authenticator } from "../controller/auth.ts";
import { NamespaceIdentities } from "../controller/namespace-identities.ts";
import { requestLog } from "../controller/request-log.ts";
import { FireService } from "../controller/service/fire.ts";
import { isKnown } from "../controller/service/known-activation.ts";
import { unavailable } from "../controller/unavailable.ts";
import type { KindTable } from "../core/kinds.ts";
import type { LocalInvoke } from "../core/local-invoke.ts";
import type { ConfigStore } from "../gateway/config-store.ts";
import type { ContainerPool } from "../invoker/container-pool.ts";
import type { Invoker } from "../invoker/invoker.ts";
import { HttpListener } from "../lib/http-listener.ts";
import { listenUrl } from "../lib/listen-url.ts";
import type { Logger } from "../lib/log.ts";
import { Metrics } from "../lib/metrics.ts";
import type { SqliteStore } from "../store/sqlite.ts";
import { openAdminChannel } from "./admin.ts";
import { createAlarms } from "./alarms.ts";
import type { RunningApiGateway } from "./api-gateway.ts";
import { installCatalog, stockCatalog } from "./catalog.ts";
import { createContainers } from "./containers.ts";
import { createController } from "./controller.ts";
import { Edge } from "./edge.ts";
import { createExecution } from "./execution.ts";
import { readKinds } from "./kinds.ts";
import { logForwarding } from "./log-forwarding.ts";
import { metricSources } from "./metric-sources.ts";
import { parameterLocks } from "./parameter-locks.ts";
import { cachedStores, createStore, openStore } from "./storage.ts";
import { systemLimits } from "./system-limits.ts";
import { createUserEvents } from "./user-events.ts";

export type Parts = {
  readonly store: SqliteStore;
  readonly driver: ContainerDriver;
  readonly kinds: KindTable;
  readonly pool: ContainerPool;
  readonly invoker: Invoker;
  readonly metrics: Metrics;
  readonly configStore: ConfigStore;
  readonly listener: HttpListener;
  readonly edge: Edge;
  readonly apiGateway: RunningApiGateway | undefined;
  readonly apiUrl: string;
  /** While the API is served: for parts that would call it. */
  readonly invokeLocally: LocalInvoke;
  /** Fires no alarm any more; resolves when nothing runs. */
  quiet(): Promise<void>;
  /** Undoes everything, last first. */
  stop(): Promise<void>;
};

type BuildOptions = {
  readonly logger: Logger;
  readonly path: string;
  /** Told as soon as it can be read: the gateway starts beside the other parts. */
  readonly onConfigStore: (store: ConfigStore) => void;
};

export async function buildParts(config: Config, options: BuildOptions): Promise<Parts> {
  const undo = new AsyncDisposableStack();
  try {
    return await build(config, options, undo);
  } catch (cause) {
    await undo.disposeAsync();
    throw cause;
  }
}

async function build(
  config: Config,
  { logger, path, onConfigStore }: BuildOptions,
  undo: AsyncDisposableStack,
): Promise<Parts> {
  const { host, port, headerBytesMax } = config.api;
  const address = { host, port, portFlag: "--port", headerBytesMax };
  const listener = await HttpListener.listen({ ...address, unavailable });
  undo.defer(() => listener.closeNow());
  const apiUrl = listenUrl(host, listener.port);
  const edge = new Edge(config, logger);
  undo.defer(() => edge.closeNow());
  await edge.listen();
  // Loaded while the parts wait for the disk and for other processes.
  const apiGatewayModule = config.apigw.port === "off" ? undefined : import("./api-gateway.ts");
  apiGatewayModule?.catch(() => undefined);

  const store = createStore(config, logger);
  undo.defer(() => store.stop());
  const { discovering, driver } = createContainers(config, { path, apiUrl, logger });
  undo.defer(() => driver.stop());
  // One waits for the disk, the others for processes.
  const [runtimes, configStore] = await Promise.all([
    discovering,
    openStore(store, config, onConfigStore),
    driver.start(),
  ]);
  const kinds = await readKinds(config, runtimes);
  const refusal = exposureProblem(listenHosts(config), driver.isolation);
  if (refusal !== undefined) throw new Error(refusal);

  const limits = systemLimits(config);
  const locks = parameterLocks(config);
  const { entities, attachments } = cachedStores(store, kinds, locks);
  const log = (level: "info" | "warn" | "error", message: string, fields?: object): void =>
    logger[level](message, { ...fields });
  const authOptions = {
    cacheMs: config.auth.cacheTtlMs,
    entriesMax: config.auth.cacheEntriesMax,
  };
  const auth = new Authenticator(store.identities, authOptions);
  const { identities } = store;
  const apiGateway = await (await apiGatewayModule)?.startApiGateway(config, {
    config: configStore,
    identities,
    auth,
    apiUrl,
    logger,
  });
  undo.defer(() => apiGateway?.stop());
  const catalog = installCatalog(
    { config: configStore, entities, attachments, kinds, limits, now: Date.now, log },
    await stockCatalog({ apimgmt: apiGateway?.parameters }),
  );
  catalog.catch(() => undefined);
  const events = createUserEvents(config, logger);
  undo.defer(() => events?.stop());
  const { pool, invoker, recorder, invoke, throttle } = createExecution(
    {
      store,
      entities,
      attachments,
      keys: locks.keys,
      kinds,
      limits,
      driver,
      publish: events?.stream.publish,
      log,
    },
    config,
  );
  const { service } = invoke;
  const fire = new FireService({
    ...invoke,
    recorder,
    throttle,
    log,
    isKnown: (identity, id) => isKnown(store, identity.namespace.name, id),
    now: Date.now,
  });
  const alarms = createAlarms(
    { config: configStore, entities, identities, auth, fire, throttle, log },
    config,
  );
  const { memoryMb } = config.pool;
  const metrics = new Metrics(
    metricSources({ pool, invoker, service, store, entities, memoryMb, events }),
    events === undefined ? [] : [events.metrics.registry],
  );
  const owners = new NamespaceIdentities(store.identities, authOptions);
  const caches = [auth, owners];
  const channel = await openAdminChannel(config.data.folder, {
    store,
    caches,
    refuse: (isBlocked) => pool.refuse(isBlocked),
    log,
  });
  undo.defer(() => channel.close());
  const controller = createController(
    {
      activations: store.activations,
      attachments,
      entities,
      kinds,
      limits,
      services: [
        alarms.service,
        logForwarding(auth),
        ...(apiGateway === undefined ? [] : [apiGateway.service]),
      ],
      metricsText: config.metrics.port === "api" ? () => metrics.text() : undefined,
      auth,
      owners,
      invoke,
      fire,
      throttle,
      driver,
      watch: config.log.level === "debug" ? requestLog(logger, edge.proxies) : undefined,
      log,
    },
    config,
  );
  pool.start();
  undo.defer(() => pool.stop());
  const { resumed, lost } = await invoker.recover();
  if (resumed + lost > 0) {
    logger.info("took up accepted activations of the last run", { resumed, lost });
  }
  await catalog;
  listener.serve(edge.serve(controller.serve));
  await alarms.start();
  undo.defer(() => alarms.stop());
  return {
    store,
    driver,
    kinds,
    pool,
    invoker,
    metrics,
    configStore,
    listener,
    edge,
    apiGateway,
    apiUrl,
    invokeLocally: (request, answer) =>
      listener.isServing && controller.invokeLocally(request, answer),
    async quiet() {
      await alarms.stop();
      await service.compositions.quiet();
      await pool.quiet();
    },
    stop: () => undo.disposeAsync(),
  };
}
