/**
 * An answer that comes in parts while the activation runs (docs/web-actions.md, Streams). It goes
 * past the result: what is kept in the record is a note about it.
 */

/** Bytes that may be under way and not taken by the reader yet. */
export const STREAM_WINDOW_BYTES = 256 * 1024;
/** Longest part in one frame. */
export const STREAM_CHUNK_BYTES_MAX = 64 * 1024;

/** Why nobody reads on: the client has gone, or the stream is longer than allowed. */
export type StreamStop = "client" | "limit";

/** Who writes the stream, as its reader sees it. */
export type StreamSource = {
  /** So many bytes of what came have been passed on: as many more may come. */
  grant(bytes: number): void;
  /** Nothing more is read; the activation goes on to its own end. */
  cancel(why: StreamStop): void;
};

/** Gets `begin` once, if the answer is a stream at all, then chunks; the completion is its end. */
export type StreamReader = {
  /** `head`: JSON text of the answer without its body, `{"statusCode"?, "headers"?}`. */
  begin(activationId: string, head: string, source: StreamSource): void;
  /** `bytes` are another's after the call. */
  chunk(bytes: Buffer): void;
};
