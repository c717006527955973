/** Composition of what runs actions: pool, invoker, compositions, and the way into them. */
import type { Config } from "../config/config.ts";
import type { ContainerDriver } from "../container/driver.ts";
import type { InvokeDeps } from "../controller/api/invoke.ts";
import { identityOf } from "../controller/identity-memory.ts";
import { Compositions, isComposition } from "../controller/service/composition/compositions.ts";
import { findAction, readEntities } from "../controller/service/find-action.ts";
import { InvokeService } from "../controller/service/invoke.ts";
import { ConcurrencyThrottle, createThrottles } from "../controller/throttle.ts";
import type { EntityRef, Identity } from "../core/documents.ts";
import { decodeCode, deprecatedKind } from "../core/exec.ts";
import type { ExecutableAction, Invocable } from "../core/executable-action.ts";
import type { KindTable } from "../core/kinds.ts";
import { effectiveLimits, type SystemLimits } from "../core/limits.ts";
import { type ParameterLocks, unlockArguments } from "../core/parameter-lock.ts";
import type { PublishEvent } from "../core/user-events.ts";
import { ContainerPool } from "../invoker/container-pool.ts";
import { Invoker } from "../invoker/invoker.ts";
import { ActivationRecorder } from "../store/activation-recorder.ts";
import { type CachedEntity, type EntityCache, isAction } from "../store/entity-cache.ts";
import type { SqliteStore } from "../store/sqlite.ts";
import { stemCells } from "./kinds.ts";
import type { CachedStores } from "./storage.ts";

/** Processes that may be on their way up at once: more only slow each other down. */
const STARTS_MAX = 4;

export type ExecutionDeps = CachedStores & {
  readonly store: SqliteStore;
  readonly keys: ParameterLocks["keys"];
  readonly kinds: KindTable;
  readonly limits: SystemLimits;
  readonly driver: ContainerDriver;
  readonly publish: PublishEvent | undefined;
  readonly log: (level: "info" | "warn" | "error", message: string, fields?: object) => void;
};

export type Execution = {
  readonly pool: ContainerPool;
  readonly invoker: Invoker;
  readonly recorder: ActivationRecorder;
  readonly invoke: InvokeDeps;
  /** Throws THROTTLED; counts an invocation or a fire. */
  readonly throttle: (identity: Identity, collection: string) => void;
};

/** Nothing runs before the pool is started. */
export function createExecution(deps: ExecutionDeps, config: Config): Execution {
  const { store, entities, kinds, limits, publish, log } = deps;
  const { accepted } = store;
  const checkInvocable = (action: Invocable): void => refuseDeprecated(kinds, action);
  const findInvocable = async (identity: Identity, ref: EntityRef): Promise<Invocable> => {
    const action = await readEntities(entities, findAction(entities, identity, ref));
    checkInvocable(action);
    return action;
  };
  const holdReplies = config.durability === "sync";
  const recorder = new ActivationRecorder(store.activations, accepted, log, publish);
  const pool = createPool(deps, config, (job, result) => invoker.finish(job, result));
  const invoker = new Invoker(
    {
      pool,
      recorder,
      accepted,
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
      unlock: (content, lockedArgs) => unlockArguments(content, lockedArgs, deps.keys),
    },
    { jobsMax: config.queue.lengthMax, bytesMax: config.queue.bytesMax, holdReplies, log },
  );
  const concurrency = new ConcurrencyThrottle();
  const service: InvokeService = new InvokeService(
    invoker,
    concurrency,
    (code) =>
      new Compositions(
        { code, recorder, accepted, find: findInvocable },
        { lengthMax: limits.sequenceLengthMax, runningMax: config.queue.lengthMax, holdReplies },
      ),
  );
  const throttles = createThrottles(limits, concurrency, publish);
  const invoke: InvokeDeps = {
    service,
    entities,
    checkInvocable,
    admit: throttles.admit,
    payloadBytesMax: (identity) => payloadBytesMax(limits, identity),
  };
  return { pool, invoker, recorder, invoke, throttle: throttles.check };
}

function createPool(
  { driver, attachments, store, kinds, log }: ExecutionDeps,
  config: Config,
  finish: Invoker["finish"],
): ContainerPool {
  return new ContainerPool(
    {
      driver,
      loadCode: async ({ code, binary }) => decodeCode(await attachments.get(code), binary),
      markStarted: (id) => store.accepted.start(id),
      finish,
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
}

function refuseDeprecated(kinds: KindTable, action: Invocable): void {
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
