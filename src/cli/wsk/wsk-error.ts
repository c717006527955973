/**
 * Errors of the command line client: text, exit code, and how they are shown (wsk-cli 1.2, 1.3).
 */
import { ClientFailure } from "../../client/failures.ts";

export const EXIT = {
  general: 1,
  usage: 2,
  network: 3,
  notAllowed: 149,
  unfinished: 202,
} as const;

/**
 * - "prefixed": `error: TEXT`
 * - "plain": the bare text
 * - "silent": nothing, what there was to say has been printed
 */
export type Display = "prefixed" | "plain" | "silent";

export class WskError extends Error {
  readonly exitCode: number;
  readonly display: Display;
  /** also print the line that points to --help */
  readonly hasUsage: boolean;

  constructor(
    text: string,
    exitCode: number,
    options: {
      readonly display?: Display;
      readonly usage?: boolean;
      readonly cause?: unknown;
    } = {},
  ) {
    super(text, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "WskError";
    this.exitCode = exitCode;
    this.display = options.display ?? "prefixed";
    this.hasUsage = options.usage ?? false;
  }
}

/** A mistake on the command line, with the usage line. */
export function usageError(text: string, exitCode: number = EXIT.general): WskError {
  return new WskError(text, exitCode, { usage: true });
}

/**
 * Puts `text` around a failure. The exit code of the inner error stays; the usage line is shown if
 * either asks for it.
 */
export function wrapError(
  text: (inner: string) => string,
  cause: unknown,
  usage = false,
): WskError {
  const inner = toWskError(cause);
  return new WskError(text(inner.message), inner.exitCode, {
    display: inner.display,
    usage: usage || inner.hasUsage,
    cause,
  });
}

/** Runs `run`; what goes wrong in it is told behind `complaint`. */
export async function complaining<T>(
  complaint: string,
  run: () => Promise<T>,
  usage = false,
): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw wrapError((inner) => complaint + inner, cause, usage);
  }
}

/** A client failure with its exit code: HTTP status modulo 256, 3 for no answer at all. */
export function toWskError(cause: unknown): WskError {
  if (cause instanceof WskError) return cause;
  if (!(cause instanceof ClientFailure)) throw cause;
  switch (cause.kind) {
    case "transport":
      return new WskError(cause.message, EXIT.network, { cause });
    case "unauthorized":
      return new WskError(cause.message, EXIT.usage, { usage: true, cause });
    case "refused":
      return new WskError(cause.message, cause.status % 256, { cause });
    case "application":
      return new WskError(cause.message, cause.status % 256, { display: "silent", cause });
    case "unfinished":
      return new WskError(cause.message, EXIT.unfinished, { display: "silent", cause });
    default:
      return cause.kind satisfies never;
  }
}
