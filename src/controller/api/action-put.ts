/** PUT …/actions/[PKG/]NAME (openwhisk-api.md 4.5, 4.8). */
import { actionWire, createAction, sequenceExec, updateAction } from "../../core/action.ts";
import { type ActionPut, parseActionPut } from "../../core/action-put.ts";
import type { ActionDocument, EntityRef, Exec } from "../../core/documents.ts";
import { inNamespace, refId } from "../../core/entity-ref.ts";
import { PlatformError } from "../../core/errors.ts";
import { deprecatedKind, type ExecRequest, kindOf } from "../../core/exec.ts";
import type { KindTable } from "../../core/kinds.ts";
import {
  checkInstances,
  checkLimits,
  type SystemLimits,
  standardLimits,
} from "../../core/limits.ts";
import type { EntityCache } from "../../store/entity-cache.ts";
import type { AttachmentStore, Stored } from "../../store/store.ts";
import { checkReferences } from "../service/check-references.ts";
import { checkSequence } from "../service/check-sequence.ts";
import { readEntities } from "../service/find-action.ts";
import { readEntity } from "../service/stored-entity.ts";
import { readCodeIfThere, storeCode } from "./action-code.ts";
import type { ApiRequest, Reply } from "./handler.ts";
import { readPut } from "./put-body.ts";
import { ok } from "./reply.ts";

export type ActionHandlerDeps = {
  readonly entities: EntityCache;
  readonly attachments: AttachmentStore;
  readonly kinds: KindTable;
  readonly limits: SystemLimits;
  /** ms epoch */
  readonly now: () => number;
};

/** `target` may be written: its package is there and no binding. */
export async function putAction(
  deps: ActionHandlerDeps,
  request: ApiRequest,
  target: EntityRef,
): Promise<Reply> {
  const { identity } = request;
  const { body, sized, overwrite, bounds } = await readPut(deps, request);
  const change = resolveComponents(parseActionPut(body, sized), identity.namespace.name);
  const { exec, limits = {} } = change;
  checkLimits(limits, bounds);
  if (exec?.type === "sequence") {
    const references = { triggers: [], actions: exec.components };
    await readEntities(deps.entities, checkReferences(identity, references));
  }
  requireAllowedKind(exec, identity.limits.allowedKinds);
  const stored = await readEntity(deps.entities, "action", refId(target));
  if (stored !== undefined && !overwrite) throw new PlatformError("ALREADY_EXISTS");
  checkInstances(limits, bounds);
  return stored === undefined ? create(deps, target, change) : update(deps, target, stored, change);
}

async function create(deps: ActionHandlerDeps, target: EntityRef, put: ActionPut): Promise<Reply> {
  if (put.exec === undefined) throw new PlatformError("BAD_REQUEST", "exec undefined");
  const exec = await storeExec(deps, target, put.exec);
  const action = createAction({
    namespace: target.path,
    name: target.name,
    put,
    exec,
    runtime: runtimeOf(put.exec),
    standard: standardLimits(deps.limits),
    now: deps.now(),
  });
  await deps.entities.put(refId(target), action);
  return ok(actionWire(action, codeOf(put.exec)));
}

async function update(
  deps: ActionHandlerDeps,
  target: EntityRef,
  { document: action, revision }: Stored<ActionDocument>,
  put: ActionPut,
): Promise<Reply> {
  // A kind that no runtime here serves any more does not keep its owner from changing the rest.
  const old = deps.kinds.resolve(action.exec.kind);
  if (put.exec === undefined && old?.deprecated) throw deprecatedKind(old.kind);
  const exec = put.exec === undefined ? action.exec : await storeExec(deps, target, put.exec);
  const kept = old?.runtime ?? action.exec.kind;
  const runtime = put.exec === undefined ? kept : runtimeOf(put.exec);
  const changed = updateAction({ action, put, exec, runtime, now: deps.now() });
  const code =
    put.exec === undefined ? await readCodeIfThere(deps.attachments, exec) : codeOf(put.exec);
  await deps.entities.put(refId(target), changed, revision);
  return ok(actionWire(changed, code));
}

/** "_" in a component is the namespace of whoever writes the sequence. */
function resolveComponents(put: ActionPut, namespace: string): ActionPut {
  if (put.exec?.type !== "sequence") return put;
  const components = put.exec.components.map((ref) => inNamespace(ref, namespace));
  return { ...put, exec: { type: "sequence", components } };
}

function requireAllowedKind(
  exec: ExecRequest | undefined,
  allowed: readonly string[] | undefined,
): void {
  if (exec === undefined || allowed === undefined || allowed.length === 0) return;
  const kind = kindOf(exec);
  if (allowed.includes(kind)) return;
  throw new PlatformError(
    "FORBIDDEN",
    `The supplied authentication is not authorized to access actions of kind '${kind}'.`,
  );
}

/** Checks a sequence, or stores the code of another action. */
async function storeExec(
  deps: ActionHandlerDeps,
  target: EntityRef,
  exec: ExecRequest,
): Promise<Exec> {
  if (exec.type === "code") return storeCode(deps.attachments, exec);
  const check = checkSequence(refId(target), exec.components, deps.limits.sequenceLengthMax);
  await readEntities(deps.entities, check);
  return sequenceExec(exec);
}

function runtimeOf(exec: ExecRequest): string {
  return exec.type === "sequence" ? exec.type : exec.resolved.runtime;
}

function codeOf(exec: ExecRequest): string | undefined {
  return exec.type === "sequence" ? undefined : exec.code;
}
