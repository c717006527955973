/** Entities as rows: the document as JSON text, beside it what lists and checks need. */
import { randomBytes } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { PlatformError } from "../../core/errors.ts";
import type { EntityQuery } from "../store.ts";
import type { EntityRow, EntityWrite, EntityWritten } from "./protocol.ts";

type Head = { readonly revision: string; readonly digest: string | undefined };

export class EntityTable {
  readonly #get: StatementSync;
  readonly #head: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #delete: StatementSync;
  readonly #refers: StatementSync;
  readonly #digests: StatementSync;
  readonly #list: Record<Scope, StatementSync>;
  readonly #count: Record<Scope, StatementSync>;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => database.prepare(sql);
    this.#get = prepare("SELECT document, revision FROM entity WHERE id = ?");
    this.#head = prepare("SELECT revision, digest FROM entity WHERE id = ?");
    this.#insert = prepare(
      "INSERT INTO entity (id, type, root, path, updated, revision, digest, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#update = prepare(
      "UPDATE entity SET type = ?, updated = ?, revision = ?, digest = ?, document = ? WHERE id = ?",
    );
    this.#delete = prepare("DELETE FROM entity WHERE id = ?");
    this.#refers = prepare("SELECT 1 FROM entity WHERE digest = ? LIMIT 1");
    this.#digests = prepare("SELECT DISTINCT digest FROM entity WHERE digest IS NOT NULL");
    this.#list = forScopes((scope) => prepare(listSql(scope)));
    this.#count = forScopes((scope) => prepare(countSql(scope)));
    for (const list of Object.values(this.#list)) list.setReturnArrays(true);
  }

  get(id: string): { document: string; revision: string } | undefined {
    const row = this.#get.get(id);
    if (row === undefined) return undefined;
    return { document: String(row["document"]), revision: String(row["revision"]) };
  }

  /** Throws `CONFLICT`, before anything is written, unless each `revision` is the stored one. */
  write(writes: readonly EntityWrite[]): EntityWritten[] {
    const heads = writes.map(({ id, revision }) => this.#expect(id, revision));
    return writes.map(({ id, row }, at) => {
      const head = heads[at];
      if (row !== undefined) return this.#put(id, row, head);
      this.#delete.run(id);
      return { revision: undefined, released: head?.digest };
    });
  }

  #put(id: string, row: EntityRow, head: Head | undefined): EntityWritten {
    const revision = nextRevision(head?.revision);
    const { type, updated, digest, document } = row;
    if (head === undefined) {
      const path = id.slice(0, Math.max(id.lastIndexOf("/"), 0));
      this.#insert.run(id, type, rootOf(id), path, updated, revision, digest, document);
    } else {
      this.#update.run(type, updated, revision, digest, document, id);
    }
    return { revision, released: head?.digest === digest ? undefined : head?.digest };
  }

  list(query: EntityQuery & { skip: number; limit: number }): string[] {
    const list = this.#list[scopeOf(query)];
    const rows = list.all(query.path, query.type, query.limit, query.skip);
    return rows.map((row) => String(row[0]));
  }

  count(query: EntityQuery): number {
    const row = this.#count[scopeOf(query)].get(query.path, query.type);
    return Number(row?.["count"] ?? 0);
  }

  refers(digest: string): boolean {
    return this.#refers.get(digest) !== undefined;
  }

  digests(): string[] {
    return this.#digests.all().map((row) => String(row["digest"]));
  }

  #expect(id: string, revision: string | undefined): Head | undefined {
    const row = this.#head.get(id);
    if (row?.["revision"] !== revision) throw new PlatformError("CONFLICT");
    if (row === undefined) return undefined;
    const digest = row["digest"];
    return {
      revision: String(row["revision"]),
      digest: typeof digest === "string" ? digest : undefined,
    };
  }
}

/** A namespace with everything below it, what is public in it, or one package. */
type Scope = "root" | "public" | "package";

function scopeOf({ path, publicOnly }: EntityQuery): Scope {
  if (publicOnly === true) return "public";
  return path.includes("/") ? "package" : "root";
}

function forScopes<T>(make: (scope: Scope) => T): Record<Scope, T> {
  return { root: make("root"), public: make("public"), package: make("package") };
}

function rootOf(id: string): string {
  return id.slice(0, Math.max(id.indexOf("/"), 0));
}

/** The inner select walks the index alone, so that a large `skip` reads no documents. */
function listSql(scope: Scope): string {
  return `SELECT document FROM entity JOIN (
    SELECT number AS wanted FROM entity WHERE ${where(scope)}
    ORDER BY updated DESC, number DESC LIMIT ? OFFSET ?
  ) ON number = wanted ORDER BY updated DESC, number DESC`;
}

function countSql(scope: Scope): string {
  return `SELECT count(*) AS count FROM entity WHERE ${where(scope)}`;
}

function where(scope: Scope): string {
  if (scope === "package") return "path = ? AND type = ?";
  return scope === "root" ? "root = ? AND type = ?" : `root = ? AND type = ? AND ${IS_PUBLIC}`;
}

/** A row that is no JSON is not public; CASE keeps it from being read as JSON. */
const IS_PUBLIC = `CASE WHEN json_valid(document)
  THEN json_extract(document, '$.publish') = 1 AND json_extract(document, '$.binding.name') IS NULL
  ELSE 0 END`;

/**
 * "N-<32 hex>", N counting the writes since the creation, as CouchDB forms it; the hex part is
 * random here, so that a deleted and recreated entity never gets a revision again.
 */
function nextRevision(revision: string | undefined): string {
  const generation = revision === undefined ? 0 : Number.parseInt(revision, 10);
  return `${generation + 1}-${randomBytes(16).toString("hex")}`;
}
