/**
 * Copies what can be read of a damaged file into a new one. A damaged page makes a range of rows
 * unreadable; the search goes on behind it. What cannot be found through a table's own tree is
 * lost here, but stays in the damaged file.
 */
import { DatabaseSync } from "node:sqlite";
import { isDamage } from "./failure.ts";

export type Salvaged = {
  /** Rows copied, by table. */
  readonly kept: Readonly<Record<string, number>>;
  readonly damagedRanges: number;
};

/** Inside damage every row number is tried, up to this many in a row; then strides double… */
const SINGLE_STEPS_MAX = 20_000;
/** …and a search beyond this distance ends: row numbers grow from 1. */
const STRIDE_MAX = 2 ** 40;

/** Throws only when the new file cannot be written. */
export function salvage(damagedFile: string, target: DatabaseSync): Salvaged {
  const kept: Record<string, number> = {};
  let damagedRanges = 0;
  const source = openSource(damagedFile);
  target.exec("BEGIN IMMEDIATE");
  for (const table of tables(target)) {
    const result = source === undefined ? { rows: 0, damaged: 1 } : copy(source, target, table);
    kept[table] = result.rows;
    damagedRanges += result.damaged;
  }
  dropNameless(target);
  target.exec("COMMIT");
  source?.close();
  return { kept, damagedRanges };
}

/** undefined: not even the header can be read. */
function openSource(file: string): DatabaseSync | undefined {
  const source = new DatabaseSync(file, { defensive: false });
  try {
    // Without this SQLite refuses a file that is shorter than its header says. Nothing is written.
    source.exec("PRAGMA writable_schema = ON");
    source.prepare("SELECT count(*) FROM sqlite_schema").get();
    return source;
  } catch {
    // Damaged as a whole: the caller reports it.
    source.close();
    return undefined;
  }
}

function tables(database: DatabaseSync): string[] {
  return database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    .all()
    .map((row) => String(row["name"]));
}

function copy(
  source: DatabaseSync,
  target: DatabaseSync,
  table: string,
): { rows: number; damaged: number } {
  const columns = target
    .prepare(`SELECT name FROM pragma_table_info('${table}')`)
    .all()
    .map((row) => String(row["name"]));
  const read = source.prepare(
    `SELECT ${columns.join(", ")} FROM ${table} WHERE number >= ? ORDER BY number LIMIT 1`,
  );
  read.setReturnArrays(true);
  const marks = columns.map(() => "?").join(", ");
  const insert = target.prepare(
    `INSERT OR IGNORE INTO ${table} (${columns.join(", ")}) VALUES (${marks})`,
  );
  const row = (from: number) => read.get(from) as unknown as (string | number | null)[] | undefined;
  return walk(row, (values) => Number(insert.run(...values).changes));
}

/** Reads row after row; `row(n)` gives the first row with number ≥ n, or throws on damage. */
export function walk<Row extends readonly unknown[]>(
  row: (from: number) => Row | undefined,
  keep: (values: Row) => number,
): { rows: number; damaged: number } {
  let rows = 0;
  let damaged = 0;
  let next = 1;
  let stride = 1;
  let misses = 0;
  for (;;) {
    const found = attempt(() => row(next));
    if (found === "damaged") {
      if (misses === 0) damaged += 1;
      misses += 1;
      next += stride;
      if (misses > SINGLE_STEPS_MAX) stride *= 2;
      if (stride > STRIDE_MAX) return { rows, damaged };
    } else if (found === undefined) {
      return { rows, damaged };
    } else {
      rows += keep(found);
      next = Number(found[0]) + 1;
      stride = 1;
      misses = 0;
    }
  }
}

function attempt<T>(read: () => T): T | "damaged" {
  try {
    return read();
  } catch (error) {
    if (isDamage(error)) return "damaged";
    throw error;
  }
}

/**
 * Records whose namespace or name was lost would be given to whoever gets the number next: they
 * are left in the damaged file.
 */
function dropNameless(target: DatabaseSync): void {
  if (!tables(target).includes("activation")) return;
  target.exec(`DELETE FROM activation WHERE namespace NOT IN (SELECT number FROM name)
    OR name NOT IN (SELECT number FROM name)`);
}
