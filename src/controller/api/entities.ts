/** What the handlers of all entities have in common: ids and lists. */
import type { DocumentOf, EntityType, JsonObject } from "../../core/documents.ts";
import type { EntityQuery, EntityStore } from "../../store/store.ts";
import type { ApiRequest, Reply } from "./handler.ts";
import { pageParameters, parseQuery } from "./query.ts";
import { countReply, ok } from "./reply.ts";

/** A page that has no end. */
export const ALL = { skip: 0, limit: Number.MAX_SAFE_INTEGER } as const;

/** "guest/hello" of a path with one name. */
export function entityId({ namespace, rest }: ApiRequest): string {
  return `${namespace}/${rest[0] ?? ""}`;
}

/** A page of a collection, or its count. */
export async function listReply<T extends EntityType>(
  entities: EntityStore,
  request: ApiRequest,
  query: EntityQuery<T>,
  summary: (document: DocumentOf<T>) => JsonObject,
): Promise<Reply> {
  const collection = `${query.type}s`;
  const { skip, limit, count } = pageParameters(parseQuery(request.query), collection);
  if (count) return countReply(collection, await entities.count(query), skip);
  const documents = await entities.list({ ...query, skip, limit });
  return ok(documents.map(summary));
}
