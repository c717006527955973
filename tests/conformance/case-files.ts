import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseCase } from "./case.ts";
import type { NamedCase } from "./stages.ts";

const here = dirname(fileURLToPath(import.meta.url));

/** Every case file below `cases/`, by its path without ".json"; problems name the file. */
export function readCases(): { readonly cases: NamedCase[]; readonly problems: string[] } {
  const folder = join(here, "cases");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  const cases: NamedCase[] = [];
  const problems: string[] = [];
  for (const file of files) {
    try {
      const one = parseCase(readFileSync(join(folder, file), "utf8"));
      cases.push({ name: file.replace(/\.json$/u, ""), one });
    } catch (error) {
      problems.push(`${file}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { cases, problems };
}

/** Cases that are known to fail, with the reason; a name that is no case is a problem. */
export function readGaps(cases: readonly NamedCase[]): {
  readonly gaps: ReadonlyMap<string, string>;
  readonly problems: string[];
} {
  const json = JSON.parse(readFileSync(join(here, "known-gaps.json"), "utf8")) as unknown;
  const gaps = new Map(Object.entries(json as Record<string, string>));
  const names = new Set(cases.map(({ name }) => name));
  const problems = [...gaps]
    .filter(([name, reason]) => !names.has(name) || !reason)
    .map(([name]) => `known-gaps.json: ${name} is no case, or has no reason`);
  return { gaps, problems };
}
