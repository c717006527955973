/**
 * Group commit of activation records and accept records, inside the worker.
 * All batches that wait are one transaction. When the disk refuses, accept changes are refused to
 * their callers; records are kept in a bounded backlog and tried again.
 */
import { PlatformError } from "../../core/errors.ts";
import type { AcceptedTable } from "./accepted-table.ts";
import type { ActivationTable } from "./activation-table.ts";
import { type BatchData, batchRows, compact } from "./batch.ts";
import { reasonOf, writeError } from "./failure.ts";
import type { LogLevel } from "./options.ts";
import type { AcceptedChange, ErrorData, FromWorker } from "./protocol.ts";
import type { Transaction } from "./transaction.ts";

type Changes = { readonly id: number; readonly changes: readonly AcceptedChange[] };

export type ActivationWriterOptions = {
  readonly transaction: Transaction;
  readonly activations: ActivationTable;
  readonly accepted: AcceptedTable;
  readonly backlogBytesMax: number;
  readonly send: (message: FromWorker, transfer?: ArrayBuffer[]) => void;
  readonly log: (level: LogLevel, message: string, fields: Record<string, unknown>) => void;
};

export class ActivationWriter {
  /** Applied in the open transaction. */
  #rows: BatchData[] = [];
  #changes: Changes[] = [];
  #flushes: number[] = [];
  #backlog: BatchData[] = [];
  #backlogBytes = 0;
  #dropped = 0;
  readonly #options: ActivationWriterOptions;

  constructor(options: ActivationWriterOptions) {
    this.#options = options;
  }

  get backlog(): readonly BatchData[] {
    return this.#backlog;
  }

  /** Applies a batch; on disk after `commit`. */
  add(id: number, rows: BatchData | undefined, changes: readonly AcceptedChange[]): void {
    if (changes.length > 0) this.#change({ id, changes });
    if (rows === undefined) return;
    if (this.#backlog.length > 0) this.#keep([rows], undefined);
    else this.#write(rows);
  }

  commit(): void {
    try {
      this.#options.transaction.commit();
      this.#settle(undefined);
      for (const batch of this.#rows) this.#release(batch, 0);
      this.#rows = [];
    } catch (error) {
      this.#fail(error);
    }
    if (this.#flushes.length > 0) this.#answerFlushes();
  }

  /** Oldest first, one transaction per batch, until the disk refuses again. */
  retry(): void {
    while (this.#backlog.length > 0) {
      const batch = this.#backlog[0];
      if (batch === undefined || !this.#writeAlone(batch)) return;
      this.#backlog.shift();
      this.#backlogBytes -= batch.bytes;
      this.#release(batch, 0);
    }
    this.#options.log("info", "activation records are written again", { dropped: this.#dropped });
    this.#dropped = 0;
  }

  /** Answered after the next commit: all flushes that wait share it. */
  flush(id: number): void {
    this.#flushes.push(id);
  }

  #change(changes: Changes): void {
    const { transaction, accepted } = this.#options;
    try {
      transaction.begin();
      for (const change of changes.changes) accepted.apply(change);
      this.#changes.push(changes);
    } catch (error) {
      this.#changes.push(changes);
      this.#fail(error);
    }
  }

  #write(batch: BatchData): void {
    try {
      this.#options.transaction.begin();
      this.#insert(batch);
      this.#rows.push(batch);
    } catch (error) {
      this.#rows.push(batch);
      this.#fail(error);
    }
  }

  #writeAlone(batch: BatchData): boolean {
    const { transaction, activations } = this.#options;
    try {
      transaction.begin();
      this.#insert(batch);
      transaction.commit();
      return true;
    } catch {
      // The first refusal was logged; this one is the same again.
      transaction.rollback();
      activations.forget();
      return false;
    }
  }

  #insert(batch: BatchData): void {
    const { activations, accepted } = this.#options;
    for (const row of batchRows(batch)) {
      activations.insert(row);
      if (row.accepted) accepted.remove(row.id);
    }
  }

  #fail(error: unknown): void {
    this.#options.transaction.rollback();
    this.#options.activations.forget();
    this.#settle(writeError(error));
    const rows = this.#rows;
    this.#rows = [];
    this.#keep(rows, error);
  }

  #answerFlushes(): void {
    if (this.#backlog.length > 0) this.retry();
    const isAllWritten = this.#backlog.length === 0;
    const error = isAllWritten ? undefined : writeError(new PlatformError("STORE_UNAVAILABLE"));
    for (const id of this.#flushes) this.#options.send({ kind: "changed", id, error });
    this.#flushes = [];
  }

  #settle(error: ErrorData | undefined): void {
    for (const { id } of this.#changes) this.#options.send({ kind: "changed", id, error });
    this.#changes = [];
  }

  #keep(batches: readonly BatchData[], error: unknown): void {
    if (batches.length === 0) return;
    if (this.#backlog.length === 0) {
      this.#options.log("error", "activation records cannot be written, keeping them in memory", {
        reason: reasonOf(error),
        backlogBytesMax: this.#options.backlogBytesMax,
      });
    }
    for (const batch of batches) {
      this.#backlog.push(compact(batch));
      this.#backlogBytes += batch.bytes;
    }
    while (this.#backlogBytes > this.#options.backlogBytesMax) this.#dropOldest();
  }

  #dropOldest(): void {
    const batch = this.#backlog.shift();
    if (batch === undefined) return;
    this.#backlogBytes -= batch.bytes;
    if (this.#dropped === 0) {
      this.#options.log("error", "the backlog of activation records is full, dropping the oldest", {
        backlogBytesMax: this.#options.backlogBytesMax,
      });
    }
    this.#dropped += batch.rows;
    this.#release(batch, batch.rows);
  }

  #release({ bytes, memory }: BatchData, dropped: number): void {
    this.#options.send({ kind: "released", bytes, dropped, memory }, [memory]);
  }
}
