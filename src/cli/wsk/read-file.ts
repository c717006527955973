/** Reading the files that the command line names, with the original's messages. */
import { readFile, stat } from "node:fs/promises";
import { EXIT, usageError } from "./wsk-error.ts";

/** Whether something by that name is there; throws a usage error when that cannot be told. */
export async function fileExists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (cause) {
    if (errorCode(cause) === "ENOENT") return false;
    throw usageError(`Cannot access file '${file}': stat ${file}: ${reason(cause)}`, EXIT.usage);
  }
}

/** The whole file; throws a usage error when it cannot be read. */
export async function readWhole(file: string): Promise<Buffer> {
  if (!(await fileExists(file))) {
    throw usageError(`File '${file}' is not a valid file or it does not exist`, EXIT.usage);
  }
  try {
    return await readFile(file);
  } catch (cause) {
    const verb = errorCode(cause) === "EISDIR" ? "read" : "open";
    throw usageError(`Unable to read the file '${file}': ${verb} ${file}: ${reason(cause)}`);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EISDIR: "is a directory",
  EACCES: "permission denied",
  ENOENT: "no such file or directory",
  ENOTDIR: "not a directory",
  ENOSPC: "no space left on device",
  EROFS: "read-only file system",
  ENAMETOOLONG: "file name too long",
};

/** Why a file operation failed, in the system's words. */
export function reason(cause: unknown): string {
  return REASONS[errorCode(cause)] ?? (cause instanceof Error ? cause.message : String(cause));
}

function errorCode(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}
