/** The data folder's disk fills up, and has room again: clear errors, no corruption, recovery. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Api, apiOf, idOf } from "../helpers/api.ts";
import type { Answer } from "../helpers/http.ts";
import { startPlatform } from "../helpers/platform.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

const DISK_MB = 32;
/** Creates until the disk is full for the store too: more than its own files can still take. */
const CREATES_MAX = 400;
const unavailable =
  "The server is currently unavailable (because it is overloaded or down for maintenance).";
const code = `function main(args) { return args; } // ${"x".repeat(100_000)}`;

/** A tmpfs of `DISK_MB`; undefined where this user may not mount. */
async function smallDisk(): Promise<
  { readonly path: string; [Symbol.asyncDispose](): Promise<void> } | undefined
> {
  const folder = await tempDir("disk");
  const path = join(folder.path, "disk");
  mkdirSync(path);
  const options = ["-t", "tmpfs", "-o", `size=${DISK_MB}m,mode=755`, "tmpfs", path];
  if (spawnSync("mount", options).status !== 0) {
    await folder[Symbol.asyncDispose]();
    return undefined;
  }
  return {
    path,
    async [Symbol.asyncDispose]() {
      spawnSync("umount", ["-l", path]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Writes a file until nothing more fits. */
function fill(path: string): void {
  const file = openSync(path, "a");
  const part = Buffer.alloc(64 * 1024, 1);
  try {
    for (let size = part.length; size > 0; ) {
      try {
        writeSync(file, part, 0, size);
      } catch {
        size = Math.floor(size / 2); // the last bytes, too
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Creates big actions until one is refused; those that were taken, and the refusal. */
async function createUntilRefused(api: Api): Promise<{ taken: string[]; refusal: Answer }> {
  const taken: string[] = [];
  for (let n = 0; n < CREATES_MAX; n += 1) {
    const answer = await api.put(`fill${n}`, `${code}${n}`);
    if (answer.status !== 200) return { taken, refusal: answer };
    taken.push(`fill${n}`);
  }
  throw new Error(`${CREATES_MAX} creates fitted on a full disk`);
}

const probe = await smallDisk();
const canMount = probe !== undefined;
await probe?.[Symbol.asyncDispose]();

test.skipIf(!canMount)("a full disk (needs the right to mount a tmpfs)", async () => {
  const disk = await smallDisk();
  if (disk === undefined) throw new Error("mounting worked a moment ago");
  await using _ = disk;
  const ballast = join(disk.path, "ballast");
  await using platform = await startPlatform({ dataFolder: join(disk.path, "data") });
  const api = apiOf(() => platform.url);
  await api.put("early", "function main(args) { return args; }");
  const before = await api.invoke("early", "blocking=true", { n: 1 });
  expect(before.status).toBe(200);
  await waitFor("its record", async () => (await api.activation(idOf(before))).status === 200);

  fill(ballast);
  const { taken, refusal } = await createUntilRefused(api);
  expect(refusal.status).toBe(503);
  expect(refusal.json).toEqual({ error: unavailable, code: refusal.headers["x-request-id"] });
  const refused = `fill${taken.length}`;
  // Reads go on, and what cannot be recorded is not accepted.
  expect((await api.get("early")).status).toBe(200);
  expect((await api.get(refused)).status).toBe(404);
  const later = await waitFor("a refused 202", async () => {
    const answer = await api.invoke("early", "blocking=false", { text: "x".repeat(100_000) });
    return answer.status !== 202 && answer;
  });
  expect(later.status).toBe(503);
  expect(platform.logs()).toMatch(/full|ENOSPC|no space/iu);

  rmSync(ballast);
  await waitFor("room again", async () => (await api.put(refused, code)).status === 200, {
    timeoutMs: 30_000,
    everyMs: 200,
  });
  const accepted = await api.invoke("early", "blocking=false", { n: 2 });
  expect(accepted.status).toBe(202);
  await waitFor("its record", async () => (await api.activation(idOf(accepted))).status === 200);

  await platform.restart();
  for (const name of ["early", refused, ...taken]) {
    expect((await api.get(name)).status, name).toBe(200);
  }
  for (const answer of [before, accepted]) {
    expect((await api.activation(idOf(answer))).status).toBe(200);
  }
  expect(existsSync(ballast)).toBe(false);
});
