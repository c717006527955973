/** What the store's tests share: sample documents and a data folder per test. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ActionDocument,
  type AttachmentRef,
  type EntityDocument,
  isSequence,
  type PackageDocument,
} from "../../src/core/documents.ts";
import type { SqliteStoreOptions } from "../../src/store/sqlite/options.ts";
import { createSqliteStore, type SqliteStore } from "../../src/store/sqlite.ts";
import type { ActivationRow, Store } from "../../src/store/store.ts";

/** One place where data lives; `open` gives a started store on it, again and again. */
export type StorePlace = {
  readonly open: () => Promise<Store>;
  readonly dispose: () => Promise<void>;
};

export type LogLine = { readonly level: string; readonly message: string };

/** The sample records are years old: a test that takes its time would lose them to the sweeper. */
export const KEEP_ALL = { ageMs: 0, bytesMax: 0 } as const;

export class SqlitePlace implements StorePlace {
  readonly folder: string;
  readonly log: LogLine[] = [];
  readonly opened: SqliteStore[] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  async open(options: Partial<SqliteStoreOptions> = {}): Promise<SqliteStore> {
    const store = this.build(options);
    await store.start();
    return store;
  }

  build(options: Partial<SqliteStoreOptions> = {}): SqliteStore {
    const store = createSqliteStore({
      folder: this.folder,
      logger: (level, message) => this.log.push({ level, message }),
      retention: KEEP_ALL,
      ...options,
    });
    this.opened.push(store);
    return store;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.opened.map((store) => store.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

export async function sqlitePlace(): Promise<SqlitePlace> {
  return new SqlitePlace(await mkdtemp(join(tmpdir(), "meringue-store-")));
}

export function packageOf(id: string, changes: Partial<PackageDocument> = {}): PackageDocument {
  const slash = id.lastIndexOf("/");
  return {
    entityType: "package",
    namespace: id.slice(0, slash),
    name: id.slice(slash + 1),
    version: "0.0.1",
    publish: false,
    updated: 1,
    parameters: [],
    annotations: [],
    binding: {},
    ...changes,
  };
}

export function action(id: string, changes: Partial<ActionDocument> = {}): ActionDocument {
  const slash = id.lastIndexOf("/");
  const digest = `sha256-${"0".repeat(64)}`;
  return {
    entityType: "action",
    namespace: id.slice(0, slash),
    name: id.slice(slash + 1),
    version: "0.0.1",
    publish: false,
    updated: 1_700_000_000_000,
    exec: {
      kind: "nodejs:20",
      code: { attachmentName: "file:0", attachmentType: "text/plain", length: 0, digest },
      binary: false,
    },
    parameters: [{ key: "größe", value: { deep: [1, "zwei", null] } }],
    annotations: [],
    limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
    ...changes,
  };
}

/** 32 hex digits out of a number. */
export function hexId(number: number): string {
  return number.toString(16).padStart(32, "0");
}

export function record(number: number, changes: Partial<ActivationRow> = {}): ActivationRow {
  return {
    activationId: hexId(number),
    namespace: "guest",
    filterName: "hello",
    start: 1_700_000_000_000 + number,
    document: JSON.stringify({ number, text: "ünï🙂" }),
    accepted: false,
    ...changes,
  };
}

/** The code of an action that has some. */
export function codeOf(document: EntityDocument): AttachmentRef {
  if (document.entityType !== "action" || isSequence(document.exec)) throw new Error("no code");
  return document.exec.code;
}
