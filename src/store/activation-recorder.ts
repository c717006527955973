/**
 * Writing activation records: each one ends the accept record that promised it, and a namespace may
 * have none stored (openwhisk-api.md 3.6, `storeActivations`).
 */
import { type ActivationParts, activationDocumentText } from "../core/activation-format.ts";
import type { Identity } from "../core/documents.ts";
import type { ActivationMessage } from "../core/messages.ts";
import { activationEvent, type PublishEvent } from "../core/user-events.ts";
import type { AcceptedInvocation, AcceptedStore, ActivationStore } from "./store.ts";

export type RecordOptions = {
  /** What the activation list's name filter matches. */
  readonly filterName: string;
  /** Whose activation it is. */
  readonly user: Identity;
  /** A 202 was promised: its accept record ends with this record. */
  readonly accepted: boolean;
};

export class ActivationRecorder {
  private readonly activations: ActivationStore;
  private readonly accepted: AcceptedStore;
  private readonly log: (level: "warn", message: string, fields?: object) => void;
  private readonly publish: PublishEvent | undefined;

  /** `publish` is told of every activation of an action, stored or not. */
  constructor(
    activations: ActivationStore,
    accepted: AcceptedStore,
    log: (level: "warn", message: string, fields?: object) => void,
    publish?: PublishEvent,
  ) {
    this.activations = activations;
    this.accepted = accepted;
    this.log = log;
    this.publish = publish;
  }

  /** Puts the record into the next group commit. */
  record(activation: ActivationParts, { filterName, user, accepted }: RecordOptions): void {
    if (this.publish !== undefined) {
      const event = activationEvent(activation, user, Date.now());
      if (event !== undefined) this.publish(event);
    }
    if (user.limits.storeActivations === false) {
      if (accepted) this.forget(activation.activationId);
      return;
    }
    this.activations.put({
      activationId: activation.activationId,
      namespace: activation.namespace,
      filterName,
      start: activation.start,
      document: activationDocumentText(activation),
      accepted,
    });
  }

  /** Resolves when every record so far is on disk; rejects `STORE_UNAVAILABLE`. */
  flush(): Promise<void> {
    return this.activations.flush();
  }

  /** Ends an accept record that no activation record will end. */
  private forget(activationId: string): void {
    this.accepted.remove(activationId).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      this.log("warn", "an accept record stays until the next start", { activationId, reason });
    });
  }
}

/** Accept records hold no keys: who called is looked up anew. */
export function acceptRecord(message: ActivationMessage, started: boolean): AcceptedInvocation {
  const user = { ...message.user, authkey: "" };
  return {
    activationId: message.activationId,
    accepted: message.transid.start,
    started,
    message: JSON.stringify({ ...message, user }),
  };
}
