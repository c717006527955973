/**
 * Triggers, rules and packages before their issues bring them: collections that are empty
 * (openwhisk-api.md 7-9), so that clients that list them work.
 */
import { quoteText, quoteValue, requireObject } from "../../core/content.ts";
import type { Json } from "../../core/documents.ts";
import { requireEntityName } from "../../core/entity-name.ts";
import { badContent, PlatformError } from "../../core/errors.ts";
import { checkPayload, effectiveLimits, type SystemLimits } from "../../core/limits.ts";
import type { EntityStore } from "../../store/store.ts";
import type { ApiRequest, Handler } from "./handler.ts";
import { readJson, readObject } from "./json-body.ts";
import { pageParameters, parseQuery } from "./query.ts";
import { countReply, ok } from "./reply.ts";

export type EmptyCollection = "triggers" | "rules" | "packages";

export type EmptyCollectionHandlers = {
  /** GET /triggers */
  readonly list: Handler;
  /** GET, PUT, DELETE and POST /triggers/NAME */
  readonly get: Handler;
  readonly put: Handler;
  readonly remove: Handler;
  readonly post: Handler;
};

export function createEmptyCollectionHandlers(
  collection: EmptyCollection,
  deps: { readonly entities: EntityStore; readonly limits: SystemLimits },
): EmptyCollectionHandlers {
  const { entities, limits } = deps;
  return {
    list: async ({ query }) => {
      const { skip, count } = pageParameters(parseQuery(query), collection);
      return count ? countReply(collection, 0, skip) : ok([]);
    },
    get: async (request) => {
      const id = await freeId(entities, request);
      // Only here the entitlement step of the original looks the entity up, and tells its name.
      if (collection !== "packages") throw new PlatformError("NOT_FOUND");
      throw new PlatformError("NOT_FOUND", `The requested resource '${id}' does not exist.`);
    },
    put: async (request) => {
      await freeId(entities, request);
      throw new PlatformError("UNSUPPORTED", COMING[collection]);
    },
    remove: async (request) => {
      await freeId(entities, request);
      throw new PlatformError("NOT_FOUND");
    },
    post: async (request) => {
      if (collection === "packages") throw new PlatformError("ROUTE_UNKNOWN");
      entityName(request);
      const bounds = effectiveLimits(limits, request.identity.limits);
      const body = await request.body();
      checkPayload(body.length, bounds);
      if (collection === "rules") checkStatus(readJson(request.headers, body));
      else readObject(request.headers, body);
      await freeId(entities, request);
      throw new PlatformError("NOT_FOUND");
    },
  };
}

const COMING: Readonly<Record<EmptyCollection, string>> = {
  triggers: "Triggers are not available in this version.",
  rules: "Rules are not available in this version.",
  packages: "Packages are not available in this version.",
};

function entityName({ rest }: ApiRequest): string {
  const [name = "", ...deeper] = rest;
  if (name !== "") requireEntityName(name);
  if (name === "" || deeper.length > 0) throw new PlatformError("ROUTE_UNKNOWN");
  return name;
}

/** The id that is asked for; throws when an entity of another collection has it. */
async function freeId(entities: EntityStore, request: ApiRequest): Promise<string> {
  const id = `${request.namespace}/${entityName(request)}`;
  if ((await entities.get(id)) !== undefined) throw new PlatformError("WRONG_COLLECTION");
  return id;
}

function checkStatus(body: Json): void {
  const { status } = requireObject(body);
  if (status === undefined) throw badContent("key not found: status");
  if (status === "active" || status === "inactive") return;
  const shown = typeof status === "string" ? quoteText(status) : quoteValue(status);
  throw badContent(`requirement failed: ${shown} is not a recognized rule state`);
}
