/** Archives as users upload them, from a table of path → content. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { create } from "tar";

export type Files = Readonly<Record<string, string>>;

export function zip(files: Files): Buffer {
  const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)] as const);
  return Buffer.from(zipSync(Object.fromEntries(entries)));
}

export async function tarGz(files: Files): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), "archive-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const names = [...new Set(Object.keys(files).map((name) => name.split("/")[0] ?? name))];
    const pieces: Buffer[] = [];
    for await (const piece of create({ cwd: folder, gzip: true }, names))
      pieces.push(piece as Buffer);
    return Buffer.concat(pieces);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
