/**
 * Sequences and conductor actions as one activation: begins them, waits as long as the caller
 * wants to, records them, and keeps the promise behind a 202 (openwhisk-web-and-composition.md 2,
 * 3). What runs next is decided in `sequence.ts` and `conductor.ts`.
 */
import type { ActivationParts } from "../../../core/activation-format.ts";
import {
  applicationError,
  compositionAnnotations,
  type PartResponse,
  SEQUENCE_TEXT,
  whiskError,
} from "../../../core/composition.ts";
import type { EntityRef, Identity } from "../../../core/documents.ts";
import { asPlatformError, PlatformError } from "../../../core/errors.ts";
import type { Invocable } from "../../../core/executable-action.ts";
import type { ActivationMessage } from "../../../core/messages.ts";
import { newActivationId } from "../../../lib/ids.ts";
import { type ActivationRecorder, acceptRecord } from "../../../store/activation-recorder.ts";
import type { AcceptedStore } from "../../../store/store.ts";
import { messageOf } from "../activation-message.ts";
import type { InvokeHandler, InvokeRequest } from "../invocation.ts";
import { runConductor } from "./conductor.ts";
import type {
  CompositionCall,
  CompositionPorts,
  ConductorBudget,
  PartOutcome,
  PartRequest,
  Progress,
  SequenceBudget,
  Tree,
} from "./part.ts";
import { runSequence } from "./sequence.ts";

export type CompositionsDeps = {
  /** The action that may be invoked under this name; rejects when there is none. */
  readonly find: (identity: Identity, ref: EntityRef) => Promise<Invocable>;
  /** Runs code and tells its outcome; never rejects. */
  readonly code: (request: PartRequest) => Promise<PartOutcome>;
  readonly recorder: ActivationRecorder;
  readonly accepted: AcceptedStore;
};

export type CompositionsOptions = {
  /** Most actions of a sequence, and components of a composition. */
  readonly lengthMax: number;
  /** Compositions that may run at once. */
  readonly runningMax: number;
  /** Durability "sync": a reply waits until its record is on disk. */
  readonly holdReplies: boolean;
};

/**
 * Compositions in one invocation. The budgets of sequences and conductors do not know of each other
 * (as in the original), so that two which invoke each other would never end.
 */
export const COMPOSITIONS_MAX = 1000;

type Run = (call: CompositionCall, progress: Progress) => Promise<PartResponse>;
type Ended = { readonly activation: ActivationParts; readonly memory: number | undefined };
/** `accepted`: a 202 was promised, so its accept record ends with its activation record. */
type Promised = { accepted: boolean };

export class Compositions {
  /** Compositions without their parts, from their acceptance on. */
  running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly deps: CompositionsDeps;
  private readonly options: CompositionsOptions;
  private readonly ports: CompositionPorts;

  constructor(deps: CompositionsDeps, options: CompositionsOptions) {
    this.deps = deps;
    this.options = options;
    this.ports = {
      find: deps.find,
      code: deps.code,
      sequence: (request, budget) => this.inner(request, this.sequenceRun(budget)),
      conductor: (request, budget) => this.inner(request, this.conductorRun(budget)),
      part: (request) =>
        isComposition(request.action)
          ? this.inner(request, this.freshRun(request.action))
          : deps.code(request),
    };
  }

  /** Calls `done` once, later. */
  start(request: InvokeRequest, done: InvokeHandler): void {
    if (this.running >= this.options.runningMax) {
      done({ type: "failed", error: new PlatformError("OVERLOADED") });
      return;
    }
    const { transid, identity, action, content } = request;
    const activationId = request.activationId ?? newActivationId(Date.now());
    const call: CompositionCall = {
      transid,
      identity,
      action,
      activationId,
      input: content,
      tree: newTree(),
    };
    if (request.blocking) this.wait(call, request.waitMs, done);
    else this.post(call, done);
  }

  /** Runs what the last run of the program had accepted and not begun. */
  resume(message: ActivationMessage, action: Invocable): void {
    const { transid, user, activationId, content } = message;
    const call = { transid, identity: user, action, activationId, input: content };
    void this.begin({ ...call, tree: newTree() });
  }

  /** Resolves when none runs: between two of its parts a composition is nowhere else to be seen. */
  quiet(): Promise<void> {
    if (this.running === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private leave(): void {
    this.running -= 1;
    if (this.running > 0) return;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private wait(call: CompositionCall, waitMs: number, done: InvokeHandler): void {
    const promised: Promised = { accepted: false };
    let isWaiting = true;
    const timer = setTimeout(() => {
      isWaiting = false;
      promised.accepted = true;
      this.deps.accepted.put(acceptRecord(messageOfCall(call), true)).then(
        () => done({ type: "accepted", activationId: call.activationId }),
        (cause: unknown) => done({ type: "failed", error: asPlatformError(cause) }),
      );
    }, waitMs);
    void this.run(call, this.freshRun(call.action), undefined, promised)
      .then(async ({ activation }) => {
        if (!isWaiting) return;
        isWaiting = false;
        clearTimeout(timer);
        if (this.options.holdReplies) await this.deps.recorder.flush();
        done({ type: "finished", activation, isComposition: true });
      })
      .catch((cause: unknown) => done({ type: "failed", error: asPlatformError(cause) }));
  }

  private post(call: CompositionCall, done: InvokeHandler): void {
    this.running += 1;
    this.deps.accepted
      .put(acceptRecord(messageOfCall(call), false))
      .then(
        () => {
          done({ type: "accepted", activationId: call.activationId });
          void this.begin(call);
        },
        (cause: unknown) => done({ type: "failed", error: asPlatformError(cause) }),
      )
      .finally(() => this.leave());
  }

  /** From here on it may have begun, so that it is never run a second time. */
  private async begin(call: CompositionCall): Promise<void> {
    this.running += 1;
    const isMarked = await this.deps.accepted.start(call.activationId).then(
      () => true,
      () => false,
    );
    const run: Run = isMarked
      ? this.freshRun(call.action)
      : async () => whiskError(SEQUENCE_TEXT.failed);
    const ended = this.run(call, run, undefined, { accepted: true });
    this.leave();
    await ended;
  }

  private async inner(request: PartRequest, run: Run): Promise<PartOutcome> {
    const { transid, identity, action, input, tree, cause } = request;
    const activationId = newActivationId(Date.now());
    const call: CompositionCall = { transid, identity, action, activationId, input, tree };
    tree.left -= 1;
    const bounded: Run = tree.left < 0 ? async () => applicationError(SEQUENCE_TEXT.tooLong) : run;
    const { activation, memory } = await this.run(call, bounded, cause, { accepted: false });
    const { statusCode, result = "{}", duration = 0 } = activation;
    return { type: "ended", activationId, response: { statusCode, result }, duration, memory };
  }

  private async run(
    call: CompositionCall,
    run: Run,
    cause: string | undefined,
    promised: Promised,
  ): Promise<Ended> {
    const { action, identity, transid } = call;
    const start = Date.now();
    const isConductor = action.type === "code";
    const memory = isConductor ? action.limits.memory : undefined;
    const progress: Progress = { logs: [], duration: 0, memory };
    this.running += 1;
    const response = await run(call, progress).catch(() => whiskError(SEQUENCE_TEXT.failed));
    const activation: ActivationParts = {
      activationId: call.activationId,
      namespace: identity.namespace.name,
      name: action.name,
      version: action.version,
      subject: identity.subject,
      start,
      end: Date.now(),
      duration: progress.duration,
      cause,
      annotations: compositionAnnotations(action, {
        isTopmost: cause === undefined,
        waitTime: Math.max(0, start - transid.start),
        memory: progress.memory,
      }),
      statusCode: response.statusCode,
      result: response.result,
      logs: progress.logs,
    };
    const { filterName } = action;
    this.deps.recorder.record(activation, {
      filterName,
      user: identity,
      accepted: promised.accepted,
    });
    this.leave();
    return { activation, memory: progress.memory };
  }

  private freshRun(action: Invocable): Run {
    const { lengthMax } = this.options;
    return action.type === "sequence"
      ? this.sequenceRun({ actions: lengthMax })
      : this.conductorRun({ components: lengthMax, conductors: 2 * lengthMax + 1 });
  }

  private sequenceRun(budget: SequenceBudget): Run {
    return ({ action, ...call }, progress) => {
      if (action.type !== "sequence") throw new TypeError("not a sequence");
      return runSequence(this.ports, { ...call, action }, budget, progress);
    };
  }

  private conductorRun(budget: ConductorBudget): Run {
    return ({ action, ...call }, progress) => {
      if (action.type !== "code") throw new TypeError("not a conductor");
      return runConductor(this.ports, { ...call, action }, budget, progress);
    };
  }
}

function newTree(): Tree {
  return { left: COMPOSITIONS_MAX - 1 };
}

/** Such an invocation is an activation with parts of its own. */
export function isComposition(action: Invocable): boolean {
  return action.type === "sequence" || action.isConductor;
}

function messageOfCall({ transid, identity, action, activationId, input }: CompositionCall) {
  return messageOf({ transid, identity, action, content: input, blocking: false, activationId });
}
