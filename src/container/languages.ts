/** What each language needs to be started: its launcher and the interpreter's flags. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Runtime } from "./driver.ts";

export type Language = {
  /** Folder below `runtimes/`, mounted read-only. */
  readonly folder: string;
  /** File in that folder, given to the interpreter. */
  readonly launcher: string;
  readonly flags: (memoryMb: number) => readonly string[];
  /** Sees the npm packages that the kind has on board. */
  readonly npmModules: boolean;
};

export const LANGUAGES: Record<Runtime["language"], Language> = {
  nodejs: {
    folder: "nodejs",
    launcher: "launcher.cjs",
    // V8 sizes its heap by the machine's memory; told the container's, it collects in time instead
    // of being killed. The others keep an idle process small: fewer helper
    // threads, and no reading of the whole start-up snapshot to verify it.
    flags: (memoryMb) => [
      `--max-old-space-size=${memoryMb}`,
      "--v8-pool-size=1",
      "--no-verify-snapshot-checksum",
    ],
    npmModules: true,
  },
  python: {
    folder: "python",
    launcher: "launcher.py",
    flags: () => ["-I", "-B"],
    npmModules: false,
  },
};

/** Folder of the launchers: beside `src` in the checkout, beside `dist` when built. */
export const RUNTIMES_FOLDER: string = fileURLToPath(new URL("../../runtimes", import.meta.url));

/** Closure of the npm packages that Node kinds have on board (scripts/runtime-modules.ts). */
export const NPM_MODULES_FOLDER: string = fileURLToPath(
  new URL("../../dist/runtime-modules/node_modules", import.meta.url),
);

/** The folder, when it is there: a checkout that was never built has no npm packages on board. */
export function existingFolder(folder: string): string | undefined {
  return existsSync(folder) ? folder : undefined;
}
