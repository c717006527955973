/**
 * Builds the parts in the order of their needs; what was begun is undone when a later one fails.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockingEntities } from "../admin/locked-entities.ts";
import type { Config } from "../config/config.ts";
import { exposureProblem, listenHosts } from "../config/exposure.ts";
import type { ContainerDriver } from "../container/driver.ts";
import { discoverRuntimes } from "../container/interpreters.ts";
import { createProcessDriver } from "../container/process.ts";
import { createInfoReplies } from "../controller/api/info.ts";
import type { InvokeDeps } from "../controller/api/invoke.ts";
import { Authenticator, identityOf } from "../controller/auth.ts";
import { checkEntitlement } from "../controller/entitlement.ts";
import { NamespaceIdentities } from "../controller/namespace-identities.ts";
import { requestLog } from "../controller/request-log.ts";
import { Controller } from "../controller/server.ts";
import { Compositions, isComposition } from "../controller/service/composition/compositions.ts";
import { findAction, readEntities } from "../controller/service/find-action.ts";
import { FireService } from "../controller/service/fire.ts";
import { InvokeService } from "../controller/service/invoke.ts";
import { isKnown } from "../controller/service/known-activation.ts";
import { ConcurrencyThrottle, createThrottles } from "../controller/throttle.ts";
import { unavailable } from "../controller/unavailable.ts";
import { WebActions } from "../controller/web/web-actions.ts";
import type { EntityRef, Identity } from "../core/documents.ts";
import { requireEntityName, requireNamespace } from "../core/entity-name.ts";
import { decodeCode, deprecatedKind } from "../core/exec.ts";
import type { ExecutableAction, Invocable } from "../core/executable-action.ts";
import type { KindTable } from "../core/kinds.ts";
import { effectiveLimits, type SystemLimits } from "../core/limits.ts";
import type { LocalInvoke } from "../core/local-invoke.ts";
import { unlockArguments } from "../core/parameter-lock.ts";
import type { ConfigStore } from "../gateway/config-store.ts";
import { ContainerPool } from "../invoker/container-pool.ts";
import { Invoker } from "../invoker/invoker.ts";
import { HttpListener } from "../lib/http-listener.ts";
import { listenUrl } from "../lib/listen-url.ts";
import type { Logger } from "../lib/log.ts";
import { Metrics } from "../lib/metrics.ts";
import { ActivationRecorder } from "../store/activation-recorder.ts";
import { createAttachmentCache } from "../store/attachment-cache.ts";
import {
  type CachedEntity,
  createEntityCache,
  type EntityCache,
  isAction,
} from "../store/entity-cache.ts";
import { createSqliteStore, type SqliteStore } from "../store/sqlite.ts";
import { openAdminChannel } from "./admin.ts";
import { createAlarms } from "./alarms.ts";
import type { RunningApiGateway } from "./api-gateway.ts";
import { installCatalog, stockCatalog } from "./catalog.ts";
import { Edge } from "./edge.ts";
import { readKinds, stemCells } from "./kinds.ts";
import { logForwarding } from "./log-forwarding.ts";
import { metricSources } from "./metric-sources.ts";
import { parameterLocks } from "./parameter-locks.ts";
import { createRoutes } from "./routes.ts";
import { systemLimits } from "./system-limits.ts";
import { createUserEvents } from "./user-events.ts";
import { bootstrapUsers } from "./users.ts";
import { BUILD, VERSION } from "./version.ts";

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

const ENTITIES_CACHED_MAX = 10_000;
const CODE_CACHE_BYTES = 64 * 1024 * 1024;
/** Longest path of a unix socket, less the name of the socket itself. */
const RUN_FOLDER_LENGTH_MAX = 80;

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
  const runtimesFolder = join(config.data.folder, "runtimes");
  const discovering = discoverRuntimes({
    path,
    platformNode: process.execPath,
    folder: runtimesFolder,
  });
  const driver = createProcessDriver({
    isolation: config.isolation,
    network: config.network,
    runtimes: discovering,
    folder: runFolder(config.data.folder),
    apiHostUrl: apiUrl,
    limits: { uidBase: config.container.uidBase, poolMemoryMb: config.pool.memoryMb },
    logger: (level, message, fields) => logger[level](message, fields),
  });
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
  const cache = createEntityCache(store.entities, {
    entriesMax: ENTITIES_CACHED_MAX,
    runtimeOf: (kind) => kinds.resolve(kind)?.runtime ?? kind,
  });
  const entities = lockingEntities(cache, locks);
  const attachments = createAttachmentCache(store.attachments, { bytesMax: CODE_CACHE_BYTES });
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
  const findInvocable = async (identity: Identity, ref: EntityRef): Promise<Invocable> => {
    const action = await readEntities(entities, findAction(entities, identity, ref));
    checkInvocable(kinds, action);
    return action;
  };
  const pool = new ContainerPool(
    {
      driver,
      loadCode: async ({ code, binary }) => decodeCode(await attachments.get(code), binary),
      markStarted: (id) => store.accepted.start(id),
      finish: (job, result): void => invoker.finish(job, result),
    },
    {
      memoryMb: config.pool.memoryMb,
      idleTimeoutMs: config.pool.idleTimeoutMs,
      waitMsMax: config.queue.waitMaxMs,
      stemCells: stemCells(config, kinds),
      startsMax: STARTS_MAX,
      limits: {
        responseBytesMax: config.response.bytesMax,
        truncationBytes: config.response.truncationBytes,
      },
      log,
    },
  );
  const concurrency = new ConcurrencyThrottle();
  const events = createUserEvents(config, logger);
  undo.defer(() => events?.stop());
  const publish = events?.stream.publish;
  const recorder = new ActivationRecorder(store.activations, store.accepted, log, publish);
  const invoker = new Invoker(
    {
      pool,
      recorder,
      accepted: store.accepted,
      peekAction: (id, revision) => {
        const entity = entities.peek(id);
        return entity?.revision === revision ? executable(entities, id, entity) : undefined;
      },
      loadAction: async (id) => {
        const entity = await entities.get(id);
        return entity === undefined ? undefined : executable(entities, id, entity);
      },
      resumeComposition: async (message) => {
        const { path, name, binding = path } = message.action;
        const action = await findInvocable(message.user, { path: binding, name });
        if (!isComposition(action)) return false;
        service.compositions.resume(message, action);
        return true;
      },
      loadIdentity: async (namespace) => {
        const rows = await store.identities.byNamespace(namespace.name);
        const row = rows.find((candidate) => candidate.namespace.uuid === namespace.uuid);
        return row === undefined ? undefined : identityOf(row);
      },
      unlock: (content, lockedArgs) => unlockArguments(content, lockedArgs, locks.keys),
    },
    {
      jobsMax: config.queue.lengthMax,
      bytesMax: config.queue.bytesMax,
      holdReplies: config.durability === "sync",
      log,
    },
  );
  const service: InvokeService = new InvokeService(
    invoker,
    concurrency,
    (code) =>
      new Compositions(
        { code, recorder, accepted: store.accepted, find: findInvocable },
        {
          lengthMax: limits.sequenceLengthMax,
          runningMax: config.queue.lengthMax,
          holdReplies: config.durability === "sync",
        },
      ),
  );
  const throttles = createThrottles(limits, concurrency, publish);
  const invoke: InvokeDeps = {
    service,
    entities,
    checkInvocable: (action) => checkInvocable(kinds, action),
    admit: throttles.admit,
    payloadBytesMax: (identity) => payloadBytesMax(limits, identity),
  };
  const fire = new FireService({
    ...invoke,
    recorder,
    throttle: throttles.check,
    log,
    isKnown: (identity, id) => isKnown(store, identity.namespace.name, id),
    now: Date.now,
  });
  const alarms = createAlarms(
    {
      config: configStore,
      entities,
      identities: store.identities,
      auth,
      fire,
      throttle: throttles.check,
      log,
    },
    config,
  );
  const metrics = new Metrics(
    metricSources({
      pool,
      invoker,
      service,
      store,
      entities,
      memoryMb: config.pool.memoryMb,
      events,
    }),
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
  const controller = new Controller(
    {
      auth,
      invoke,
      web: new WebActions({
        auth,
        owners,
        invoke,
        throttle: throttles.check,
        waitMsMax: config.api.waitMaxMs,
        streamBytesMax: config.web.streamBytesMax,
        log,
      }),
      routes: createRoutes({
        activations: store.activations,
        attachments,
        entities,
        fire,
        services: [
          alarms.service,
          logForwarding(auth),
          ...(apiGateway === undefined ? [] : [apiGateway.service]),
        ],
        kinds,
        limits,
        info: createInfoReplies({
          kinds,
          limits,
          version: VERSION,
          build: BUILD,
          isolation: driver.isolation,
          network: driver.network,
        }),
        metricsText: config.metrics.port === "api" ? () => metrics.text() : undefined,
      }),
      checkNames: ([namespace = "", ...names]) => {
        requireNamespace(namespace);
        for (const name of names) requireEntityName(name);
      },
      throttle: throttles.check,
      checkEntitlement,
      log,
      watch: config.log.level === "debug" ? requestLog(logger, edge.proxies) : undefined,
    },
    {
      uriBytesMax: config.api.uriBytesMax,
      bodyBytesMax: config.api.bodyBytesMax,
      waitMsMax: config.api.waitMaxMs,
    },
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

function createStore(config: Config, logger: Logger): SqliteStore {
  return createSqliteStore({
    folder: config.data.folder,
    logger: (level, message, fields) => logger[level](message, fields),
    commitIntervalMs: config.store.commitIntervalMs,
    retention: {
      ageMs: config.activations.retentionAgeMs,
      bytesMax: config.activations.retentionBytes,
    },
  });
}

async function openStore(
  store: SqliteStore,
  config: Config,
  onConfigStore: (store: ConfigStore) => void,
): Promise<ConfigStore> {
  await store.start();
  const configStore = await store.openConfig();
  onConfigStore(configStore);
  await bootstrapUsers(store.identities, config.users);
  return configStore;
}

/** Processes that may be on their way up at once: more only slow each other down. */
const STARTS_MAX = 4;

/** Unix sockets have short names, so a deep data folder cannot hold them. */
function runFolder(dataFolder: string): string {
  const folder = join(dataFolder, "run");
  if (folder.length <= RUN_FOLDER_LENGTH_MAX) return folder;
  return join(tmpdir(), `meringue-${process.pid}`);
}

function checkInvocable(kinds: KindTable, action: Invocable): void {
  if (action.type === "code" && kinds.resolve(action.kind)?.deprecated === true) {
    throw deprecatedKind(action.kind);
  }
}

/** The code behind an entity; undefined when it is not (or no longer) an action with code. */
function executable(
  entities: EntityCache,
  id: string,
  entity: CachedEntity,
): ExecutableAction | undefined {
  if (!isAction(entity)) return undefined;
  const action = entities.invocable(id, entity);
  return action.type === "code" ? action : undefined;
}

function payloadBytesMax(limits: SystemLimits, identity: Identity): number {
  return identity.limits.maxPayloadSize === undefined
    ? limits.payloadBytesMax
    : effectiveLimits(limits, identity.limits).payloadBytesMax;
}
