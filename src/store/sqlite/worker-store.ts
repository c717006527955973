/** What the worker does with each message. */
import type { DatabaseSync } from "node:sqlite";
import { AcceptedTable } from "./accepted-table.ts";
import { ActivationReader } from "./activation-reader.ts";
import { ActivationTable } from "./activation-table.ts";
import { ActivationWriter } from "./activation-writer.ts";
import { ConfigTable } from "./config-table.ts";
import { EntityTable } from "./entity-table.ts";
import { EntityWriter, type Reply } from "./entity-writer.ts";
import { isDamage, readError, reasonOf, writeError } from "./failure.ts";
import type { DataFolder } from "./folder.ts";
import { IdentityTable } from "./identity-table.ts";
import type { LogLevel, WorkerSettings } from "./options.ts";
import type {
  CallArgument,
  CallName,
  CallResult,
  ConfigChange,
  ConfigChanged,
  ConfigOutcome,
  ErrorData,
  FromWorker,
  ToWorker,
} from "./protocol.ts";
import { Sweeper } from "./retention.ts";
import { Transaction } from "./transaction.ts";

export type WorkerStoreOptions = {
  readonly settings: WorkerSettings;
  readonly folder: DataFolder;
  readonly entities: DatabaseSync;
  readonly activations: DatabaseSync;
  readonly openConfig: () => DatabaseSync;
  readonly send: (message: FromWorker, transfer?: ArrayBuffer[]) => void;
  readonly log: (level: LogLevel, message: string, fields: Record<string, unknown>) => void;
};

/** Calls that are answered with what their handler returns; the other one waits for its changes. */
type HandledName = Exclude<CallName, "config.apply">;
type Handlers = {
  readonly [Name in HandledName]: (argument: CallArgument<Name>) => CallResult<Name>;
};

const WRITES: ReadonlySet<CallName> = new Set<CallName>([
  "entity.write",
  "subject.put",
  "subject.delete",
  "limits.put",
]);

type Config = {
  readonly database: DatabaseSync;
  readonly table: ConfigTable;
  readonly writer: EntityWriter;
};

export class WorkerStore {
  isStopped = false;
  readonly #options: WorkerStoreOptions;
  readonly #handlers: Handlers;
  readonly #entityWriter: EntityWriter;
  readonly #activationWriter: ActivationWriter;
  readonly #sweeper: Sweeper;
  #retryTimer: NodeJS.Timeout | undefined;
  #isDamaged = false;
  #config: Config | undefined;

  constructor(options: WorkerStoreOptions) {
    this.#options = options;
    const { settings, send, log } = options;
    const activations = new ActivationTable(options.activations);
    const accepted = new AcceptedTable(options.activations);
    const transaction = new Transaction(options.activations);
    this.#entityWriter = new EntityWriter(new Transaction(options.entities));
    this.#activationWriter = new ActivationWriter({
      transaction,
      activations,
      accepted,
      backlogBytesMax: settings.backlogBytesMax,
      send,
      log,
    });
    this.#sweeper = new Sweeper(activations, transaction, settings.retention, () => this.settle());
    this.#handlers = {
      ...entityHandlers(new EntityTable(options.entities)),
      ...identityHandlers(new IdentityTable(options.entities)),
      ...this.#activationHandlers(activations, accepted),
      "config.load": () => this.#configFile().table.load(),
      "store.stop": () => this.#stop(),
    };
  }

  handle(message: ToWorker): void {
    switch (message.kind) {
      case "batch":
        this.#activationWriter.add(message.id, message.rows, message.changes);
        return;
      case "flush":
        this.#activationWriter.flush(message.id);
        return;
      case "call":
        this.#call(message.id, message.name, message.argument);
        return;
      case "retain":
        this.#sweeper.run(message.now).catch((error: unknown) => this.#sweepFailed(error));
    }
  }

  /** Commits what was applied since the last time. */
  settle(): void {
    if (this.isStopped) return;
    this.#entityWriter.commit();
    this.#config?.writer.commit();
    this.#activationWriter.commit();
    if (this.#activationWriter.backlog.length > 0) this.#retryLater();
  }

  #call(id: number, name: CallName, argument: unknown): void {
    const reply: Reply = {
      send: (value) => this.#options.send({ kind: "result", id, value }),
      fail: (error) => this.#fail(id, error),
    };
    // The name and its argument were paired by the typed caller on the other thread.
    if (name === "config.apply") {
      this.#changeConfig(reply, argument as CallArgument<"config.apply">);
      return;
    }
    const run = () => (this.#handlers[name] as (argument: unknown) => unknown)(argument);
    if (WRITES.has(name)) {
      this.#write(reply, run);
      return;
    }
    // Nobody may read an entity that a failing commit would take back.
    if (!name.startsWith("activation.")) this.#entityWriter.commit();
    try {
      reply.send(run());
    } catch (error) {
      if (isDamage(error)) this.#damaged(error);
      reply.fail(readError(error));
    }
  }

  #write(reply: Reply, run: () => unknown): void {
    this.#entityWriter.write(reply, run);
  }

  /** All in one transaction; answered when the last of them is on disk or refused. */
  #changeConfig(reply: Reply, changes: readonly ConfigChange[]): void {
    const outcomes: ConfigOutcome[] = [];
    let left = changes.length;
    const settle = (index: number, outcome: ConfigOutcome): void => {
      outcomes[index] = outcome;
      left -= 1;
      if (left === 0) reply.send(outcomes);
    };
    try {
      const { writer, table } = this.#configFile();
      for (const [index, change] of changes.entries()) {
        const own: Reply = {
          send: (value) => settle(index, { value: value as ConfigChanged }),
          fail: (error) => settle(index, { error }),
        };
        writer.write(own, () => table.apply(change));
      }
    } catch (error) {
      // The file could not be opened: nothing was written.
      reply.fail(writeError(error));
    }
  }

  #configFile(): Config {
    if (this.#config !== undefined) return this.#config;
    const database = this.#options.openConfig();
    const writer = new EntityWriter(new Transaction(database));
    this.#config = { database, table: new ConfigTable(database), writer };
    return this.#config;
  }

  #fail(id: number, error: ErrorData): void {
    this.#options.send({ kind: "error", id, error });
  }

  #activationHandlers(activations: ActivationTable, accepted: AcceptedTable) {
    const reader = new ActivationReader(activations, () => this.#activationWriter.backlog);
    return {
      "activation.get": ({ namespace, activationId }) => reader.get(namespace, activationId),
      "activation.list": (query) => reader.list(query),
      "activation.count": (query) => reader.count(query),
      "accepted.has": (id) => accepted.has(id),
      "accepted.unfinished": () => accepted.unfinished(),
    } satisfies Partial<Handlers>;
  }

  #retryLater(): void {
    if (this.#retryTimer !== undefined) return;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.settle();
      if (this.#activationWriter.backlog.length > 0) this.#activationWriter.retry();
      this.settle();
    }, this.#options.settings.retryIntervalMs);
  }

  #damaged(error: unknown): void {
    if (this.#isDamaged) return;
    this.#isDamaged = true;
    this.#options.folder.markDamaged();
    const message = "a data file is damaged; a restart checks it and keeps what can be read";
    this.#options.log("error", message, { reason: reasonOf(error) });
  }

  #sweepFailed(error: unknown): void {
    if (isDamage(error)) this.#damaged(error);
    const fields = { reason: reasonOf(error) };
    this.#options.log("warn", "old activation records could not be removed", fields);
  }

  #stop(): undefined {
    this.#sweeper.stop();
    this.settle();
    const { backlog } = this.#activationWriter;
    if (backlog.length > 0) this.#activationWriter.retry();
    const lost = backlogRows(this.#activationWriter.backlog);
    if (lost > 0) this.#options.log("error", "activation records are lost", { records: lost });
    clearTimeout(this.#retryTimer);
    this.isStopped = true;
    this.#options.entities.close();
    this.#config?.database.close();
    this.#options.activations.close();
    this.#options.folder.close(!this.#isDamaged);
    return undefined;
  }
}

function backlogRows(backlog: readonly { readonly rows: number }[]): number {
  return backlog.reduce((sum, { rows }) => sum + rows, 0);
}

function entityHandlers(table: EntityTable) {
  return {
    "entity.get": (id) => table.get(id),
    "entity.write": (writes) => table.write(writes),
    "entity.list": (query) => table.list(query),
    "entity.count": (query) => table.count(query),
    "entity.refers": (digest) => table.refers(digest),
    "entity.digests": () => table.digests(),
  } satisfies Partial<Handlers>;
}

function identityHandlers(table: IdentityTable) {
  return {
    "subject.get": (subject) => table.get(subject),
    "subject.put": (document) => void table.put(document),
    "subject.delete": (subject) => void table.delete(subject),
    "subject.list": () => table.list(),
    "identity.byKey": ({ uuid, key }) => table.byKey(uuid, key),
    "identity.byNamespace": (name) => table.byNamespace(name),
    "limits.get": (namespace) => table.getLimits(namespace),
    "limits.put": ({ namespace, document }) => void table.putLimits(namespace, document),
  } satisfies Partial<Handlers>;
}
