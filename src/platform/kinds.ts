/** The kinds of this server: its manifest over the runtimes that are present. */
import { readFile } from "node:fs/promises";
import type { Config } from "../config/config.ts";
import type { RuntimeCatalog } from "../container/driver.ts";
import { parseContent } from "../core/content.ts";
import { createKindTable, defaultManifest, type KindTable } from "../core/kinds.ts";
import { parseManifest } from "../core/runtimes-manifest.ts";
import type { StemCell } from "../invoker/stem-cells.ts";

const BUNDLED = "bundled";

/** Rejects with one line when the manifest cannot be read. */
export async function readKinds(config: Config, runtimes: RuntimeCatalog): Promise<KindTable> {
  const present = [...runtimes.keys()];
  const path = config.runtimes.manifest;
  if (path === BUNDLED) {
    return createKindTable({ manifest: defaultManifest(present), present, historical: true });
  }
  try {
    const manifest = parseManifest(parseContent(await readFile(path, "utf8")));
    return createKindTable({ manifest, present, historical: false });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the runtimes manifest ${path} cannot be used: ${reason}`, { cause });
  }
}

/** What the configuration wants prewarmed, and what the manifest adds. */
export function stemCells(config: Config, kinds: KindTable): StemCell[] {
  const configured = config.pool.prewarm.flatMap(({ kind, count, memoryMb }) => {
    const runtime = kinds.resolve(kind)?.runtime;
    return runtime === undefined ? [] : [{ runtime, memoryMb, count }];
  });
  const manifest = kinds.stemCells.map(({ runtime, initialCount, memoryMb }) => ({
    runtime,
    memoryMb,
    count: initialCount,
  }));
  return manifest.length > 0 ? manifest : configured;
}
