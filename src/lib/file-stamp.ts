/** Tells whether a file has changed since it was last looked at. */
import { stat } from "node:fs/promises";

/** Another one when the file was written or replaced. Rejects as `stat` does. */
export async function fileStamp(path: string): Promise<string> {
  const { mtimeMs, ino, size } = await stat(path);
  return `${mtimeMs} ${ino} ${size}`;
}
