/** One line on the terminal while a request takes long; nothing is left of it afterwards. */
import type { Watcher } from "../../client/transport.ts";
import type { Io } from "./io.ts";

/** Requests that are done sooner show nothing. */
const QUIET_MS = 1000;
const TICK_MS = 250;
const CLEAR_LINE = "\r\u001b[K";
const MIB = 1024 * 1024;

export function progressWatcher(io: Pick<Io, "now" | "err">): Watcher {
  let timer: NodeJS.Timeout | undefined;
  let started = 0;
  let upload = { bytes: 0, total: 0 };
  let isShown = false;
  return {
    started() {
      started = io.now();
      upload = { bytes: 0, total: 0 };
      timer = setInterval(() => {
        const elapsed = io.now() - started;
        if (elapsed < QUIET_MS) return;
        isShown = true;
        io.err(CLEAR_LINE + progressText(elapsed, upload.bytes, upload.total));
      }, TICK_MS);
    },
    sent(bytes: number, total: number) {
      upload = { bytes, total };
    },
    finished() {
      clearInterval(timer);
      if (isShown) io.err(CLEAR_LINE);
      isShown = false;
    },
  };
}

/** `uploading 3.1 of 45.0 MB` while the body is under way, then `waiting, 12 s`. */
export function progressText(elapsedMs: number, sentBytes: number, totalBytes: number): string {
  if (sentBytes < totalBytes) {
    const mb = (bytes: number): string => (bytes / MIB).toFixed(1);
    return `uploading ${mb(sentBytes)} of ${mb(totalBytes)} MB`;
  }
  return `waiting, ${Math.floor(elapsedMs / 1000)} s`;
}
