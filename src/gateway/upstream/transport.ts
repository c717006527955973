/** One exchange with one node. */
import type { Duplex, Readable } from "node:stream";
import type { HeaderList } from "../header-list.ts";
import type { Timeouts } from "./conf.ts";

export type Exchange = {
  readonly host: string;
  readonly port: number;
  readonly method: string;
  readonly target: string;
  /** Complete but for the framing of the body. */
  readonly headers: HeaderList;
  /** A stream without length goes out in chunks. */
  readonly body: Buffer | Readable | undefined;
  readonly contentLength: number | undefined;
  readonly timeouts: Timeouts;
  /** The answer may switch protocols (101). */
  readonly upgrades: boolean;
};

export type ExchangeAnswer = {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Readable;
  readonly connectMs: number;
  readonly headerMs: number;
  /** After a 101: what is sent and received from now on. */
  readonly socket?: Duplex;
};

export type FailureKind = "connect" | "timeout" | "reset" | "protocol" | "client";

/** There is no answer. */
export class ExchangeError extends Error {
  readonly kind: FailureKind;
  /** Something of the request may have reached the node. */
  readonly wasSent: boolean;

  constructor(kind: FailureKind, wasSent: boolean, options?: ErrorOptions) {
    super(`upstream ${kind}`, options);
    this.kind = kind;
    this.wasSent = wasSent;
  }
}

export type Transport = {
  exchange(exchange: Exchange, signal?: AbortSignal): Promise<ExchangeAnswer>;
  close(): void;
};
