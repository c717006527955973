/** Group commit of entity and identity writes: each caller hears of its write after the commit. */
import { PlatformError } from "../../core/errors.ts";
import { writeError } from "./failure.ts";
import type { ErrorData } from "./protocol.ts";
import type { Transaction } from "./transaction.ts";

/** The way back to one caller. */
export type Reply = {
  readonly send: (value: unknown) => void;
  readonly fail: (error: ErrorData) => void;
};

type Applied = { readonly reply: Reply; readonly value: unknown };

export class EntityWriter {
  #applied: Applied[] = [];
  readonly #transaction: Transaction;

  constructor(transaction: Transaction) {
    this.#transaction = transaction;
  }

  /** A refused write (`CONFLICT`) changes nothing and leaves the group as it is. */
  write(reply: Reply, change: () => unknown): void {
    try {
      this.#transaction.begin();
      this.#applied.push({ reply, value: change() });
    } catch (error) {
      reply.fail(writeError(error));
      if (!(error instanceof PlatformError)) this.#fail(error);
    }
  }

  commit(): void {
    try {
      this.#transaction.commit();
    } catch (error) {
      this.#fail(error);
      return;
    }
    for (const { reply, value } of this.#applied) reply.send(value);
    this.#applied = [];
  }

  #fail(error: unknown): void {
    this.#transaction.rollback();
    for (const { reply } of this.#applied) reply.fail(writeError(error));
    this.#applied = [];
  }
}
