/** The serving thread's end of the store's worker: calls out, results in. */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { PlatformError } from "../../core/errors.ts";
import { platformError, reasonOf } from "./failure.ts";
import { type SqliteSettings, workerSettings } from "./options.ts";
import type {
  CallArgument,
  CallName,
  CallResult,
  FromWorker,
  ToWorker,
  WorkerInput,
} from "./protocol.ts";

type Waiter = {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
};

/** Facts that the batches' owner acts on. */
export type BatchFacts = {
  readonly changed: (id: number, error: PlatformError | undefined) => void;
  readonly released: (bytes: number, dropped: number, memory: ArrayBuffer) => void;
  readonly lost: (error: PlatformError) => void;
};

export class WorkerLink {
  readonly #settings: SqliteSettings;
  readonly #facts: BatchFacts;
  readonly #waiters = new Map<number, Waiter>();
  #worker: Worker | undefined;
  #nextId = 1;
  #isStopping = false;

  constructor(settings: SqliteSettings, facts: BatchFacts) {
    this.#settings = settings;
    this.#facts = facts;
  }

  get isOpen(): boolean {
    return this.#worker !== undefined;
  }

  /** Rejects with the worker's one line when the folder cannot be used. */
  start(): Promise<void> {
    const input: WorkerInput = { settings: workerSettings(this.#settings) };
    // Beside this file's folder, in the form that is running: .ts from source, .js when built.
    const file = `../sqlite-worker${extname(import.meta.url)}`;
    const worker = new Worker(new URL(file, import.meta.url), { workerData: input, execArgv: [] });
    return new Promise((resolve, reject) => {
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "ready") {
          this.#worker = worker;
          resolve();
        } else if (message.kind === "failed") {
          reject(new PlatformError("STORE_UNAVAILABLE", message.line));
        } else {
          this.#receive(message);
        }
      });
      worker.on("error", (error: unknown) => this.#lost(error));
      worker.on("exit", () => {
        this.#lost(new Error("the store's worker ended"));
        reject(new PlatformError("STORE_UNAVAILABLE", "the store's worker ended at its start"));
      });
    });
  }

  post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }

  call<Name extends CallName>(name: Name, argument: CallArgument<Name>): Promise<CallResult<Name>> {
    const id = this.#nextId++;
    const worker = this.#worker;
    if (worker === undefined) return Promise.reject(unavailable("the store is not open"));
    return new Promise((resolve, reject) => {
      this.#waiters.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ kind: "call", id, name, argument } satisfies ToWorker);
    });
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#isStopping = true;
    await this.call("store.stop", undefined);
    await worker.terminate();
    this.#worker = undefined;
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "result":
        this.#take(message.id)?.resolve(message.value);
        return;
      case "error":
        this.#take(message.id)?.reject(platformError(message.error));
        return;
      case "changed":
        this.#facts.changed(message.id, message.error && platformError(message.error));
        return;
      case "released":
        this.#facts.released(message.bytes, message.dropped, message.memory);
        return;
      case "log":
        this.#settings.logger(message.level, message.message, message.fields);
    }
  }

  #take(id: number): Waiter | undefined {
    const waiter = this.#waiters.get(id);
    this.#waiters.delete(id);
    return waiter;
  }

  #lost(cause: unknown): void {
    if (this.#worker === undefined) return;
    this.#worker = undefined;
    if (!this.#isStopping) {
      this.#settings.logger("error", "the store's worker failed", { reason: reasonOf(cause) });
    }
    const error = unavailable(reasonOf(cause));
    for (const { reject } of this.#waiters.values()) reject(error);
    this.#waiters.clear();
    this.#facts.lost(error);
  }
}

function unavailable(reason: string): PlatformError {
  return new PlatformError("STORE_UNAVAILABLE", undefined, { details: reason });
}
