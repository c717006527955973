/**
 * Entities, attachments and activations in memory, for tests of handlers. The drivers proper have
 * their contract suite; this keeps just the promises that handlers rely on.
 */
import { createHash } from "node:crypto";
import type {
  ActivationDocument,
  DocumentOf,
  EntityDocument,
  EntityType,
} from "../../src/core/documents.ts";
import { PlatformError } from "../../src/core/errors.ts";
import { createEntityCache, type EntityCache } from "../../src/store/entity-cache.ts";
import type {
  ActivationQuery,
  ActivationRow,
  ActivationStore,
  AttachmentStore,
  EntityChange,
  EntityQuery,
  EntityStore,
  Stored,
} from "../../src/store/store.ts";

export type MemoryStore = {
  readonly entities: EntityCache;
  readonly attachments: AttachmentStore;
  readonly activations: ActivationStore;
  /** Drops all code, as if its files were lost. */
  loseCode(): void;
};

export function createMemoryStore(): MemoryStore {
  const code = new Map<string, Uint8Array>();
  return {
    entities: createEntityCache(memoryEntities(), {
      entriesMax: 1000,
      runtimeOf: (kind) => kind,
    }),
    attachments: memoryAttachments(code),
    activations: memoryActivations(),
    loseCode: () => code.clear(),
  };
}

function memoryEntities(): EntityStore {
  const rows = new Map<string, Stored<EntityDocument>>();
  let writes = 0;
  const expect = (id: string, revision: string | undefined): void => {
    if (rows.get(id)?.revision !== revision) throw new PlatformError("CONFLICT");
  };
  const select = <T extends EntityType>(query: EntityQuery<T>): DocumentOf<T>[] => {
    const { type, path, publicOnly } = query;
    return [...rows.values()]
      .map((row) => row.document)
      .filter((document): document is DocumentOf<T> => document.entityType === type)
      .filter((document) => publicOnly !== true || isPublic(document))
      .filter(({ namespace }) => namespace === path || namespace.startsWith(`${path}/`))
      .sort((a, b) => b.updated - a.updated);
  };
  const write = async (changes: readonly EntityChange[]): Promise<(string | undefined)[]> => {
    for (const { id, revision } of changes) expect(id, revision);
    return changes.map(({ id, document }) => {
      if (document === undefined) {
        rows.delete(id);
        return undefined;
      }
      writes += 1;
      rows.set(id, { document: structuredClone(document), revision: `${writes}-m` });
      return `${writes}-m`;
    });
  };
  return {
    get: async (id) => rows.get(id),
    put: async (id, document, revision) => (await write([{ id, document, revision }]))[0] ?? "",
    delete: async (id, revision) => {
      await write([{ id, revision }]);
    },
    write,
    list: async ({ skip, limit, ...query }) => select(query).slice(skip, skip + limit),
    count: async (query) => select(query).length,
  };
}

function isPublic(document: EntityDocument): boolean {
  return document.publish && !("binding" in document && "name" in document.binding);
}

function memoryAttachments(code: Map<string, Uint8Array>): AttachmentStore {
  return {
    put: async (bytes, type) => {
      const digest = `sha256-${createHash("sha256").update(bytes).digest("hex")}`;
      code.set(digest, bytes);
      const length = bytes.length;
      return { attachmentName: digest, attachmentType: type, length, digest };
    },
    get: async (ref) => {
      const bytes = code.get(ref.digest);
      if (bytes === undefined) throw new PlatformError("CORRUPTED");
      return bytes;
    },
  };
}

function memoryActivations(): ActivationStore {
  const rows: ActivationRow[] = [];
  const select = (query: ActivationQuery): ActivationRow[] =>
    rows
      .filter((row) => row.namespace === query.namespace)
      .filter((row) => query.filterName === undefined || row.filterName === query.filterName)
      .filter((row) => row.start >= (query.since ?? 0))
      .filter((row) => row.start <= (query.upto ?? Number.POSITIVE_INFINITY))
      .sort((a, b) => b.start - a.start);
  return {
    put: (row) => {
      rows.push(row);
    },
    flush: async () => {},
    get: async (namespace, activationId) =>
      rows.find((row) => row.namespace === namespace && row.activationId === activationId)
        ?.document,
    list: async ({ skip, limit, ...query }) =>
      select(query)
        .slice(skip, skip + limit)
        .map((row) => row.document),
    count: async (query) => select(query).length,
  };
}

/** A row as the invoker would write it. */
export function activationRow(document: ActivationDocument, filterName?: string): ActivationRow {
  return {
    activationId: document.activationId,
    namespace: document.namespace,
    filterName: filterName ?? document.name,
    start: document.start,
    document: JSON.stringify(document),
    accepted: false,
  };
}
