/** What sequences and conductors are made of: one invocation inside of another. */
import type { PartResponse } from "../../../core/composition.ts";
import type { EntityRef, Identity } from "../../../core/documents.ts";
import type { Invocable } from "../../../core/executable-action.ts";
import type { TransactionId } from "../../../core/messages.ts";

/** One invocation that a composition makes. */
export type PartRequest = {
  readonly transid: TransactionId;
  readonly identity: Identity;
  readonly action: Invocable;
  /** JSON text: the payload or the result before; default parameters are not in it yet. */
  readonly input: string;
  /** The composition that it is a part of. */
  readonly cause: string;
  readonly tree: Tree;
};

/** What all parts of one invocation share, however deep. */
export type Tree = {
  /** Compositions that may still begin in it. */
  left: number;
};

export type PartOutcome =
  | {
      readonly type: "ended";
      readonly activationId: string;
      readonly response: PartResponse;
      /** ms */
      readonly duration: number;
      /** MB; undefined for a sequence of which nothing ran */
      readonly memory: number | undefined;
    }
  | { readonly type: "timeout"; readonly activationId: string }
  | { readonly type: "failed" };

/** What is left of the actions that a sequence may run; shared with sequences inside of it. */
export type SequenceBudget = { actions: number };

/** The same for a conductor, shared with conductors inside of it. */
export type ConductorBudget = { components: number; conductors: number };

export type CompositionPorts = {
  /** Rejects as `findAction` and `checkInvocable` do. */
  readonly find: (identity: Identity, ref: EntityRef) => Promise<Invocable>;
  /** Runs a sequence inside of a sequence. */
  readonly sequence: (request: PartRequest, budget: SequenceBudget) => Promise<PartOutcome>;
  /** Runs a conductor inside of a conductor. */
  readonly conductor: (request: PartRequest, budget: ConductorBudget) => Promise<PartOutcome>;
  /** Runs anything on a budget of its own. */
  readonly part: (request: PartRequest) => Promise<PartOutcome>;
  /** Runs the code of an action, also when it is a conductor's. */
  readonly code: (request: PartRequest) => Promise<PartOutcome>;
};

/** One composition that is running. */
export type CompositionCall = {
  readonly transid: TransactionId;
  readonly identity: Identity;
  readonly action: Invocable;
  readonly activationId: string;
  readonly input: string;
  readonly tree: Tree;
};

/** What a composition has done so far. */
export type Progress = {
  /** Activation ids of its direct parts. */
  readonly logs: string[];
  /** ms, the sum of its parts */
  duration: number;
  /** MB, the most of its parts */
  memory: number | undefined;
};

export function note(progress: Progress, outcome: PartOutcome): void {
  if (outcome.type === "failed") return;
  progress.logs.push(outcome.activationId);
  if (outcome.type !== "ended") return;
  progress.duration += outcome.duration;
  if (outcome.memory === undefined) return;
  progress.memory = Math.max(progress.memory ?? 0, outcome.memory);
}

/** A request for a part of `call`; its waiting time counts from now. */
export function partOf(call: CompositionCall, action: Invocable, input: string): PartRequest {
  return {
    transid: { id: call.transid.id, start: Date.now() },
    identity: call.identity,
    action,
    input,
    cause: call.activationId,
    tree: call.tree,
  };
}
