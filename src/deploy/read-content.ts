/** Reading files and addresses that a project names. */
import { readFile, stat } from "node:fs/promises";
import { fileError } from "./deploy-error.ts";

/** Longest wait for an address, as the original has it. */
const FETCH_MAX_MS = 60_000;
/** Bytes of one file or address; far above what a platform takes as code. */
export const CONTENT_BYTES_MAX = 256 * 1024 * 1024;

export function isAddress(path: string): boolean {
  return /^https?:\/\//.test(path);
}

/** Whole content of a file or of an http(s) address. Throws a DeployError. */
export async function readContent(path: string): Promise<Buffer> {
  try {
    return isAddress(path) ? await download(path) : await readLocal(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw fileError("ERROR_FILE_READ_ERROR", path, why, cause);
  }
}

async function readLocal(path: string): Promise<Buffer> {
  const { size } = await stat(path);
  if (size > CONTENT_BYTES_MAX) throw new Error(tooLarge(path));
  return readFile(path);
}

async function download(address: string): Promise<Buffer> {
  const answer = await fetch(address, { signal: AbortSignal.timeout(FETCH_MAX_MS) });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status} ${answer.statusText}`);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of answer.body ?? []) {
    size += piece.length;
    if (size > CONTENT_BYTES_MAX) throw new Error(tooLarge(address));
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function tooLarge(path: string): string {
  return `${path} is larger than ${CONTENT_BYTES_MAX} bytes`;
}

/** "file", "folder", or undefined when there is nothing by that name. */
export async function kindOfPath(path: string): Promise<"file" | "folder" | undefined> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch {
    return undefined; // Whoever reads it will say why it cannot be read.
  }
}

/** Folder that relative names of a manifest start from, with a slash at the end; "" for here. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** Extension without its dot; "" when there is none. */
export function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1);
}
