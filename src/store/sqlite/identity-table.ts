/** Subjects, the identities read out of them, and the limits of namespaces. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { SubjectDocument } from "../../core/documents.ts";
import type { IdentityJson } from "./protocol.ts";

const IDENTITY = `SELECT identity.subject, identity.namespace, uuid, key, limits.document AS limits
  FROM identity LEFT JOIN limits ON limits.namespace = identity.namespace WHERE blocked = 0`;

export class IdentityTable {
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #insertIdentity: StatementSync;
  readonly #deleteIdentities: StatementSync;
  readonly #byKey: StatementSync;
  readonly #byNamespace: StatementSync;
  readonly #getLimits: StatementSync;
  readonly #putLimits: StatementSync;
  readonly #deleteLimits: StatementSync;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string) => database.prepare(sql);
    this.#get = prepare("SELECT document FROM subject WHERE subject = ?");
    this.#list = prepare("SELECT document FROM subject ORDER BY subject");
    this.#put = prepare(
      "INSERT INTO subject (subject, document) VALUES (?, ?) ON CONFLICT (subject) DO UPDATE SET document = excluded.document",
    );
    this.#delete = prepare("DELETE FROM subject WHERE subject = ?");
    this.#insertIdentity = prepare(
      "INSERT INTO identity (subject, namespace, uuid, key, blocked) VALUES (?, ?, ?, ?, ?)",
    );
    this.#deleteIdentities = prepare("DELETE FROM identity WHERE subject = ?");
    this.#byKey = prepare(`${IDENTITY} AND uuid = ? AND key = ? LIMIT 2`);
    this.#byNamespace = prepare(`${IDENTITY} AND identity.namespace = ? ORDER BY identity.number`);
    this.#getLimits = prepare("SELECT document FROM limits WHERE namespace = ?");
    this.#putLimits = prepare(
      "INSERT INTO limits (namespace, document) VALUES (?, ?) ON CONFLICT (namespace) DO UPDATE SET document = excluded.document",
    );
    this.#deleteLimits = prepare("DELETE FROM limits WHERE namespace = ?");
  }

  get(subject: string): string | undefined {
    return text(this.#get.get(subject)?.["document"]);
  }

  list(): string[] {
    return this.#list.all().map((row) => String(row["document"]));
  }

  /** Replaces the subject with all its identities. `json` is a `SubjectDocument`. */
  put(json: string): void {
    const document = JSON.parse(json) as SubjectDocument;
    const { subject } = document;
    this.#put.run(subject, json);
    this.#deleteIdentities.run(subject);
    const blocked = document.blocked === true ? 1 : 0;
    for (const { name, uuid, key } of document.namespaces) {
      this.#insertIdentity.run(subject, name, uuid, key, blocked);
    }
  }

  delete(subject: string): void {
    this.#delete.run(subject);
    this.#deleteIdentities.run(subject);
  }

  /** A key that several identities claim belongs to none of them (openwhisk-api.md 3.1). */
  byKey(uuid: string, key: string): IdentityJson | undefined {
    const rows = this.#byKey.all(uuid, key);
    const row = rows[0];
    return row === undefined || rows.length > 1 ? undefined : identity(row);
  }

  byNamespace(name: string): IdentityJson[] {
    return this.#byNamespace.all(name).map(identity);
  }

  getLimits(namespace: string): string | undefined {
    return text(this.#getLimits.get(namespace)?.["document"]);
  }

  putLimits(namespace: string, document: string | undefined): void {
    if (document === undefined) this.#deleteLimits.run(namespace);
    else this.#putLimits.run(namespace, document);
  }
}

function identity(row: Record<string, unknown>): IdentityJson {
  return {
    subject: String(row["subject"]),
    namespace: String(row["namespace"]),
    uuid: String(row["uuid"]),
    key: String(row["key"]),
    limits: text(row["limits"]),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
