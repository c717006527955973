/**
 * SQLite driver of the store, on the built-in `node:sqlite`. All of SQLite's work happens in one
 * worker thread (`sqlite-worker.ts`); messages to it keep their order, which gives every caller
 * its own writes. Layout, promises and limits: docs/storage.md.
 */
import { join } from "node:path";
import {
  type DocumentOf,
  type EntityDocument,
  type EntityType,
  isSequence,
} from "../core/documents.ts";
import { PlatformError } from "../core/errors.ts";
import type { ConfigStore } from "../gateway/config-store.ts";
import { LoggedConfigStore } from "../gateway/store/logged-config-store.ts";
import { AttachmentFiles } from "./attachment-files.ts";
import { BatchQueue } from "./sqlite/batch-queue.ts";
import { type SqliteSettings, type SqliteStoreOptions, withDefaults } from "./sqlite/options.ts";
import type {
  CallArgument,
  CallName,
  CallResult,
  EntityWrite,
  IdentityJson,
} from "./sqlite/protocol.ts";
import { WorkerLink } from "./sqlite/worker-link.ts";
import { sqliteConfigLog } from "./sqlite-config.ts";
import type {
  AcceptedStore,
  ActivationStore,
  EntityChange,
  EntityPage,
  EntityStore,
  IdentityRow,
  IdentityStore,
  Store,
} from "./store.ts";

export type { SqliteStoreOptions } from "./sqlite/options.ts";

/** For metrics. */
export type StoreCounters = {
  /** Activation records given up because the backlog was full. */
  readonly recordsDropped: number;
  /** Bytes of activation records that are not on disk yet. */
  readonly waitingBytes: number;
};
export type SqliteStore = Store & {
  counters(): StoreCounters;
  /** The gateway's configuration; read once, then kept in memory. Call it after `start`. */
  openConfig(): Promise<ConfigStore>;
};

/** Milliseconds of the commit interval left for the hand-over and the commit itself. */
const COMMIT_RESERVE_MS = 2;

type Call = <Name extends CallName>(
  name: Name,
  argument: CallArgument<Name>,
) => Promise<CallResult<Name>>;

export function createSqliteStore(options: SqliteStoreOptions): SqliteStore {
  return new Driver(withDefaults(options));
}

class Driver implements SqliteStore {
  readonly entities: EntityStore;
  readonly activations: ActivationStore;
  readonly identities: IdentityStore;
  readonly attachments: AttachmentFiles;
  readonly accepted: AcceptedStore;
  readonly #settings: SqliteSettings;
  readonly #link: WorkerLink;
  readonly #queue: BatchQueue;
  #retainTimer: NodeJS.Timeout | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #config: Promise<LoggedConfigStore> | undefined;
  readonly #call: Call;

  constructor(settings: SqliteSettings) {
    this.#settings = settings;
    this.#link = new WorkerLink(settings, {
      changed: (id, error) => this.#queue.changed(id, error),
      released: (bytes, dropped, memory) => this.#queue.released(bytes, dropped, memory),
      lost: (error) => this.#queue.close(error),
    });
    this.#queue = new BatchQueue({
      delayMs: Math.max(settings.commitIntervalMs - COMMIT_RESERVE_MS, 1),
      bytesMax: settings.backlogBytesMax,
      logger: settings.logger,
      post: (message, transfer) => this.#link.post(message, transfer),
    });
    const call: Call = (name, argument) => {
      this.#queue.postAll();
      return this.#link.call(name, argument);
    };
    this.#call = call;
    this.attachments = new AttachmentFiles({
      folder: join(settings.folder, "attachments"),
      graceMs: settings.attachmentGraceMs,
      isReferenced: (digest) => call("entity.refers", digest),
      referenced: () => call("entity.digests", undefined),
      onError: (message, error) =>
        settings.logger("warn", message, {
          reason: error instanceof Error ? error.message : error,
        }),
    });
    this.entities = entityStore(call, settings, (digest) => this.attachments.release(digest));
    this.activations = activationStore(call, this.#queue);
    this.identities = identityStore(call);
    this.accepted = acceptedStore(call, this.#queue);
  }

  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  counters(): StoreCounters {
    const { recordsDropped, waitingBytes } = this.#queue;
    return { recordsDropped, waitingBytes };
  }

  openConfig(): Promise<ConfigStore> {
    const { logger, clock } = this.#settings;
    this.#config ??= LoggedConfigStore.open(sqliteConfigLog(this.#call, logger), clock);
    return this.#config;
  }

  async #start(): Promise<void> {
    await this.#link.start();
    this.#queue.open();
    await this.attachments.start();
    const { retention, clock } = this.#settings;
    const retain = () => this.#link.post({ kind: "retain", now: clock() });
    this.#retainTimer = setInterval(retain, retention.intervalMs);
    this.#retainTimer.unref();
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    clearInterval(this.#retainTimer);
    await this.attachments.stop();
    (await this.#config?.catch(() => undefined))?.stop();
    this.#queue.postAll();
    await this.#link.stop();
  }
}

function entityStore(
  call: Call,
  { logger }: SqliteSettings,
  release: (digest: string) => void,
): EntityStore {
  const write: EntityStore["write"] = async (changes) => {
    const written = await call("entity.write", changes.map(entityWrite));
    for (const { released } of written) if (released !== undefined) release(released);
    return written.map(({ revision }) => revision);
  };
  return {
    async get(id) {
      const row = await call("entity.get", id);
      if (row === undefined) return undefined;
      return { document: parse<EntityDocument>(row.document), revision: row.revision };
    },
    async put(id, document, revision) {
      const [next] = await write([{ id, document, revision }]);
      return next ?? "";
    },
    async delete(id, revision) {
      await write([{ id, revision }]);
    },
    write,
    async list<T extends EntityType>(query: EntityPage<T>) {
      const texts = await call("entity.list", query);
      return texts.flatMap((text) => {
        try {
          return [parse<DocumentOf<T>>(text)];
        } catch {
          // One bad row must not hide the others; reading it by its id says what it is.
          logger("warn", "an entity in a list cannot be read and was left out", { ...query });
          return [];
        }
      });
    },
    count: (query) => call("entity.count", query),
  };
}

function entityWrite({ id, document, revision }: EntityChange): EntityWrite {
  if (document === undefined) return { id, revision, row: undefined };
  const row = {
    type: document.entityType,
    updated: document.updated,
    digest: digestOf(document),
    document: JSON.stringify(document),
  };
  return { id, revision, row };
}

/** Which attachment an entity refers to. */
function digestOf(document: EntityDocument): string | null {
  if (document.entityType !== "action" || isSequence(document.exec)) return null;
  return document.exec.code.digest;
}

function activationStore(call: Call, queue: BatchQueue): ActivationStore {
  return {
    put: (row) => queue.put(row),
    flush: () => queue.flush(),
    get: (namespace, activationId) => call("activation.get", { namespace, activationId }),
    list: (query) => call("activation.list", query),
    count: (query) => call("activation.count", query),
  };
}

function identityStore(call: Call): IdentityStore {
  return {
    async get(subject) {
      const text = await call("subject.get", subject);
      return text === undefined ? undefined : parse(text);
    },
    put: (document) => call("subject.put", JSON.stringify(document)),
    delete: (subject) => call("subject.delete", subject),
    async byKey(uuid, key) {
      const row = await call("identity.byKey", { uuid, key });
      return row === undefined ? undefined : identityRow(row);
    },
    async byNamespace(name) {
      return (await call("identity.byNamespace", name)).map(identityRow);
    },
    async list() {
      return (await call("subject.list", undefined)).map((text) => parse(text));
    },
    async getLimits(namespace) {
      const text = await call("limits.get", namespace);
      return text === undefined ? undefined : parse(text);
    },
    putLimits: (namespace, limits) =>
      call("limits.put", {
        namespace,
        document: limits === undefined ? undefined : JSON.stringify(limits),
      }),
  };
}

function acceptedStore(call: Call, queue: BatchQueue): AcceptedStore {
  return {
    put: (invocation) => queue.change({ change: "put", invocation }),
    start: (activationId) => queue.change({ change: "start", activationId }),
    remove: (activationId) => queue.change({ change: "remove", activationId }),
    has: (activationId) => call("accepted.has", activationId),
    unfinished: () => call("accepted.unfinished", undefined),
  };
}

function identityRow({ subject, namespace, uuid, key, limits }: IdentityJson): IdentityRow {
  return {
    subject,
    namespace: { name: namespace, uuid },
    key,
    limits: limits === undefined ? {} : parse(limits),
  };
}

/** The documents were checked before they were stored; here only their text can be damaged. */
function parse<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw corrupted(error);
  }
}

function corrupted(cause: unknown): PlatformError {
  return new PlatformError("CORRUPTED", undefined, { cause });
}
