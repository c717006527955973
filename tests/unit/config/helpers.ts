import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigError, type Loaded, loadConfig } from "../../../src/config/load.ts";
import type { Machine } from "../../../src/config/machine.ts";

export const MACHINE: Machine = {
  memoryMb: 8192,
  homeFolder: "/home/ada",
  currentFolder: "/srv/work",
};

export type Given = {
  readonly file?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
  readonly machine?: Partial<Machine>;
};

export function load(given: Given = {}): Promise<Loaded> {
  return loadConfig({
    env: given.env ?? {},
    flags: new Map(Object.entries(given.flags ?? {})),
    machine: { ...MACHINE, ...given.machine },
    ...(given.file === undefined ? {} : { file: given.file }),
  });
}

/** The problems that these sources have; [] when they have none. */
export async function problemsOf(given: Given): Promise<readonly string[]> {
  try {
    await load(given);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** A settings file of this text; removed with its scope. */
export function settingsFile(text: string, name = "meringue.yaml"): Disposable & { path: string } {
  const folder = mkdtempSync(join(tmpdir(), "meringue-config-"));
  const path = join(folder, name);
  writeFileSync(path, text);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
