/**
 * REST handlers of actions, but for invoke (openwhisk-api.md 4). They check, in the original's
 * order, and store; what an action becomes is decided in `core/action.ts`.
 */
import { actionSummary, actionWire } from "../../core/action.ts";
import type { EntityRef } from "../../core/documents.ts";
import { refId } from "../../core/entity-ref.ts";
import { PlatformError } from "../../core/errors.ts";
import { bindingOf } from "../../core/package.ts";
import { mergeParameters } from "../../core/parameters.ts";
import { findPackage, type ReadablePackage, readEntities } from "../service/find-action.ts";
import { requireEntity } from "../service/stored-entity.ts";
import { readCode, readCodeIfThere } from "./action-code.ts";
import { type ActionHandlerDeps, putAction } from "./action-put.ts";
import { listReply } from "./entities.ts";
import type { ApiRequest, Handler, Reply } from "./handler.ts";
import { booleanParameter, parseQuery } from "./query.ts";
import { ok } from "./reply.ts";

export type ActionHandlers = {
  /** GET /actions, /actions/ and /actions/PKG/ */
  readonly list: Handler;
  /** GET, PUT and DELETE /actions/NAME, /actions/PKG/NAME */
  readonly get: Handler;
  readonly put: Handler;
  readonly remove: Handler;
};

export function createActionHandlers(deps: ActionHandlerDeps): ActionHandlers {
  return {
    list: (request) => list(deps, request),
    get: (request) => get(deps, request),
    put: async (request) => putAction(deps, request, await writable(deps, request)),
    remove: (request) => remove(deps, request),
  };
}

/** Through a package the parameters are those that an invocation starts from. */
async function get(deps: ActionHandlerDeps, request: ApiRequest): Promise<Reply> {
  const found = await packageAsked(deps, request);
  const withCode = booleanParameter(parseQuery(request.query), "code", true);
  const id = refId({ path: found?.path ?? request.namespace, name: request.rest.at(-1) ?? "" });
  const { document } = await requireEntity(deps.entities, "action", id);
  const parameters = mergeParameters(found?.parameters ?? [], document.parameters);
  const code = withCode ? await readCode(deps.attachments, document.exec) : undefined;
  // The original adds it to what it gives without code, and to that alone.
  const binding = withCode || found?.binding === undefined ? {} : { binding: found.binding };
  return ok({ ...actionWire({ ...document, parameters }, code), ...binding });
}

async function remove(deps: ActionHandlerDeps, request: ApiRequest): Promise<Reply> {
  const id = refId(await writable(deps, request));
  const { document, revision } = await requireEntity(deps.entities, "action", id);
  const code = await readCodeIfThere(deps.attachments, document.exec);
  await deps.entities.delete(id, revision);
  return ok(actionWire(document, code));
}

/** What is in a namespace, packaged actions too; or what is in one package. */
async function list(deps: ActionHandlerDeps, request: ApiRequest): Promise<Reply> {
  const found = await packageAsked(deps, request);
  const path = found?.path ?? request.namespace;
  return listReply(deps.entities, request, { type: "action", path }, actionSummary);
}

/** The package in the path, for a caller with the right to read it; undefined without one. */
async function packageAsked(
  { entities }: ActionHandlerDeps,
  { identity, namespace, rest }: ApiRequest,
): Promise<ReadablePackage | undefined> {
  const [name = "", inner] = rest;
  if (inner === undefined) return undefined;
  return readEntities(entities, findPackage(identity, { path: namespace, name }));
}

/** The name of an action that may be written. Throws when its package is missing or a binding. */
async function writable(
  { entities }: ActionHandlerDeps,
  { namespace, rest }: ApiRequest,
): Promise<EntityRef> {
  const [first = "", inner] = rest;
  if (inner === undefined) return { path: namespace, name: first };
  const home = `${namespace}/${first}`;
  const { document } = await requireEntity(entities, "package", home);
  if (bindingOf(document) !== undefined) {
    throw new PlatformError("BAD_REQUEST", "Operation not permitted on package binding.");
  }
  return { path: home, name: inner };
}
