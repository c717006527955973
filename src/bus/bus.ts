/**
 * Port between controllers and invokers: activation messages go down, acknowledgements come back
 * (openwhisk-execution.md b.1, c.2). The in-process bus is beside it; brokers are drivers.
 */
import type { Activation } from "../core/activation.ts";
import type { ActivationMessage } from "../core/messages.ts";

/**
 * The original's `CombinedCompletionAndResultMessage`: result is known and the slot is free. A
 * broker driver writes `activation` as its record; in process it stays an object.
 */
export type CompletionMessage = {
  readonly transid: { readonly id: string; readonly start: number };
  /** uuid of the caller's namespace */
  readonly userId: string;
  readonly activation: Activation;
  /** True for statusCode 3 only. */
  readonly isSystemError: boolean;
  /** Durability "sync" only: the record could not be written. */
  readonly isLost: boolean;
};

/** What an invoker offers its controllers. */
export type ActivationConsumer = {
  /** Takes responsibility: exactly one completion follows. */
  submit(message: ActivationMessage): void;
  /** False when the queue bounds are reached: the caller answers 503 and does not submit. */
  hasRoom(bytes: number): boolean;
  /**
   * Makes the message durable before it goes on: called when a 202 is about to be sent. Resolves
   * when the accept record is on disk, or at once when the activation has ended meanwhile.
   */
  accept(message: ActivationMessage): Promise<void>;
};

export type CompletionConsumer = (completion: CompletionMessage) => void;
