/** Calls that plugins make themselves: function clouds, authorisation services, log servers. */
import type { Readable } from "node:stream";
import type { HeaderList } from "./header-list.ts";

export type HttpCall = {
  /** default GET */
  readonly method?: string;
  /** "http://…" or "https://…"; its path and query go out as they stand. */
  readonly url: string;
  /** `Host` and the length are added when they are missing. */
  readonly headers?: HeaderList;
  readonly body?: string | Uint8Array;
  /** For connecting, sending and each wait for data, milliseconds; default 3000. */
  readonly timeoutMs?: number;
  /** default true: the certificate must be valid for the host */
  readonly sslVerify?: boolean;
  /** default: kept 60 s, 5 per origin; false: closed after the answer */
  readonly keepalive?: false | { readonly idleMs: number; readonly size: number };
};

export type HttpAnswer = {
  readonly status: number;
  readonly headers: HeaderList;
  /** The body is an object or list that this very program has made JSON of. */
  readonly isOwnJson?: boolean;
  /** Must be read or destroyed. */
  readonly body: Readable;
  /** The whole body; rejects with `BodyTooLargeError` beyond `bytesMax` (default 64 MiB). */
  bytes(bytesMax?: number): Promise<Buffer>;
  /** At once when it is in memory. */
  text(bytesMax?: number): string | Promise<string>;
};

/** Redirects are not followed; any status is an answer. Rejects when there is none. */
export type HttpClient = (call: HttpCall) => Promise<HttpAnswer>;

/**
 * Answers a call without a socket when its origin is served by this very program: one of the two is
 * called once, later or at once. False: it is not, use the network; then neither is.
 */
export type LocalCall = (
  call: HttpCall,
  done: (answer: HttpAnswer) => void,
  fail: (cause: unknown) => void,
) => boolean;
