/** One invocation: what is asked for, and how it ends for who asked. */
import type { ActivationParts } from "../../core/activation-format.ts";
import type { Identity } from "../../core/documents.ts";
import type { PlatformError } from "../../core/errors.ts";
import type { Invocable } from "../../core/executable-action.ts";
import type { TransactionId } from "../../core/messages.ts";
import type { StreamReader } from "../../core/result-stream.ts";

export type InvokeRequest = {
  readonly transid: TransactionId;
  readonly identity: Identity;
  readonly action: Invocable;
  /** JSON text of the merged arguments, see `mergeArguments`. */
  readonly content: string;
  readonly blocking: boolean;
  /** ms to wait when blocking */
  readonly waitMs: number;
  /** Blocking only: takes the answer if it comes as a stream, which then may last. */
  readonly reader?: StreamReader | undefined;
  /** Given when it must be known before; else a new one. */
  readonly activationId?: string | undefined;
};

export type InvokeOutcome =
  | {
      readonly type: "finished";
      readonly activation: ActivationParts;
      /** The logs are the ids of its parts, and known at once. */
      readonly isComposition?: boolean;
    }
  /** Not blocking, or not finished in time: a 202. */
  | { readonly type: "accepted"; readonly activationId: string }
  | { readonly type: "failed"; readonly error: PlatformError };

export type InvokeHandler = (outcome: InvokeOutcome) => void;
