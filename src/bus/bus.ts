/**
 * Port between controllers and invokers: activation messages go down, acknowledgements come back
 * (openwhisk-execution.md b.1, c.2). In one process the invoker itself is the bus; a broker driver
 * keeps what it has sent by activation id and calls `done` when the acknowledgement arrives.
 */
import type { ActivationParts } from "../core/activation-format.ts";
import type { ActivationMessage } from "../core/messages.ts";
import type { StreamReader } from "../core/result-stream.ts";

/**
 * The original's `CombinedCompletionAndResultMessage`: result is known and the slot is free. A
 * broker driver writes `activation` as its record; in process it stays an object.
 */
export type CompletionMessage = {
  readonly transid: { readonly id: string; readonly start: number };
  readonly activation: ActivationParts;
  /** True for statusCode 3 only. */
  readonly isSystemError: boolean;
  /** Durability "sync" only: the record could not be written. */
  readonly isLost: boolean;
};

export type CompletionHandler = (completion: CompletionMessage) => void;

/** A message on its way. */
export type Ticket = {
  /**
   * Makes the activation durable, because a 202 is about to be sent: resolves when its accept
   * record is on disk, or, if it has ended meanwhile, its activation record. Rejects
   * STORE_UNAVAILABLE.
   */
  accept(): Promise<void>;
};

/** What invokers offer to controllers. */
export type ActivationBus = {
  /** False when the queue bounds are reached: the caller answers 503 and does not send. */
  hasRoom(bytes: number): boolean;
  /**
   * Sends a message whose caller waits; `done` is called exactly once. With a `reader` the answer
   * may come as a stream; what a broker driver cannot carry, it answers without one.
   */
  send(message: ActivationMessage, done: CompletionHandler, reader?: StreamReader): Ticket;
  /** Makes the message durable, then sends it. Rejects STORE_UNAVAILABLE: then it is not sent. */
  post(message: ActivationMessage, done: CompletionHandler): Promise<void>;
};
