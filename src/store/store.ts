/**
 * Ports of the store. Drivers live beside this file; only `main.ts` and tests name one.
 * Every promise below rejects with a `PlatformError` (`CONFLICT`, `STORE_UNAVAILABLE`,
 * `CORRUPTED`).
 * A contract test suite (`tests/contract/store.contract.ts`) runs against every driver.
 */
import type {
  AttachmentRef,
  DocumentOf,
  EntityDocument,
  EntityType,
  NamespaceLimits,
  SubjectDocument,
} from "../core/documents.ts";

export type Store = {
  readonly entities: EntityStore;
  readonly activations: ActivationStore;
  readonly identities: IdentityStore;
  readonly attachments: AttachmentStore;
  readonly accepted: AcceptedStore;
  /** Opens files, migrates, checks; rejects with one clear line for the operator. */
  start(): Promise<void>;
  /** Writes what is pending, closes. Idempotent. */
  stop(): Promise<void>;
};

/** A document with the revision that the next write must name ("N-<hex>", as CouchDB's `_rev`). */
export type Stored<T> = { readonly document: T; readonly revision: string };

/**
 * Entities by id: "namespace/name" or "namespace/package/name", one keyspace for all types.
 * A write is on disk when its promise resolves.
 */
export type EntityStore = {
  /** A row that cannot be read as JSON: `CORRUPTED`. */
  get(id: string): Promise<Stored<EntityDocument> | undefined>;
  /** Creates when `revision` is undefined, else replaces exactly that revision; else `CONFLICT`. */
  put(id: string, document: EntityDocument, revision?: string): Promise<string>;
  delete(id: string, revision: string): Promise<void>;
  /**
   * All of these or none: one `CONFLICT` and nothing is written. Each id occurs once. Gives the new
   * revisions, undefined for what was deleted.
   */
  write(changes: readonly EntityChange[]): Promise<(string | undefined)[]>;
  /**
   * Newest `updated` first. `path` is a namespace ("guest": packaged entities included) or a
   * package path ("guest/pkg": that package only).
   */
  list<T extends EntityType>(query: EntityPage<T>): Promise<DocumentOf<T>[]>;
  count(query: EntityQuery): Promise<number>;
};
/** A document to put; without a document, the revision to delete. */
export type EntityChange = {
  readonly id: string;
  readonly document?: EntityDocument;
  readonly revision?: string | undefined;
};
export type EntityQuery<T extends EntityType = EntityType> = {
  readonly type: T;
  readonly path: string;
  /** What strangers see of a namespace: what is published and no binding. */
  readonly publicOnly?: boolean;
};
export type EntityPage<T extends EntityType = EntityType> = EntityQuery<T> & {
  readonly skip: number;
  readonly limit: number;
};

/** One activation to write. `document` is the JSON text of an `ActivationDocument`. */
export type ActivationRow = {
  readonly activationId: string;
  readonly namespace: string;
  /** What the name filter matches: "hello", "pkg/hello", "binding/hello". */
  readonly filterName: string;
  /** ms epoch */
  readonly start: number;
  readonly document: string;
  /** True when an accept record of this id exists: the same transaction removes it. */
  readonly accepted: boolean;
};

export type ActivationQuery = {
  readonly namespace: string;
  readonly filterName?: string;
  /** ms epoch, inclusive on `start` */
  readonly since?: number;
  readonly upto?: number;
};

export type ActivationStore = {
  /**
   * Queues a record for the next group commit (within 5 ms); returns at once. Never throws: when
   * the disk refuses, the driver keeps a bounded backlog (named limit), retries, and drops the
   * oldest with one error line and a counter when the bound is reached.
   */
  put(row: ActivationRow): void;
  /** Resolves when everything put so far is on disk; rejects `STORE_UNAVAILABLE` if it is not. */
  flush(): Promise<void>;
  /** JSON text of the document; sees every `put` made before. */
  get(namespace: string, activationId: string): Promise<string | undefined>;
  /** JSON texts, newest `start` first; sees every `put` made before. */
  list(
    query: ActivationQuery & { readonly skip: number; readonly limit: number },
  ): Promise<string[]>;
  count(query: ActivationQuery): Promise<number>;
};

export type IdentityStore = {
  get(subject: string): Promise<SubjectDocument | undefined>;
  put(document: SubjectDocument): Promise<void>;
  delete(subject: string): Promise<void>;
  /** The unblocked subject and namespace that own this key, with the namespace's limits. */
  byKey(uuid: string, key: string): Promise<IdentityRow | undefined>;
  byNamespace(name: string): Promise<IdentityRow[]>;
  list(): Promise<SubjectDocument[]>;
  getLimits(namespace: string): Promise<NamespaceLimits | undefined>;
  /** undefined removes the document */
  putLimits(namespace: string, limits: NamespaceLimits | undefined): Promise<void>;
};
export type IdentityRow = {
  readonly subject: string;
  readonly namespace: { readonly name: string; readonly uuid: string };
  readonly key: string;
  readonly limits: NamespaceLimits;
};

/** Code of actions, content-addressed by SHA-256; on disk when the promise resolves. */
export type AttachmentStore = {
  put(bytes: Uint8Array, type: string): Promise<AttachmentRef>;
  /** `CORRUPTED` when the bytes do not match their digest or are gone. */
  get(ref: AttachmentRef): Promise<Uint8Array>;
};

/** An invocation answered with 202 whose activation record is not written yet. */
export type AcceptedInvocation = {
  readonly activationId: string;
  /** ms epoch of the accept */
  readonly accepted: number;
  /** True once it may have begun to run: it must not be run again. */
  readonly started: boolean;
  /** JSON text of the `ActivationMessage` */
  readonly message: string;
};

export type AcceptedStore = {
  /** On disk when resolved (group commit). */
  put(invocation: AcceptedInvocation): Promise<void>;
  /** Marks `started`, on disk when resolved (group commit). */
  start(activationId: string): Promise<void>;
  /** Removes without a record (refused after all). */
  remove(activationId: string): Promise<void>;
  /** Whether it is accepted and its record not written yet. */
  has(activationId: string): Promise<boolean>;
  /** Oldest first; read once after a start. */
  unfinished(): Promise<AcceptedInvocation[]>;
};
