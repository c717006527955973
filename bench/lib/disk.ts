/** Speed of the disk below the data folders: figures of the store mean little without it. */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { removeFolder, tempFolder } from "./children.ts";
import { median } from "./stats.ts";

const WRITES = 50;
const BYTES = 4096;

/** Median time of one small write that reaches the disk, in ms. */
export function syncP50Ms(): number {
  const folder = tempFolder();
  const file = openSync(join(folder, "probe"), "w");
  const block = Buffer.alloc(BYTES, 1);
  const samples = Array.from({ length: WRITES }, () => {
    const begin = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    return performance.now() - begin;
  });
  closeSync(file);
  removeFolder(folder);
  return median(samples);
}
