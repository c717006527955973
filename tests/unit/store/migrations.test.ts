import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import {
  ACTIVATION_MIGRATIONS,
  ENTITY_MIGRATIONS,
  formatOf,
  type Migration,
  migrate,
  NewerFormatError,
} from "../../../src/store/sqlite/migrations.ts";

const STEPS: readonly Migration[] = [
  { format: 1, sql: "CREATE TABLE a (x)" },
  { format: 2, sql: "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2)" },
  { format: 3, sql: "CREATE TABLE b (x); INSERT INTO b SELECT y FROM a" },
];

const openMemory = () => new DatabaseSync(":memory:");

describe("migrate", () => {
  test.each([0, 1, 2, 3])("from format %i to the newest, each step once", (from) => {
    using database = openMemory();
    migrate(database, STEPS.slice(0, from));
    expect(formatOf(database)).toBe(from);
    migrate(database, STEPS);
    migrate(database, STEPS);
    expect(formatOf(database)).toBe(3);
    expect(database.prepare("SELECT x FROM b").all()).toEqual([{ x: 2 }]);
  });

  test("a step that fails leaves the format before it", () => {
    using database = openMemory();
    const broken = [
      ...STEPS.slice(0, 2),
      { format: 3, sql: "CREATE TABLE c (x); SELECT nonsense" },
    ];
    expect(() => migrate(database, broken)).toThrow("nonsense");
    expect(formatOf(database)).toBe(2);
    expect(database.isTransaction).toBe(false);
    expect(() => database.prepare("SELECT * FROM c")).toThrow("no such table");
    migrate(database, STEPS);
    expect(formatOf(database)).toBe(3);
  });

  test("a newer format is refused before anything is changed", () => {
    using database = openMemory();
    migrate(database, STEPS);
    expect(() => migrate(database, STEPS.slice(0, 2))).toThrow(new NewerFormatError(3, 2).message);
  });
});

describe.each([
  ["entities", ENTITY_MIGRATIONS],
  ["activations", ACTIVATION_MIGRATIONS],
])("steps of %s", (_name, steps) => {
  test("are numbered from 1 without gaps and make a sound file", () => {
    expect(steps.map(({ format }) => format)).toEqual(steps.map((_, index) => index + 1));
    using database = openMemory();
    migrate(database, steps);
    expect(database.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
  });

  test("every table has the row number that salvage walks along", () => {
    using database = openMemory();
    migrate(database, steps);
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    for (const { name } of tables) {
      const first = database.prepare(`SELECT name, pk FROM pragma_table_info('${name}')`).get();
      expect(first).toEqual({ name: "number", pk: 1 });
    }
  });
});
