/**
 * REST handlers of actions, but for invoke (openwhisk-api.md 4). They check, in the original's
 * order, and store; what an action becomes is decided in `core/action.ts`.
 */
import {
  actionSummary,
  actionWire,
  createAction,
  storedExec,
  updateAction,
} from "../../core/action.ts";
import {
  type ActionPut,
  checkSizes,
  parseActionPut,
  parseSizedPut,
} from "../../core/action-put.ts";
import {
  type ActionDocument,
  type EntityDocument,
  type Exec,
  isSequence,
} from "../../core/documents.ts";
import { requireEntityName } from "../../core/entity-name.ts";
import { PlatformError } from "../../core/errors.ts";
import { decodeCode, deprecatedKind, type ExecRequest, encodeCode } from "../../core/exec.ts";
import type { KindTable } from "../../core/kinds.ts";
import {
  checkInstances,
  checkLimits,
  type EffectiveLimits,
  effectiveLimits,
  type SystemLimits,
  standardLimits,
} from "../../core/limits.ts";
import type { AttachmentStore, EntityStore, Stored } from "../../store/store.ts";
import type { ApiRequest, Handler, Reply } from "./handler.ts";
import { readJson } from "./json-body.ts";
import { booleanParameter, pageParameters, parseQuery } from "./query.ts";
import { countReply, ok } from "./reply.ts";

export type ActionHandlerDeps = {
  readonly entities: EntityStore;
  readonly attachments: AttachmentStore;
  readonly kinds: KindTable;
  readonly limits: SystemLimits;
  /** ms epoch */
  readonly now: () => number;
};

export type ActionHandlers = {
  /** GET /actions, /actions/ and /actions/PKG/ */
  readonly list: Handler;
  /** GET /actions/NAME, /actions/PKG/NAME (and /actions/PKG/, which lists) */
  readonly get: Handler;
  readonly put: Handler;
  readonly remove: Handler;
};

export function createActionHandlers(deps: ActionHandlerDeps): ActionHandlers {
  return {
    list: (request) => list(deps, request),
    get: (request) => (isPackageList(request) ? list(deps, request) : get(deps, request)),
    put: (request) => put(deps, request),
    remove: (request) => remove(deps, request),
  };
}

async function put(deps: ActionHandlerDeps, request: ApiRequest): Promise<Reply> {
  const name = await actionName(deps, request);
  const bounds = effectiveLimits(deps.limits, request.identity.limits);
  const body = readJson(request.headers, await request.body());
  const sized = parseSizedPut(body, deps.kinds);
  checkSizes(sized, deps.limits, bounds);
  const overwrite = booleanParameter(parseQuery(request.query), "overwrite", false);
  const change = parseActionPut(body, sized);
  checkLimits(change.limits ?? {}, bounds);
  requireAllowedKind(change.exec, request.identity.limits.allowedKinds);
  const id = `${request.namespace}/${name}`;
  const stored = await readAction(deps, id);
  if (stored === undefined) return create(deps, request.namespace, name, change, bounds);
  if (!overwrite) throw new PlatformError("ALREADY_EXISTS");
  return update(deps, id, stored, change, bounds);
}

async function create(
  deps: ActionHandlerDeps,
  namespace: string,
  name: string,
  change: ActionPut,
  bounds: EffectiveLimits,
): Promise<Reply> {
  checkInstances(change.limits ?? {}, bounds);
  if (change.exec === undefined) throw new PlatformError("BAD_REQUEST", "exec undefined");
  const exec = await storeCode(deps, change.exec);
  const { runtime } = change.exec.resolved;
  const standard = standardLimits(deps.limits);
  const now = deps.now();
  const action = createAction({ namespace, name, put: change, exec, runtime, standard, now });
  await deps.entities.put(`${namespace}/${name}`, action);
  return ok(actionWire(action, change.exec.code));
}

async function update(
  deps: ActionHandlerDeps,
  id: string,
  stored: Stored<ActionDocument>,
  change: ActionPut,
  bounds: EffectiveLimits,
): Promise<Reply> {
  checkInstances(change.limits ?? {}, bounds);
  const { document: action, revision } = stored;
  // A kind that no runtime here serves any more does not keep its owner from changing the rest.
  const old = deps.kinds.resolve(action.exec.kind);
  if (change.exec === undefined && old?.deprecated) throw deprecatedKind(old.kind);
  const exec = change.exec === undefined ? action.exec : await storeCode(deps, change.exec);
  const runtime = change.exec?.resolved.runtime ?? old?.runtime ?? action.exec.kind;
  const changed = updateAction({ action, put: change, exec, runtime, now: deps.now() });
  const code = change.exec?.code ?? (await readCodeIfThere(deps, action.exec));
  await deps.entities.put(id, changed, revision);
  return ok(actionWire(changed, code));
}

async function get(deps: ActionHandlerDeps, request: ApiRequest): Promise<Reply> {
  const name = await actionName(deps, request);
  const withCode = booleanParameter(parseQuery(request.query), "code", true);
  const { document: action } = await requireAction(deps, `${request.namespace}/${name}`);
  return ok(actionWire(action, withCode ? await readCode(deps, action.exec) : undefined));
}

async function remove(deps: ActionHandlerDeps, request: ApiRequest): Promise<Reply> {
  const name = await actionName(deps, request);
  const id = `${request.namespace}/${name}`;
  const { document: action, revision } = await requireAction(deps, id);
  const code = await readCodeIfThere(deps, action.exec);
  await deps.entities.delete(id, revision);
  return ok(actionWire(action, code));
}

async function list(deps: ActionHandlerDeps, request: ApiRequest): Promise<Reply> {
  if (isPackageList(request)) await refusePackage(deps, request);
  const { skip, limit, count } = pageParameters(parseQuery(request.query), "actions");
  const query = { type: "action", path: request.namespace } as const;
  if (count) return countReply("actions", await deps.entities.count(query), skip);
  const actions = await deps.entities.list({ ...query, skip, limit });
  return ok(actions.map(actionSummary));
}

const isPackageList = ({ rest }: ApiRequest): boolean => rest.length === 2 && rest[1] === "";

/** The name of an action outside of packages; throws for what is no name or no such path. */
async function actionName(deps: ActionHandlerDeps, request: ApiRequest): Promise<string> {
  const [name = "", inner, ...deeper] = request.rest;
  if (name === "") throw new PlatformError("ROUTE_UNKNOWN");
  requireEntityName(name);
  if (inner === undefined) return name;
  if (inner === "" || deeper.length > 0) throw new PlatformError("ROUTE_UNKNOWN");
  requireEntityName(inner);
  return refusePackage(deps, request);
}

/** Packages cannot be made yet: nothing is there by that name, or something else is. */
async function refusePackage(deps: ActionHandlerDeps, request: ApiRequest): Promise<never> {
  const name = requireEntityName(request.rest[0] ?? "");
  const stored = await deps.entities.get(`${request.namespace}/${name}`);
  throw new PlatformError(stored === undefined ? "NOT_FOUND" : "WRONG_COLLECTION");
}

async function readAction(
  deps: ActionHandlerDeps,
  id: string,
): Promise<Stored<ActionDocument> | undefined> {
  const stored: Stored<EntityDocument> | undefined = await deps.entities.get(id);
  if (stored === undefined) return undefined;
  const { document, revision } = stored;
  if (document.entityType !== "action") throw new PlatformError("WRONG_COLLECTION");
  return { document, revision };
}

async function requireAction(deps: ActionHandlerDeps, id: string): Promise<Stored<ActionDocument>> {
  const stored = await readAction(deps, id);
  if (stored === undefined) throw new PlatformError("NOT_FOUND");
  return stored;
}

function requireAllowedKind(
  exec: ExecRequest | undefined,
  allowed: readonly string[] | undefined,
): void {
  if (exec === undefined || allowed === undefined || allowed.length === 0) return;
  const { kind } = exec.resolved;
  if (allowed.includes(kind)) return;
  throw new PlatformError(
    "FORBIDDEN",
    `The supplied authentication is not authorized to access actions of kind '${kind}'.`,
  );
}

/** Refuses a deprecated kind, then stores the code. */
async function storeCode(deps: ActionHandlerDeps, exec: ExecRequest): Promise<Exec> {
  if (exec.resolved.deprecated) throw deprecatedKind(exec.resolved.kind);
  const { bytes, type } = encodeCode(exec.code, exec.binary);
  return storedExec(exec, await deps.attachments.put(bytes, type));
}

async function readCode(deps: ActionHandlerDeps, exec: Exec): Promise<string | undefined> {
  if (isSequence(exec)) return undefined;
  return decodeCode(await deps.attachments.get(exec.code), exec.binary);
}

/** Lost code does not keep an action from being changed or deleted. */
async function readCodeIfThere(deps: ActionHandlerDeps, exec: Exec): Promise<string | undefined> {
  try {
    return await readCode(deps, exec);
  } catch (error) {
    if (error instanceof PlatformError && error.code === "CORRUPTED") return undefined;
    throw error;
  }
}
