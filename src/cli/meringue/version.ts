import { readFileSync } from "node:fs";

/** Version of the package; this file is as deep in `dist/` as in `src/`. */
export function version(): string {
  const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
