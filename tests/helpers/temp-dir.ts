import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh folder that goes away with its scope: `await using folder = await tempDir();`. */
export type TempDir = { readonly path: string; [Symbol.asyncDispose](): Promise<void> };

/** Makes a folder below the system's temporary one; `name` says in its name who made it. */
export async function tempDir(name = "test"): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), `meringue-${name}-`));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}
