/** Where the HTTPS listener has its certificate from, and how it learns of the next one. */
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
      // Not overtaken: two would write the files.
      timer = every(everyMs, () => look().catch(failed));
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
  // The content is compared, not the files' times: these miss what was written before the first
  // look at them.
  let told = textOf(first);
  let timer: NodeJS.Timeout | undefined;
  return {
    first,
    watch(use) {
      const look = async (): Promise<void> => {
        const text = await readPair(cert, key).then(textOf, String);
        if (text === told) return;
        told = text;
        try {
          use(await readUsable(cert, key));
          log("info", "read the changed certificate");
        } catch (err) {
          // Written one after the other, the two do not fit for a moment.
          log("warn", "the changed certificate is not used (yet)", { err });
        }
      };
      timer = every(everyMs, look);
    },
    stop: () => clearInterval(timer),
  };
}

/** Looks again and again; a slow look is not overtaken by the next. */
function every(ms: number, look: () => Promise<void>): NodeJS.Timeout {
  let isLooking = false;
  return setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look().finally(() => {
      isLooking = false;
    });
  }, ms).unref();
}

function textOf({ cert, key }: KeyPair): string {
  return cert + key;
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
