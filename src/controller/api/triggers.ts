/**
 * REST handlers of triggers (openwhisk-api.md 7); what a trigger becomes is decided in
 * `core/trigger.ts`, what a fire does in `service/fire.ts`.
 */
import type { IncomingHttpHeaders } from "node:http";
import { PlatformError } from "../../core/errors.ts";
import { checkPayload, effectiveLimits } from "../../core/limits.ts";
import {
  createTrigger,
  parseTriggerPut,
  triggerSummary,
  triggerWire,
  updateTrigger,
} from "../../core/trigger.ts";
import type { EntityCache } from "../../store/entity-cache.ts";
import type { FireService } from "../service/fire.ts";
import { readEntity, requireEntity } from "../service/stored-entity.ts";
import { entityId, listReply } from "./entities.ts";
import type { ApiRequest, Handler, Reply } from "./handler.ts";
import { readObject } from "./json-body.ts";
import { type PutDeps, readPut } from "./put-body.ts";
import { ok } from "./reply.ts";

export type TriggerHandlerDeps = PutDeps & {
  readonly entities: EntityCache;
  readonly fire: Pick<FireService, "fire">;
  /** ms epoch */
  readonly now: () => number;
};

export type TriggerHandlers = {
  /** GET /triggers */
  readonly list: Handler;
  /** GET, PUT and DELETE /triggers/NAME */
  readonly get: Handler;
  readonly put: Handler;
  readonly remove: Handler;
  /** POST /triggers/NAME */
  readonly fire: Handler;
};

export function createTriggerHandlers(deps: TriggerHandlerDeps): TriggerHandlers {
  const { entities } = deps;
  return {
    list: (request) => {
      const query = { type: "trigger", path: request.namespace } as const;
      return listReply(entities, request, query, triggerSummary);
    },
    get: async (request) => {
      const { document } = await requireEntity(entities, "trigger", entityId(request));
      return ok(triggerWire(document));
    },
    put: (request) => put(deps, request),
    // Its rules stay: they are inactive from now on.
    remove: async (request) => {
      const id = entityId(request);
      const { document, revision } = await requireEntity(entities, "trigger", id);
      await entities.delete(id, revision);
      return ok(triggerWire(document));
    },
    fire: (request) => fire(deps, request),
  };
}

async function put(deps: TriggerHandlerDeps, request: ApiRequest): Promise<Reply> {
  const [name = ""] = request.rest;
  const { body, sized, overwrite } = await readPut(deps, request);
  const change = parseTriggerPut(body, sized);
  const id = entityId(request);
  const stored = await readEntity(deps.entities, "trigger", id);
  if (stored !== undefined && !overwrite) throw new PlatformError("ALREADY_EXISTS");
  const now = deps.now();
  const document =
    stored === undefined
      ? createTrigger(request.namespace, name, change, now)
      : updateTrigger(stored.document, change, now);
  await deps.entities.put(id, document, stored?.revision);
  return ok(triggerWire(document));
}

async function fire(deps: TriggerHandlerDeps, request: ApiRequest): Promise<Reply> {
  const { transid, identity, namespace, rest } = request;
  const body = await request.body();
  checkPayload(body.length, effectiveLimits(deps.limits, identity.limits));
  const outcome = await deps.fire.fire({
    transid,
    identity,
    trigger: { path: namespace, name: rest[0] ?? "" },
    payload: readObject(request.headers, body),
    headers: passedOn(request.headers),
  });
  if (outcome.type === "idle") return { status: 204, body: "" };
  const { activationId } = outcome;
  return {
    status: 202,
    body: `{"activationId":"${activationId}"}`,
    headers: { "x-openwhisk-activation-id": activationId },
  };
}

/** What belongs to the body is no header to the original. */
const OF_THE_BODY = new Set(["content-type", "content-length", "transfer-encoding"]);

function passedOn(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) => {
    if (value === undefined || OF_THE_BODY.has(name)) return [];
    return [[name, Array.isArray(value) ? value.join(", ") : value] as const];
  });
  return Object.fromEntries(entries);
}
