/** What SQLite's error codes mean for the callers of the store. */
import { PlatformError } from "../../core/errors.ts";
import type { ErrorData } from "./protocol.ts";

/** Primary result codes (sqlite.org/rescode.html). */
const CORRUPT = 11;
const NOT_A_DATABASE = 26;
const BUSY = 5;
const LOCKED = 6;

/** Primary result code; undefined when the error is not SQLite's. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}

export function isDamage(error: unknown): boolean {
  const code = resultCode(error);
  return code === CORRUPT || code === NOT_A_DATABASE;
}

export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === LOCKED;
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Errno name of a file system error ("ENOSPC"), if it is one. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** A read that fails is of a damaged file (`CORRUPTED`) or of a sick disk. */
export function readError(error: unknown): ErrorData {
  if (error instanceof PlatformError) return errorData(error);
  const code = isDamage(error) ? "CORRUPTED" : "STORE_UNAVAILABLE";
  return { code, text: undefined, reason: reasonOf(error) };
}

/** A write that fails leaves nothing behind, whatever the reason. */
export function writeError(error: unknown): ErrorData {
  if (error instanceof PlatformError) return errorData(error);
  return { code: "STORE_UNAVAILABLE", text: undefined, reason: reasonOf(error) };
}

function errorData(error: PlatformError): ErrorData {
  return { code: error.code, text: error.message, reason: error.message };
}

/** On the other thread, what was sent as `ErrorData`. */
export function platformError({ code, text, reason }: ErrorData): PlatformError {
  return new PlatformError(code, text, { details: reason });
}
