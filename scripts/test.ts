// `npm test`: builds what is stale, checks style and types, runs every suite, and prints one last
// line, `N passed, N failed, N skipped`. Arguments go to vitest (a file, `--project unit`…).
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (name: string): string => join(root, "node_modules", ".bin", name);

/** Runs one tool; true when it exits 0. */
function passes(name: string, args: readonly string[]): boolean {
  return spawnSync(bin(name), args, { cwd: root, stdio: "inherit" }).status === 0;
}

type Report = { numPassedTests: number; numFailedTests: number; numPendingTests: number };

const tally = { passed: 0, failed: 0, skipped: 0 };
const count = (ok: boolean): void => {
  if (ok) tally.passed += 1;
  else tally.failed += 1;
};

const filters = process.argv.slice(2);
const built = build({ onlyStale: true }) === 0;
count(built);
if (filters.length === 0) {
  count(passes("biome", ["check", "."]));
  count(passes("tsc", ["--noEmit"]));
}
if (built) {
  const folder = mkdtempSync(join(tmpdir(), "meringue-test-"));
  const report = join(folder, "report.json");
  const ok = passes("vitest", [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
    ...(filters.length === 0 ? ["--project", "!nightly"] : filters),
  ]);
  try {
    const result = JSON.parse(readFileSync(report, "utf8")) as Report;
    tally.passed += result.numPassedTests;
    tally.failed += result.numFailedTests;
    tally.skipped += result.numPendingTests;
  } catch {
    tally.failed += 1;
  }
  // A file that cannot be loaded has no failed test of its own.
  if (!ok && tally.failed === 0) tally.failed += 1;
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exitCode = tally.failed > 0 ? 1 : 0;
