/** Where an answer goes: an HTTP/1 or HTTP/2 response, or memory. */
import type { Duplex } from "node:stream";
import type { HeaderList } from "./header-list.ts";

export type Sink = {
  /** Status line and headers; an interim answer (100 to 199) may come before. */
  head(status: number, headers: HeaderList): void;
  /** False: wait for `onDrain` before more is written. */
  write(chunk: Uint8Array): boolean;
  /** A text is ASCII. */
  end(chunk?: Uint8Array | string): void;
  /** Cuts the answer off: its end could not be made, and the client must see that. */
  abort(): void;
  onDrain(listener: () => void): void;
  /** Once: everything was handed to the system (true), or the client has gone (false). */
  onDone(listener: (complete: boolean) => void): void;
  /** For a request that asked for it: answers with the head, and gives the bare connection. */
  upgrade?(status: number, headers: HeaderList): Duplex;
  /** Status that the listener has answered with instead: the rest of the request did not come. */
  readonly refusal?: number | undefined;
  /** The client can no longer be answered. */
  readonly isGone: boolean;
};
