/**
 * Entities as the hot path reads them: an `EntityStore` that remembers what it has read and
 * written.
 * One process owns the store, and the driver answers in the order of the requests, so a write that
 * has resolved is what the next read sees.
 */
import { LRUCache } from "lru-cache";
import type { ActionDocument, EntityDocument } from "../core/documents.ts";
import { type Invocable, invocable } from "../core/executable-action.ts";
import type { EntityStore, Stored } from "./store.ts";

export type CachedEntity<T extends EntityDocument = EntityDocument> = Stored<T> & {
  invocable?: Invocable;
  /** The same as one package gives it; the last one that was asked for. */
  packaged?: { readonly by: readonly CachedEntity[]; readonly action: Invocable };
};

export type EntityCache = EntityStore & {
  /** Reads that found it remembered, and that had to ask the store; for metrics. */
  readonly counts: { readonly hits: number; readonly misses: number };
  /** What is remembered under `id`, without waiting. */
  peek(id: string): CachedEntity | undefined;
  get(id: string): Promise<CachedEntity | undefined>;
  /** The action behind an entity in the form that an invocation needs; derived once. */
  invocable(id: string, entity: CachedEntity<ActionDocument>): Invocable;
};

export function isAction(entity: CachedEntity): entity is CachedEntity<ActionDocument> {
  return entity.document.entityType === "action";
}

/** `entriesMax`: entities remembered; the least recently used goes first. */
export function createEntityCache(
  store: EntityStore,
  options: { readonly entriesMax: number; readonly runtimeOf: (kind: string) => string },
): EntityCache {
  const cache = new LRUCache<string, CachedEntity>({ max: options.entriesMax });
  const counts = { hits: 0, misses: 0 };
  const remembered = (id: string): CachedEntity | undefined => {
    const known = cache.get(id);
    if (known !== undefined) counts.hits += 1;
    return known;
  };
  return {
    counts,
    peek: remembered,
    invocable(id, entity) {
      const { document, revision } = entity;
      entity.invocable ??= invocable(id, document, revision, options.runtimeOf(document.exec.kind));
      return entity.invocable;
    },
    async get(id) {
      const known = remembered(id);
      if (known !== undefined) return known;
      counts.misses += 1;
      const stored = await store.get(id);
      if (stored !== undefined) cache.set(id, stored);
      return stored;
    },
    async put(id, document, revision) {
      // Forgotten first: when the write fails, nobody knows which of the two is on disk.
      cache.delete(id);
      const next = await store.put(id, document, revision);
      cache.set(id, { document, revision: next });
      return next;
    },
    async delete(id, revision) {
      cache.delete(id);
      await store.delete(id, revision);
      cache.delete(id);
    },
    async write(changes) {
      for (const { id } of changes) cache.delete(id);
      const revisions = await store.write(changes);
      for (const [at, { id, document }] of changes.entries()) {
        const revision = revisions[at];
        if (document === undefined || revision === undefined) cache.delete(id);
        else cache.set(id, { document, revision });
      }
      return revisions;
    },
    list: (query) => store.list(query),
    count: (query) => store.count(query),
  };
}
