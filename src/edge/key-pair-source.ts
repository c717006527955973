/** Where the HTTPS listener has its certificate from, and how it learns of the next one. */
import { unwatchFile, watchFile } from "node:fs";
import { createSecureContext } from "node:tls";
import type { KeyPair } from "../lib/http-listener.ts";
import { readPair, selfSignedPair } from "./self-signed.ts";

export type KeyPairSource = {
  readonly first: KeyPair;
  /** Calls `use` for each later pair until `stop`. */
  watch(use: (pair: KeyPair) => void): void;
  stop(): void;
};

type Log = (level: "info" | "warn", message: string, fields?: object) => void;

/** How often a self-signed certificate is looked at, and the files of one's own. */
const RENEW_EVERY_MS = 12 * 3_600_000;
const LOOK_EVERY_MS = 2_000;

/** Rejects when the folder cannot be written. */
export async function selfSignedSource(options: {
  readonly folder: string;
  readonly names: readonly string[];
  readonly log: Log;
  readonly now: () => number;
  /** For tests; default: twice a day. */
  readonly everyMs?: number;
}): Promise<KeyPairSource> {
  const { folder, names, log, now, everyMs = RENEW_EVERY_MS } = options;
  const first = await selfSignedPair(folder, names, now());
  let current = first;
  let timer: NodeJS.Timeout | undefined;
  return {
    first,
    watch(use) {
      const look = async (): Promise<void> => {
        const pair = await selfSignedPair(folder, names, now());
        if (pair.cert === current.cert) return;
        current = pair;
        use(pair);
        log("info", "renewed the self-signed certificate");
      };
      const failed = (err: unknown): void =>
        log("warn", "cannot renew the self-signed certificate", { err });
      let isLooking = false;
      timer = setInterval(() => {
        // A slow one must not be overtaken: two would write the files.
        if (isLooking) return;
        isLooking = true;
        void look()
          .catch(failed)
          .finally(() => {
            isLooking = false;
          });
      }, everyMs).unref();
    },
    stop: () => clearInterval(timer),
  };
}

/** Rejects with one line when the files cannot be used. */
export async function fileSource(options: {
  readonly cert: string;
  readonly key: string;
  readonly log: Log;
  /** For tests; default: every two seconds. */
  readonly everyMs?: number;
}): Promise<KeyPairSource> {
  const { cert, key, log, everyMs = LOOK_EVERY_MS } = options;
  const first = await readUsable(cert, key);
  let stop = (): void => undefined;
  return {
    first,
    watch(use) {
      const look = (): void => {
        readUsable(cert, key).then(
          (pair) => {
            use(pair);
            log("info", "read the changed certificate");
          },
          // Written one after the other, the two do not fit for a moment.
          (err: unknown) => log("warn", "the changed certificate is not used (yet)", { err }),
        );
      };
      for (const path of [cert, key]) {
        watchFile(path, { interval: everyMs, persistent: false }, look);
      }
      stop = () => {
        for (const path of [cert, key]) unwatchFile(path, look);
      };
    },
    stop: () => stop(),
  };
}

async function readUsable(certPath: string, keyPath: string): Promise<KeyPair> {
  try {
    const pair = await readPair(certPath, keyPath);
    createSecureContext(pair);
    return pair;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`tls.cert ${certPath} with tls.key ${keyPath} cannot be used: ${reason}`, {
      cause,
    });
  }
}
