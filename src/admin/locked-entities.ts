/** An entity store, or a cache of one, that locks the parameters of what is written to it. */
import { randomBytes } from "node:crypto";
import { lockDocument, type ParameterLocks } from "../core/parameter-lock.ts";
import type { EntityStore } from "../store/store.ts";

/** Nothing else changes: reads give what is stored, locked values included, as in the original. */
export function lockingEntities<T extends Pick<EntityStore, "put" | "write">>(
  entities: T,
  given: Omit<ParameterLocks, "randomBytes">,
): T {
  if (given.current === undefined) return entities;
  const locks = { ...given, randomBytes };
  return {
    ...entities,
    put: (id, document, revision) => entities.put(id, lockDocument(document, locks), revision),
    write: (changes) =>
      entities.write(
        changes.map(({ document, ...change }) =>
          document === undefined ? change : { ...change, document: lockDocument(document, locks) },
        ),
      ),
  };
}
