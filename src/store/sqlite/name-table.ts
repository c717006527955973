/** Numbers for the namespaces and filter names of activation records. */
import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Beyond this many the cache starts anew: names come from users. */
const CACHED_NAMES_MAX = 10_000;

export class NameTable {
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #numbers = new Map<string, number>();

  constructor(database: DatabaseSync) {
    this.#find = database.prepare("SELECT number FROM name WHERE text = ?");
    this.#insert = database.prepare("INSERT INTO name (text) VALUES (?)");
  }

  find(text: string): number | undefined {
    const cached = this.#numbers.get(text);
    if (cached !== undefined) return cached;
    const row = this.#find.get(text);
    return row === undefined ? undefined : this.#remember(text, Number(row["number"]));
  }

  /** Gives a new name its number: inside a write transaction. */
  number(text: string): number {
    return this.find(text) ?? this.#remember(text, Number(this.#insert.run(text).lastInsertRowid));
  }

  forget(): void {
    this.#numbers.clear();
  }

  #remember(text: string, number: number): number {
    if (this.#numbers.size >= CACHED_NAMES_MAX) this.#numbers.clear();
    this.#numbers.set(text, number);
    return number;
  }
}
