/** The files of the repository, as the tidy tests look at them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What is installed, built or measured, not written. */
const SKIPPED = new Set([".git", "node_modules", "dist", "coverage"]);
const MEASURED = /^bench-results.*\.json$/;

/** Paths from the root, with "/", sorted. Walked, so that it works without git as well. */
export function files(folder = ""): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (SKIPPED.has(entry.name) || (folder === "" && MEASURED.test(entry.name))) return [];
      if (entry.isDirectory()) return files(path);
      return entry.isFile() ? [path] : [];
    })
    .sort();
}

export function text(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

export function bytes(path: string): number {
  return statSync(join(ROOT, path)).size;
}

const BINARY = /\.(zip|gz|tgz|png|jpg|ico|woff2?|db)$/;

export function isText(path: string): boolean {
  return !BINARY.test(path);
}

/** `path:line` of each line of these files that matches. */
export function linesThat(paths: readonly string[], matches: (line: string) => boolean): string[] {
  return paths.flatMap((path) =>
    text(path)
      .split("\n")
      .flatMap((line, index) => (matches(line) ? [`${path}:${index + 1}`] : [])),
  );
}
