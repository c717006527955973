/** `meringue waitready`: returns when a server answers. */

import { setTimeout as pause } from "node:timers/promises";
import { listenUrl } from "../../lib/listen-url.ts";
import { type Context, EXIT, UsageError } from "./context.ts";
import { loadWith } from "./setting-flags.ts";

const PAUSE_MS = 250;
const TRY_MIN_MS = 1000;
const TRY_MAX_MS = 5000;
const LINE_EVERY_MS = 1000;
const TIMEOUT_MAX_S = 86_400;

/** Resolves with 0 when `/ping` answers, with 1 when it did not within the timeout. */
export async function waitReady(
  options: { readonly url?: string; readonly timeout: string },
  context: Context,
): Promise<number> {
  const timeoutMs = parseTimeout(options.timeout);
  const url = parseUrl(options.url ?? (await localUrl(context)));
  const end = performance.now() + timeoutMs;
  let nextLine = 0;
  for (;;) {
    const failure = await ping(
      url,
      Math.max(TRY_MIN_MS, Math.min(TRY_MAX_MS, end - performance.now())),
    );
    if (failure === undefined) return EXIT.ok;
    const now = performance.now();
    if (now + PAUSE_MS > end) {
      context.err(`meringue: no answer from ${url} within ${options.timeout} s: ${failure}\n`);
      return EXIT.failed;
    }
    if (now >= nextLine) {
      // The text of the original's waitready.
      context.err("server still not ready - retrying\n");
      nextLine = now + LINE_EVERY_MS;
    }
    await pause(PAUSE_MS);
  }
}

function parseTimeout(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds <= TIMEOUT_MAX_S) return seconds * 1000;
  throw new UsageError(`--timeout ${text}: not a number of seconds from 0 to ${TIMEOUT_MAX_S}`);
}

function parseUrl(text: string): URL {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url?.protocol === "http:" || url?.protocol === "https:") return new URL("/ping", url);
  throw new UsageError(`--url ${text}: not a URL such as http://127.0.0.1:3233`);
}

/** Where the settings of this environment let a server listen. */
async function localUrl(context: Context): Promise<string> {
  const { config } = await loadWith({ flags: new Map(), file: undefined }, context);
  const { host, port } = config.api;
  return listenUrl(host, port);
}

/** undefined when the server is there, else why not. */
async function ping(url: URL, timeoutMs: number): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await answer.body?.cancel();
    return answer.status === 200 ? undefined : `status ${answer.status}`;
  } catch (error) {
    const cause = (error as Error).cause;
    return cause instanceof Error ? cause.message : (error as Error).message;
  }
}
