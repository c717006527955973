/** One exchange with one node: what a transport is asked for, and what it answers. */
import type { Duplex, Readable } from "node:stream";
import type { HeaderList } from "../header-list.ts";
import type { Cancellation } from "./cancellation.ts";
import type { Timeouts } from "./conf.ts";

export type Exchange = {
  readonly host: string;
  readonly port: number;
  /** For TLS: the name in the handshake. */
  readonly serverName: string | undefined;
  readonly method: string;
  readonly target: string;
  /** Complete but for the framing of the body. */
  readonly headers: HeaderList;
  /** A stream without length goes out in chunks. */
  readonly body: Buffer | Readable | undefined;
  readonly contentLength: number | undefined;
  /** A streamed body that gets longer is cut off: "too-large". */
  readonly bodyBytesMax: number | undefined;
  readonly timeouts: Timeouts;
  /** The answer may switch protocols (101). */
  readonly upgrades: boolean;
};

export type ExchangeAnswer = {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: AnswerBody;
  readonly connectMs: number;
  readonly headerMs: number;
  /** After a 101: what is sent and received from now on. */
  readonly socket?: Duplex;
};

/** The body of an answer, lighter than a stream: one reader, told piece by piece. */
export type AnswerBody = {
  /** Once. Nothing is told before; `data` answers false to be told no more until `resume`. */
  start(reader: BodyReader): void;
  resume(): void;
  /** Not wanted any more: the connection is closed unless the body is complete. */
  destroy(): void;
};

export type BodyReader = {
  data(chunk: Buffer): boolean;
  /** With the last piece, where that is known in time: it can go out with the rest. */
  end(chunk?: Buffer): void;
  /** The connection broke, or its bytes make no sense. */
  fail(): void;
};

export type FailureKind = "connect" | "timeout" | "reset" | "protocol" | "client" | "too-large";

/** There is no answer. */
export class ExchangeError extends Error {
  readonly kind: FailureKind;
  /** Something of the request may have reached the node. */
  readonly wasSent: boolean;

  constructor(kind: FailureKind, options: { readonly wasSent: boolean; readonly cause?: unknown }) {
    super(`upstream ${kind}`, { cause: options.cause });
    this.kind = kind;
    this.wasSent = options.wasSent;
  }
}

export type Transport = {
  exchange(exchange: Exchange, cancellation?: Cancellation): Promise<ExchangeAnswer>;
  /** Idle connections are closed; busy ones when their answer is complete. */
  close(): void;
};
