/**
 * Port: POST …/actions/NAME from within this program. The caller gets what it would get over HTTP,
 * from the same checks in the same order, without a socket.
 */
export type LocalRequest = {
  /** Path and query. */
  readonly url: string;
  /** Headers `Authorization`, `Content-Type` and `X-Request-ID`. */
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly requestId: string | undefined;
  readonly body: Uint8Array | undefined;
};

export type LocalReply = {
  readonly status: number;
  /** name, value, name, value…: what the controller sets; the server's own (Date) are not there. */
  headers(): string[];
  readonly body: string;
};

/**
 * Calls `answer` once, later or at once. False: the path is no action's, or nothing is served at
 * the moment; then `answer` is never called.
 */
export type LocalInvoke = (request: LocalRequest, answer: (reply: LocalReply) => void) => boolean;
