/** The gateway's configuration as rows, and the revision of the whole. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { PlatformError } from "../../core/errors.ts";
import type {
  ConfigChange,
  ConfigChanged,
  ConfigIndexes,
  ConfigRow,
  ConfigWrite,
} from "./protocol.ts";

export class ConfigTable {
  readonly #load: StatementSync;
  readonly #indexes: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  readonly #setRevision: StatementSync;
  /** Ahead of the stored one when a commit failed: revisions only ever grow. */
  #revision: number;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => database.prepare(sql);
    this.#load = prepare("SELECT key, value, created, modified, expires FROM config");
    this.#indexes = prepare("SELECT created, modified FROM config WHERE key = ?");
    this.#insert = prepare(
      "INSERT INTO config (value, created, modified, expires, key) VALUES (?, ?, ?, ?, ?)",
    );
    this.#update = prepare(
      "UPDATE config SET value = ?, created = ?, modified = ?, expires = ? WHERE key = ?",
    );
    this.#delete = prepare("DELETE FROM config WHERE key = ?");
    this.#setRevision = prepare(
      "INSERT INTO revision (number, revision) VALUES (1, ?) ON CONFLICT (number) DO UPDATE SET revision = excluded.revision",
    );
    // The second part matters when the first was lost with a damaged page.
    const last = prepare(
      "SELECT max(coalesce((SELECT revision FROM revision), 0), coalesce((SELECT max(modified) FROM config), 0)) AS last",
    ).get();
    this.#revision = Number(last?.["last"] ?? 0);
  }

  load(): ConfigRow[] {
    return this.#load.all().map((row) => ({
      key: String(row["key"]),
      value: String(row["value"]),
      createdIndex: Number(row["created"]),
      modifiedIndex: Number(row["modified"]),
      expires: row["expires"] === null ? undefined : Number(row["expires"]),
    }));
  }

  apply(change: ConfigChange): ConfigChanged {
    return change.change === "put"
      ? this.put(change.write)
      : this.delete(change.key, change.ifModifiedIndex);
  }

  /** Throws `CONFLICT` unless the key has the index that is named (0: there is none). */
  put({ key, value, expires, ifModifiedIndex }: ConfigWrite): ConfigIndexes {
    const before = this.#find(key);
    if (ifModifiedIndex !== undefined && (before?.modifiedIndex ?? 0) !== ifModifiedIndex) {
      throw new PlatformError("CONFLICT");
    }
    const modifiedIndex = this.#next();
    const createdIndex = before?.createdIndex ?? modifiedIndex;
    const write = before === undefined ? this.#insert : this.#update;
    write.run(value, createdIndex, modifiedIndex, expires ?? null, key);
    return { createdIndex, modifiedIndex };
  }

  /** Revision of the deletion; undefined when there is no such key with this index. */
  delete(key: string, ifModifiedIndex: number | undefined): number | undefined {
    const before = this.#find(key);
    if (before === undefined) return undefined;
    if (ifModifiedIndex !== undefined && before.modifiedIndex !== ifModifiedIndex) return undefined;
    this.#delete.run(key);
    return this.#next();
  }

  #find(key: string): ConfigIndexes | undefined {
    const row = this.#indexes.get(key);
    if (row === undefined) return undefined;
    return { createdIndex: Number(row["created"]), modifiedIndex: Number(row["modified"]) };
  }

  #next(): number {
    this.#revision += 1;
    this.#setRevision.run(this.#revision);
    return this.#revision;
  }
}
