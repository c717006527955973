import { expect, test } from "vitest";
import { configurationPage } from "../../../src/config/documentation.ts";
import { SETTINGS } from "../../../src/config/schema.ts";
import { envName, flagName, type Setting } from "../../../src/config/setting.ts";
import { load, problemsOf } from "./helpers.ts";

const ROWS: readonly Setting[] = SETTINGS;

test("keys, flags, letters and environment names are unique", () => {
  const names = [
    ROWS.map((row) => row.key),
    ROWS.map(envName),
    ROWS.map(flagName).filter((name) => name !== undefined),
    ROWS.map((row) => row.short).filter((name) => name !== undefined),
  ];
  for (const list of names) expect(list).toEqual([...new Set(list)]);
});

test("a key is made of lower-case words, and none is a group of another", () => {
  for (const { key } of ROWS) {
    expect(key).toMatch(/^[a-z]+(_[a-z0-9]+)*(\.[a-z]+(_[a-z0-9]+)*)*$/);
    expect(ROWS.filter((row) => row.key.startsWith(`${key}.`))).toEqual([]);
  }
});

test("a number with a unit says so in its key", () => {
  const unit = { ms: "ms", bytes: "bytes", MB: "mb", "per minute": "per_minute" };
  for (const row of ROWS) {
    if (row.type === "int" && row.unit !== undefined) expect(row.key).toContain(unit[row.unit]);
  }
});

test("every bound is accepted at the edge and refused one beyond", async () => {
  for (const row of ROWS) {
    if (row.type !== "int") continue;
    const about = (problems: readonly string[]) =>
      problems.filter((line) => line.startsWith(`${row.key} (flag`));
    for (const [value, wanted] of [
      [row.min, 0],
      [row.max, 0],
      [row.min - 1, 1],
      [row.max + 1, 1],
    ] as const) {
      const problems = await problemsOf({ flags: { [row.key]: String(value) } });
      expect(about(problems), `${row.key} = ${value}`).toHaveLength(wanted);
    }
  }
});

test("every setting can be set by its environment name", async () => {
  const sample = { text: "localhost", path: "/x", list: "", prewarm: "", keys: "", users: "[]" };
  for (const row of ROWS) {
    let text: string;
    if (row.type === "int") text = String(row.min);
    else if (row.type === "enum") text = row.values[0] ?? "";
    else if (row.type === "keys") text = Buffer.alloc(row.keyBytes).toString("base64");
    else if (row.type === "text" && row.holds === "url") text = "https://example.org";
    else text = sample[row.type];
    const env = { [envName(row)]: text };
    const problems = await problemsOf({ env });
    const own = problems.filter((line) => line.startsWith(`${row.key} (environment`));
    expect(own).toEqual([]);
  }
});

test("every setting is documented with doc, reason and names", () => {
  const page = configurationPage();
  for (const row of ROWS) {
    expect(row.doc.length, row.key).toBeGreaterThan(20);
    expect(row.reason.length, row.key).toBeGreaterThan(10);
    expect(page).toContain(`\`${envName(row)}\``);
    expect(page).toContain(`## \`${row.key}\``);
  }
});

test("defaults are within their own bounds, in both modes", async () => {
  for (const limits of ["open", "original"]) {
    const { config } = await load({ flags: { limits } });
    for (const row of ROWS) {
      if (row.type !== "int") continue;
      const value = row.key
        .split(".")
        .map((name) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()))
        .reduce<unknown>((node, name) => (node as Record<string, unknown>)[name], config);
      if (typeof value === "string") expect(row.words).toContain(value);
      else expect(Number(value) >= row.min && Number(value) <= row.max, row.key).toBe(true);
    }
  }
});
