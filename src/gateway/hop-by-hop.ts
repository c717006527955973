/** Fields of one connection, which say nothing of the message: they are never passed on. */

/**
 * As RFC 9110 7.6.1 and those before it name them; `Trailer` because trailers are read over, and
 * what a client or node sends in place of `Connection` to a proxy.
 */
export const HOP_BY_HOP: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** They, and what else does not pass the place that asks; all in lower case. */
export function hopByHopAnd(...names: readonly string[]): ReadonlySet<string> {
  return new Set([...HOP_BY_HOP, ...names]);
}

/** Of a request: whoever sends it on addresses and frames it anew. */
export const NOT_SENT_ON: readonly string[] = [
  "content-length",
  "host",
  "expect",
  "http2-settings",
];
