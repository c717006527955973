/**
 * Messages between controller and invoker, in OpenWhisk's shape (openwhisk-execution.md b.1, c.2),
 * also when they never leave the process.
 */
import type { Identity } from "./documents.ts";

/** `transid` travels as [id, start in ms epoch]. */
export type TransactionId = { readonly id: string; readonly start: number };

export type ActivationMessage = {
  readonly transid: TransactionId;
  /** Resolved action: path "guest" or "guest/pkg"; the binding that it was reached through. */
  readonly action: {
    readonly path: string;
    readonly name: string;
    readonly version: string;
    readonly binding?: string | undefined;
  };
  readonly revision: string;
  /** The caller. */
  readonly user: Identity;
  readonly activationId: string;
  readonly rootControllerIndex: { readonly asString: string };
  readonly blocking: boolean;
  /** JSON text of the merged arguments (object or array). */
  readonly content: string;
  /** Keys of `content` that are given at /init as environment instead. */
  readonly initArgs: readonly string[];
  /** Keys of `content` whose values are locked, with the scheme (core/parameter-lock.ts). */
  readonly lockedArgs?: Readonly<Record<string, string>> | undefined;
  /** Activation that caused this one (sequences). */
  readonly cause?: string | undefined;
};
