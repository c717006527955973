/**
 * REST handlers of rules (openwhisk-api.md 8). A rule's state is kept by its trigger, so most
 * changes write both, together; what becomes of them is decided in `core/rule.ts` and
 * `core/trigger.ts`.
 */
import type { EntityRef, RuleDocument, RuleStatus, TriggerDocument } from "../../core/documents.ts";
import { qualifiedName, refId } from "../../core/entity-ref.ts";
import { PlatformError } from "../../core/errors.ts";
import { checkPayload, effectiveLimits } from "../../core/limits.ts";
import {
  createRule,
  parseRulePut,
  parseRuleStatus,
  ruleWire,
  updateRule,
} from "../../core/rule.ts";
import { linkRule, ruleStatus, unlinkRule } from "../../core/trigger.ts";
import type { EntityCache } from "../../store/entity-cache.ts";
import type { EntityChange, Stored } from "../../store/store.ts";
import { checkReferences } from "../service/check-references.ts";
import { readEntities } from "../service/find-action.ts";
import { resolveActionId, storedAction } from "../service/resolve-action.ts";
import { readEntity, requireEntity } from "../service/stored-entity.ts";
import { entityId, listReply } from "./entities.ts";
import type { ApiRequest, Handler, Reply } from "./handler.ts";
import { readJson } from "./json-body.ts";
import { type PutDeps, readPut } from "./put-body.ts";
import { ok } from "./reply.ts";

export type RuleHandlerDeps = PutDeps & {
  readonly entities: EntityCache;
  /** ms epoch */
  readonly now: () => number;
};

export type RuleHandlers = {
  /** GET /rules */
  readonly list: Handler;
  /** GET, PUT and DELETE /rules/NAME */
  readonly get: Handler;
  readonly put: Handler;
  readonly remove: Handler;
  /** POST /rules/NAME */
  readonly setStatus: Handler;
};

export function createRuleHandlers(deps: RuleHandlerDeps): RuleHandlers {
  const { entities } = deps;
  return {
    list: (request) => {
      const query = { type: "rule", path: request.namespace } as const;
      return listReply(entities, request, query, (rule) => ruleWire(rule));
    },
    get: async (request) => {
      const id = entityId(request);
      const { document } = await requireEntity(entities, "rule", id);
      const trigger = await triggerOf(entities, document);
      return ok(ruleWire(document, ruleStatus(trigger?.document, id)));
    },
    put: (request) => put(deps, request),
    remove: (request) => remove(entities, request),
    setStatus: (request) => setStatus(deps, request),
  };
}

async function put(deps: RuleHandlerDeps, request: ApiRequest): Promise<Reply> {
  const { entities } = deps;
  const [name = ""] = request.rest;
  const { body, sized, overwrite } = await readPut(deps, request);
  const change = parseRulePut(body, sized, request.namespace);
  const references = { triggers: present(change.trigger), actions: present(change.action) };
  await readEntities(entities, checkReferences(request.identity, references));
  const id = entityId(request);
  const stored = await readEntity(entities, "rule", id);
  if (stored !== undefined && !overwrite) throw new PlatformError("ALREADY_EXISTS");
  const now = deps.now();
  const rule =
    stored === undefined
      ? createRule(request.namespace, name, change, now)
      : updateRule(stored.document, change, now);
  const before = stored === undefined ? undefined : await triggerOf(entities, stored.document);
  const status = stored === undefined ? "active" : ruleStatus(before?.document, id);
  const trigger = await requireTrigger(entities, rule.trigger);
  await requireAction(entities, rule.action);
  await entities.write([
    ...leaving(before, trigger, id),
    triggerChange(linkRule(trigger.document, id, { action: rule.action, status }), trigger),
    { id, document: rule, revision: stored?.revision },
  ]);
  return ok(ruleWire(rule, status));
}

/** An active rule may be deleted; it is shown as inactive then. */
async function remove(entities: EntityCache, request: ApiRequest): Promise<Reply> {
  const id = entityId(request);
  const { document, revision } = await requireEntity(entities, "rule", id);
  const trigger = await triggerOf(entities, document);
  await entities.write([...leaving(trigger, undefined, id), { id, revision }]);
  return ok(ruleWire(document, "inactive"));
}

async function setStatus(deps: RuleHandlerDeps, request: ApiRequest): Promise<Reply> {
  const { entities, limits } = deps;
  const body = await request.body();
  checkPayload(body.length, effectiveLimits(limits, request.identity.limits));
  const status = parseRuleStatus(readJson(request.headers, body));
  const id = entityId(request);
  const { document } = await requireEntity(entities, "rule", id);
  const trigger = await triggerOf(entities, document);
  if (status !== ruleStatus(trigger?.document, id)) await link(entities, document, trigger, status);
  return { status: 200, body: "OK", type: "text" };
}

async function link(
  entities: EntityCache,
  rule: RuleDocument,
  trigger: Stored<TriggerDocument> | undefined,
  status: RuleStatus,
): Promise<void> {
  if (trigger === undefined) {
    throw new PlatformError("NOT_FOUND", "Only rules with existing triggers can be activated");
  }
  const { action } = rule;
  const linked = linkRule(trigger.document, `${rule.namespace}/${rule.name}`, { action, status });
  await entities.write([triggerChange(linked, trigger)]);
}

function triggerChange(
  document: TriggerDocument,
  { revision }: Stored<TriggerDocument>,
): EntityChange {
  return { id: `${document.namespace}/${document.name}`, document, revision };
}

/** The trigger that a rule leaves behind, unless it goes to the same one. */
function leaving(
  before: Stored<TriggerDocument> | undefined,
  after: Stored<TriggerDocument> | undefined,
  rule: string,
): EntityChange[] {
  if (before === undefined || before.revision === after?.revision) return [];
  return [triggerChange(unlinkRule(before.document, rule), before)];
}

/** Undefined when it is gone, or something else has its name by now. */
async function triggerOf(
  entities: EntityCache,
  { trigger }: RuleDocument,
): Promise<Stored<TriggerDocument> | undefined> {
  const stored = await entities.get(refId(trigger));
  if (stored?.document.entityType !== "trigger") return undefined;
  return stored as Stored<TriggerDocument>;
}

async function requireTrigger(
  entities: EntityCache,
  ref: EntityRef,
): Promise<Stored<TriggerDocument>> {
  return asReference("trigger", ref, () => readEntity(entities, "trigger", refId(ref)));
}

async function requireAction(entities: EntityCache, ref: EntityRef): Promise<void> {
  await asReference("action", ref, async () => {
    const id = await readEntities(entities, resolveActionId(ref));
    return readEntities(entities, storedAction(id));
  });
}

/** What is wrong with a referenced entity is a fault of the request. */
async function asReference<T>(
  what: string,
  ref: EntityRef,
  read: () => Promise<T | undefined>,
): Promise<T> {
  const fault = (text: string): PlatformError =>
    new PlatformError("BAD_REQUEST", `${what} ${qualifiedName(ref)} ${text}`);
  try {
    const found = await read();
    if (found !== undefined) return found;
  } catch (cause) {
    const code = cause instanceof PlatformError ? cause.code : undefined;
    if (code === "CORRUPTED") throw fault("is corrupted");
    // An entity of another type has the name: of this type there is none.
    if (code !== "WRONG_COLLECTION") throw cause;
  }
  throw fault("does not exist");
}

function present(ref: EntityRef | undefined): EntityRef[] {
  return ref === undefined ? [] : [ref];
}
