/**
 * What a REST handler gets and gives. `server.ts` has done transaction id, authentication,
 * throttling and entitlement before; errors are thrown as `PlatformError` and shaped there.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Identity } from "../../core/documents.ts";
import type { TransactionId } from "../../core/messages.ts";

export type ApiRequest = {
  readonly transid: TransactionId;
  readonly method: string;
  /** Query string without "?", undecoded. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /**
   * Namespace segment with "_" resolved, e.g. "guest"; and what follows the collection, decoded:
   * [] for /actions, ["hello"], ["pkg","hello"], ["pkg",""] for /actions/pkg/.
   */
  readonly namespace: string;
  readonly rest: readonly string[];
  readonly identity: Identity;
  /** Whole body; rejects TOO_LARGE beyond the HTTP body limit. */
  body(): Promise<Buffer>;
};

export type Reply = {
  readonly status: number;
  /** JSON text, or plain text when `type` is "text". */
  readonly body: string;
  readonly type?: "json" | "text";
  readonly headers?: Readonly<Record<string, string>>;
};

export type Handler = (request: ApiRequest) => Promise<Reply>;
