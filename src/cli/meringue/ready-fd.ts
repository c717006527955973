import { closeSync, fstatSync, writeSync } from "node:fs";
import { type Listener, UsageError } from "./context.ts";

/** The descriptor of `--ready-fd`; throws a `UsageError` when nothing is open there. */
export function parseReadyFd(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const fd = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(fd >= 1)) throw new UsageError(`--ready-fd ${text}: not the number of a file descriptor`);
  try {
    fstatSync(fd);
  } catch (error) {
    throw new UsageError(`--ready-fd ${text}: no such open file descriptor`, { cause: error });
  }
  return fd;
}

/**
 * One line per listener, `{"event":"listen","role","host","port"}`. Then the descriptor is closed:
 * a reader sees the end, and function processes inherit nothing.
 */
export function announce(listeners: readonly Listener[], fd: number): void {
  const lines = listeners.map(({ role, host, port }) =>
    JSON.stringify({ event: "listen", role, host, port }),
  );
  writeSync(fd, `${lines.join("\n")}\n`);
  if (fd > 2) closeSync(fd);
}
