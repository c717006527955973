/** How failures of `wsk project` are told (wsk-cli 17.6). */
import { STATUS_CODES } from "node:http";
import { ClientFailure } from "../../../client/failures.ts";
import { DeployError } from "../../../deploy/deploy-error.ts";
import type { Context } from "../context.ts";
import { EXIT, toWskError, WskError } from "../wsk-error.ts";

/** Says `text` before the error itself is reported. */
export async function failing(
  { io, paint }: Context,
  text: string,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (cause) {
    io.err(paint.red(`Error: ${text}\n`));
    throw cause;
  }
}

/** Whatever goes wrong in a project is printed plainly and ends with exit code 1. */
export async function reporting(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (cause) {
    throw toPlainError(cause);
  }
}

function toPlainError(cause: unknown): WskError {
  const text = cause instanceof DeployError ? cause.message : failureText(cause);
  return new WskError(text, EXIT.general, { display: "plain", cause });
}

function failureText(cause: unknown): string {
  const error = toWskError(cause);
  if (!(cause instanceof ClientFailure)) return error.message;
  const { status } = cause;
  const answer =
    status === 0 ? "" : `: HTTP Response Status: ${status} ${STATUS_CODES[status] ?? ""}`;
  return `[ERROR_WHISK_CLIENT_ERROR]: Error code: ${error.exitCode}: ${cause.message}${answer}`;
}
