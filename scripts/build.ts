// Compiles src/ into dist/. `--stale`: only when a source is newer than the last build.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildRuntimeModules } from "./runtime-modules.ts";
import { buildWskScript } from "./wsk-script.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "dist", "build.tsbuildinfo");

function newestChange(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(
    stat.mtimeMs,
    ...readdirSync(path).map((entry) => newestChange(join(path, entry))),
  );
}

function isStale(): boolean {
  const made = ["wsk.cjs", "catalog.json"].map((name) => join(root, "dist", name));
  if (!existsSync(stamp) || !made.every(existsSync)) return true;
  const built = statSync(stamp).mtimeMs;
  return ["src", "catalog", "tsconfig.json", "tsconfig.build.json", "package-lock.json"].some(
    (path) => newestChange(join(root, path)) > built,
  );
}

/** Builds; returns the exit code of the compiler. */
export function build(options: { readonly onlyStale: boolean }): number {
  if (options.onlyStale && !isStale()) return 0;
  const tsc = join(root, "node_modules", ".bin", "tsc");
  const run = spawnSync(tsc, ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
  if (run.status !== 0) return run.status ?? 1;
  buildWskScript(root);
  // A process of its own: it needs a good part of src/, and most starts of this script build nothing.
  const made = spawnSync(process.execPath, [join(root, "scripts", "catalog.ts")], {
    stdio: "inherit",
  });
  if (made.status !== 0) return made.status ?? 1;
  const { missing } = buildRuntimeModules(root);
  for (const name of missing) console.error(`functions will miss the npm package ${name}`);
  return missing.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = build({ onlyStale: process.argv.includes("--stale") });
}
