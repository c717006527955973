/** Invocations answered with 202 whose activation record is not written yet. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { AcceptedInvocation } from "../store.ts";
import type { AcceptedChange } from "./protocol.ts";

export class AcceptedTable {
  readonly #put: StatementSync;
  readonly #start: StatementSync;
  readonly #remove: StatementSync;
  readonly #has: StatementSync;
  readonly #all: StatementSync;

  constructor(database: DatabaseSync) {
    this.#put = database.prepare(
      "INSERT OR REPLACE INTO accepted (id, accepted, started, message) VALUES (?, ?, ?, ?)",
    );
    this.#start = database.prepare("UPDATE accepted SET started = 1 WHERE id = ?");
    this.#remove = database.prepare("DELETE FROM accepted WHERE id = ?");
    this.#has = database.prepare("SELECT 1 FROM accepted WHERE id = ?");
    this.#all = database.prepare(
      "SELECT id, accepted, started, message FROM accepted ORDER BY accepted, number",
    );
  }

  apply(change: AcceptedChange): void {
    switch (change.change) {
      case "put": {
        const { activationId, accepted, started, message } = change.invocation;
        this.#put.run(Buffer.from(activationId, "hex"), accepted, started ? 1 : 0, message);
        return;
      }
      case "start":
        this.#start.run(Buffer.from(change.activationId, "hex"));
        return;
      case "remove":
        this.#remove.run(Buffer.from(change.activationId, "hex"));
    }
  }

  /** The record is written: in its transaction. */
  remove(id: Uint8Array): void {
    this.#remove.run(id);
  }

  has(activationId: string): boolean {
    return this.#has.get(Buffer.from(activationId, "hex")) !== undefined;
  }

  unfinished(): AcceptedInvocation[] {
    return this.#all.all().map((row) => ({
      activationId: Buffer.from(row["id"] as Uint8Array).toString("hex"),
      accepted: Number(row["accepted"]),
      started: row["started"] === 1,
      message: String(row["message"]),
    }));
  }
}
