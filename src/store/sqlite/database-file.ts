/** Opens one database file: checked, salvaged when damaged, migrated. */
import { copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isDamage, reasonOf } from "./failure.ts";
import { FolderError, flushFolder, type LastStop } from "./folder.ts";
import { formatOf, type Migration, migrate, NewerFormatError } from "./migrations.ts";
import type { LogLevel } from "./options.ts";
import { type Salvaged, salvage } from "./salvage.ts";

export type DatabaseFileOptions = {
  readonly file: string;
  readonly migrations: readonly Migration[];
  readonly lastStop: LastStop;
  readonly checkBytesMax: number;
  /** Of a new file. */
  readonly pageBytes: number;
  /** KiB of page cache */
  readonly cacheKib: number;
  readonly log: (level: LogLevel, message: string, fields: Record<string, unknown>) => void;
};

/** Size of the log at which it is copied into the file: about 10 ms of work. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;
/** A log that grew beyond this is cut back. */
const LOG_BYTES_MAX = 4 * CHECKPOINT_BYTES;
const SUFFIXES = ["", "-wal"];

export function openDatabaseFile(options: DatabaseFileOptions): DatabaseSync {
  try {
    return openSound(options);
  } catch (error) {
    if (error instanceof NewerFormatError) {
      throw new FolderError(`the data folder ${dirname(options.file)} ${error.message}`, {
        cause: error,
      });
    }
    if (!isDamage(error)) throw unusable(options.file, error);
    return replaceDamaged(options, reasonOf(error));
  }
}

function unusable(file: string, error: unknown): FolderError {
  return new FolderError(`the data file ${file} cannot be opened: ${reasonOf(error)}`, {
    cause: error,
  });
}

/** Throws an SQLite error of damage when the file is not sound. */
function openSound(options: DatabaseFileOptions): DatabaseSync {
  const isNew = !existsSync(options.file);
  const database = new DatabaseSync(options.file, { timeout: 1000 });
  try {
    // Keeps the index of the log in memory: no file more, no call per read.
    database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = ${options.pageBytes}`);
    // A file of a later program stays untouched: before any other statement.
    const known = options.migrations.at(-1)?.format ?? 0;
    if (formatOf(database) > known) throw new NewerFormatError(formatOf(database), known);
    tune(database, options);
    if (!isNew) check(database, options);
    migrate(database, options.migrations);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function tune(database: DatabaseSync, { pageBytes, cacheKib }: DatabaseFileOptions): void {
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_BYTES / pageBytes};
    PRAGMA journal_size_limit = ${LOG_BYTES_MAX};
    PRAGMA cache_size = -${cacheKib}; PRAGMA temp_store = MEMORY`);
}

/** After a clean stop damage is less likely, so less time is given to looking for it. */
const CLEAN_SHARE = 1 / 4;

/**
 * The structure of the whole file, unless that would delay the start too long; else both ends of
 * every table, which finds a file that was cut off or overwritten.
 */
function check(database: DatabaseSync, options: DatabaseFileOptions): void {
  const share = options.lastStop === "clean" ? CLEAN_SHARE : 1;
  const isSmall = statSync(options.file).size <= options.checkBytesMax * share;
  if (options.lastStop === "damaged" || isSmall) {
    const first = database.prepare("PRAGMA quick_check(1)").get();
    const verdict = String(first?.["quick_check"]);
    if (verdict !== "ok") throw new DamageError(verdict);
    return;
  }
  checkLength(database, options.file);
  for (const table of tablesOf(database)) {
    for (const order of ["ASC", "DESC"]) {
      database.prepare(`SELECT * FROM "${table}" ORDER BY number ${order} LIMIT 1`).get();
    }
  }
}

/** The file must be as long as its header says, but for pages still in the log. */
function checkLength(database: DatabaseSync, file: string): void {
  const log = `${file}-wal`;
  if (existsSync(log) && statSync(log).size > 0) return;
  const row = database
    .prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size")
    .get();
  if (statSync(file).size < Number(row?.["bytes"])) throw new DamageError("the file is cut short");
}

function tablesOf(database: DatabaseSync): string[] {
  return database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
    .map((row) => String(row["name"]));
}

/** Damage found by a check; carries SQLite's code of a malformed file. */
class DamageError extends Error {
  readonly errcode = 11;
}

/**
 * Copies what can be read into a new file, keeps the damaged one under a dated name, and puts the
 * new one in its place. A stop in the middle leaves the damaged file in place for the next start.
 */
function replaceDamaged(options: DatabaseFileOptions, reason: string): DatabaseSync {
  const { file } = options;
  try {
    const counts = writeSalvaged(options, `${file}.salvage`);
    const aside = asideName(file, new Date());
    for (const suffix of SUFFIXES) keepAside(file + suffix, aside + suffix);
    // A log left beside a file that it does not belong to would be applied to it.
    rmSync(`${file}-wal`, { force: true });
    renameSync(`${file}.salvage`, file);
    flushFolder(dirname(file));
    options.log("error", sentence(file, aside, counts), { reason, ...counts });
    return openSound({ ...options, lastStop: "clean" });
  } catch (error) {
    throw unusable(file, error);
  }
}

function writeSalvaged(options: DatabaseFileOptions, file: string): Salvaged {
  for (const suffix of SUFFIXES) rmSync(file + suffix, { force: true });
  const database = openSound({ ...options, file, lastStop: "clean" });
  try {
    return salvage(options.file, database);
  } finally {
    database.close();
  }
}

function keepAside(file: string, aside: string): void {
  if (!existsSync(file)) return;
  try {
    linkSync(file, aside);
  } catch {
    // Not every file system has links.
    copyFileSync(file, aside);
  }
}

function sentence(file: string, aside: string, { kept, damagedRanges }: Salvaged): string {
  const rows = Object.values(kept).reduce((sum, count) => sum + count, 0);
  return `the data file ${file} is damaged: ${rows} rows could be read and were kept, ${damagedRanges} places could not; the damaged file is kept as ${basename(aside)}`;
}

/** "entities.db" → "entities.db.damaged-20260131-235959" (UTC), with "-2" and so on if taken. */
function asideName(file: string, date: Date): string {
  const stamp = date.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const name = join(dirname(file), `${basename(file)}.damaged-${stamp}`);
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!existsSync(candidate)) return candidate;
  }
}
