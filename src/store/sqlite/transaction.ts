/** The one open write transaction of a database file. */
import type { DatabaseSync, StatementSync } from "node:sqlite";

export class Transaction {
  isOpen = false;
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
  }

  begin(): void {
    if (this.isOpen) return;
    this.#begin.run();
    this.isOpen = true;
  }

  /** On disk when it returns; when it throws, nothing of the transaction is. */
  commit(): void {
    if (!this.isOpen) return;
    try {
      this.#commit.run();
      this.isOpen = false;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  rollback(): void {
    this.isOpen = false;
    // A full disk makes SQLite roll back by itself.
    if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
  }
}
