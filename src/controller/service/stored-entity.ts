/** Reading an entity that must be of one type. */
import type { DocumentOf, EntityType } from "../../core/documents.ts";
import { PlatformError } from "../../core/errors.ts";
import type { EntityStore, Stored } from "../../store/store.ts";

/** Throws `WRONG_COLLECTION` when an entity of another type has this id. */
export async function readEntity<T extends EntityType>(
  entities: EntityStore,
  type: T,
  id: string,
): Promise<Stored<DocumentOf<T>> | undefined> {
  const stored = await entities.get(id);
  if (stored === undefined) return undefined;
  if (stored.document.entityType !== type) throw new PlatformError("WRONG_COLLECTION");
  return stored as Stored<DocumentOf<T>>;
}

/** As `readEntity`; throws `NOT_FOUND` too. */
export async function requireEntity<T extends EntityType>(
  entities: EntityStore,
  type: T,
  id: string,
): Promise<Stored<DocumentOf<T>>> {
  const stored = await readEntity(entities, type, id);
  if (stored === undefined) throw new PlatformError("NOT_FOUND");
  return stored;
}
