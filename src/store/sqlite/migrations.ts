/**
 * Schema of the database files, as numbered steps: the number of a step is the format it
 * brings, kept in the file as `user_version`. A step that was released is never changed; a new
 * need is a new step.
 */
import type { DatabaseSync } from "node:sqlite";

export type Migration = { readonly format: number; readonly sql: string };

/** The line for the operator when a file is of a later program. */
export class NewerFormatError extends Error {
  constructor(found: number, known: number) {
    super(`was written by a newer version (format ${found}, this program knows ${known})`);
    this.name = "NewerFormatError";
  }
}

export const ENTITY_MIGRATIONS: readonly Migration[] = [
  {
    format: 1,
    sql: `
      CREATE TABLE entity (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        type TEXT NOT NULL,
        root TEXT NOT NULL,
        path TEXT NOT NULL,
        updated INTEGER NOT NULL,
        revision TEXT NOT NULL,
        digest TEXT,
        document TEXT NOT NULL
      );
      CREATE INDEX entity_by_root ON entity (root, type, updated);
      CREATE INDEX entity_by_path ON entity (path, type, updated);
      CREATE INDEX entity_by_digest ON entity (digest) WHERE digest IS NOT NULL;
      CREATE TABLE subject (
        number INTEGER PRIMARY KEY,
        subject TEXT NOT NULL UNIQUE,
        document TEXT NOT NULL
      );
      CREATE TABLE identity (
        number INTEGER PRIMARY KEY,
        subject TEXT NOT NULL,
        namespace TEXT NOT NULL,
        uuid TEXT NOT NULL,
        key TEXT NOT NULL,
        blocked INTEGER NOT NULL
      );
      CREATE INDEX identity_by_subject ON identity (subject);
      CREATE INDEX identity_by_namespace ON identity (namespace);
      CREATE INDEX identity_by_key ON identity (uuid, key);
      CREATE TABLE limits (
        number INTEGER PRIMARY KEY,
        namespace TEXT NOT NULL UNIQUE,
        document TEXT NOT NULL
      );`,
  },
];

export const ACTIVATION_MIGRATIONS: readonly Migration[] = [
  {
    format: 1,
    sql: `
      CREATE TABLE name (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
      CREATE TABLE activation (
        number INTEGER PRIMARY KEY,
        id BLOB NOT NULL,
        namespace INTEGER NOT NULL,
        name INTEGER NOT NULL,
        start INTEGER NOT NULL,
        document TEXT NOT NULL
      );
      CREATE UNIQUE INDEX activation_by_id ON activation (id, namespace);
      CREATE INDEX activation_by_start ON activation (namespace, start);
      CREATE INDEX activation_by_name ON activation (namespace, name, start);
      CREATE TABLE accepted (
        number INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        accepted INTEGER NOT NULL,
        started INTEGER NOT NULL,
        message TEXT NOT NULL
      );`,
  },
];

export const CONFIG_MIGRATIONS: readonly Migration[] = [
  {
    format: 1,
    sql: `
      CREATE TABLE config (
        number INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        value TEXT NOT NULL,
        created INTEGER NOT NULL,
        modified INTEGER NOT NULL,
        expires INTEGER
      );
      CREATE TABLE revision (number INTEGER PRIMARY KEY, revision INTEGER NOT NULL);`,
  },
];

/** Format of an open file; 0 is a new one. */
export function formatOf(database: DatabaseSync): number {
  const row = database.prepare("PRAGMA user_version").get();
  return Number(row?.["user_version"] ?? 0);
}

/**
 * Brings a file to the newest format, one transaction per step, so that a failed step leaves the
 * format before it. Throws `NewerFormatError` before touching anything.
 */
export function migrate(database: DatabaseSync, migrations: readonly Migration[]): void {
  const known = migrations.at(-1)?.format ?? 0;
  const found = formatOf(database);
  if (found > known) throw new NewerFormatError(found, known);
  for (const step of migrations) {
    if (step.format <= found) continue;
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(step.sql);
      database.exec(`PRAGMA user_version = ${step.format}`);
      database.exec("COMMIT");
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }
}
