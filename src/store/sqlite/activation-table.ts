/** Activation records as lean rows: binary id, numbers for names, the document as text. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ActivationQuery } from "../store.ts";
import type { BatchRow } from "./batch.ts";
import { NameTable } from "./name-table.ts";

export type ListedRecord = { readonly start: number; readonly document: string };

export type OldRecord = {
  readonly number: number;
  /** ms epoch */
  readonly start: number;
  /** Of the document; its row takes a little more. */
  readonly bytes: number;
};

type Scope = "all" | "named";

export class ActivationTable {
  readonly #names: NameTable;
  readonly #insert: StatementSync;
  readonly #get: StatementSync;
  readonly #list: Record<Scope, StatementSync>;
  readonly #count: Record<Scope, StatementSync>;
  readonly #oldest: StatementSync;
  readonly #deleteThrough: StatementSync;
  readonly #pages: StatementSync;

  constructor(database: DatabaseSync) {
    this.#names = new NameTable(database);
    const prepare = (sql: string) => database.prepare(sql);
    // The cast only marks the bytes as text: they are UTF-8 already.
    this.#insert = prepare(
      "INSERT INTO activation (id, namespace, name, start, document) VALUES (?, ?, ?, ?, CAST(? AS TEXT)) ON CONFLICT DO NOTHING",
    );
    this.#get = prepare("SELECT document FROM activation WHERE id = ? AND namespace = ?");
    this.#list = { all: prepare(listSql("all")), named: prepare(listSql("named")) };
    this.#count = { all: prepare(countSql("all")), named: prepare(countSql("named")) };
    this.#oldest = prepare(
      "SELECT number, start, octet_length(document) FROM activation ORDER BY number LIMIT ?",
    );
    this.#deleteThrough = prepare("DELETE FROM activation WHERE number <= ?");
    this.#pages = prepare(
      "SELECT (page_count - freelist_count) * page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
    );
    for (const list of Object.values(this.#list)) list.setReturnArrays(true);
    this.#oldest.setReturnArrays(true);
  }

  /** The first record of an id stays, as in a document store that refuses a second create. */
  insert(row: BatchRow): void {
    const namespace = this.#names.number(row.namespace);
    const name = this.#names.number(row.filterName);
    this.#insert.run(row.id, namespace, name, row.start, row.document);
  }

  /** Names numbered in a transaction that was rolled back are gone. */
  forget(): void {
    this.#names.forget();
  }

  get(namespace: string, activationId: string): string | undefined {
    const number = this.#names.find(namespace);
    if (number === undefined) return undefined;
    const document = this.#get.get(Buffer.from(activationId, "hex"), number)?.["document"];
    return typeof document === "string" ? document : undefined;
  }

  /** Newest `start` first; of equal ones the one written last first. */
  list(query: ActivationQuery & { skip: number; limit: number }): ListedRecord[] {
    const scope = this.#scope(query);
    if (scope === undefined) return [];
    const rows = this.#list[scope.name].all(...scope.values, query.limit, query.skip);
    return rows.map((row) => ({ start: Number(row[0]), document: String(row[1]) }));
  }

  count(query: ActivationQuery): number {
    const scope = this.#scope(query);
    if (scope === undefined) return 0;
    return Number(this.#count[scope.name].get(...scope.values)?.["count"] ?? 0);
  }

  /** The records written first. */
  oldest(limit: number): OldRecord[] {
    return this.#oldest
      .all(limit)
      .map((row) => ({ number: Number(row[0]), start: Number(row[1]), bytes: Number(row[2]) }));
  }

  deleteThrough(number: number): void {
    this.#deleteThrough.run(number);
  }

  /** Bytes in use in the file; freed pages, which are filled again first, not counted. */
  bytes(): number {
    return Number(this.#pages.get()?.["bytes"] ?? 0);
  }

  #scope(query: ActivationQuery): { name: Scope; values: number[] } | undefined {
    const namespace = this.#names.find(query.namespace);
    if (namespace === undefined) return undefined;
    const range = [query.since ?? Number.MIN_SAFE_INTEGER, query.upto ?? Number.MAX_SAFE_INTEGER];
    if (query.filterName === undefined) return { name: "all", values: [namespace, ...range] };
    const name = this.#names.find(query.filterName);
    return name === undefined ? undefined : { name: "named", values: [namespace, name, ...range] };
  }
}

function where(scope: Scope): string {
  const name = scope === "named" ? "AND name = ? " : "";
  return `namespace = ? ${name}AND start >= ? AND start <= ?`;
}

/** The inner select walks the index alone, so that a large `skip` reads no documents. */
function listSql(scope: Scope): string {
  return `SELECT start, document FROM activation JOIN (
    SELECT number AS wanted FROM activation WHERE ${where(scope)}
    ORDER BY start DESC, number DESC LIMIT ? OFFSET ?
  ) ON number = wanted ORDER BY start DESC, number DESC`;
}

function countSql(scope: Scope): string {
  return `SELECT count(*) AS count FROM activation WHERE ${where(scope)}`;
}
