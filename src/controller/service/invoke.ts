/**
 * Invoking an action: merges the arguments, hands a message to the invoker, and waits for the
 * result as long as the caller wants to (openwhisk-api.md 5).
 */
import type { ActivationBus, CompletionMessage } from "../../bus/bus.ts";
import type { ActivationParts } from "../../core/activation-format.ts";
import { asPlatformError, PlatformError } from "../../core/errors.ts";
import type { ActivationMessage } from "../../core/messages.ts";
import type { StreamReader } from "../../core/result-stream.ts";
import { newActivationId } from "../../lib/ids.ts";
import type { ConcurrencyThrottle } from "../throttle.ts";
import { messageOf } from "./activation-message.ts";
import { argumentsFrom } from "./arguments.ts";
import {
  type Compositions,
  type CompositionsDeps,
  isComposition,
} from "./composition/compositions.ts";
import type { PartOutcome, PartRequest } from "./composition/part.ts";
import type { InvokeHandler, InvokeOutcome, InvokeRequest } from "./invocation.ts";

/** What runs sequences and conductors. */
export type CompositionRunner = Pick<Compositions, "start" | "resume" | "running" | "quiet">;

export class InvokeService {
  /** Callers that wait for a result. */
  waiting = 0;
  /** Invocations begun, parts of compositions not among them; for metrics. */
  readonly counts = { blocking: 0, nonBlocking: 0 };
  private readonly bus: ActivationBus;
  private readonly concurrency: ConcurrencyThrottle;
  readonly compositions: CompositionRunner;

  /** `compositions` makes what runs sequences and conductors, with a way to run code. */
  constructor(
    bus: ActivationBus,
    concurrency: ConcurrencyThrottle,
    compositions: (code: CompositionsDeps["code"]) => CompositionRunner,
  ) {
    this.bus = bus;
    this.concurrency = concurrency;
    this.compositions = compositions((request) => this.part(request));
  }

  /** Calls `done` once, later. */
  invoke(request: InvokeRequest, done: InvokeHandler): void {
    if (!this.bus.hasRoom(request.content.length)) {
      done({ type: "failed", error: new PlatformError("OVERLOADED") });
      return;
    }
    this.counts[request.blocking ? "blocking" : "nonBlocking"] += 1;
    if (isComposition(request.action)) {
      this.compositions.start(request, request.blocking ? this.counted(done) : done);
      return;
    }
    const activationId = request.activationId ?? newActivationId(Date.now());
    const message = messageOf({ ...request, activationId });
    this.concurrency.enter(request.identity.namespace.uuid);
    if (request.blocking) this.wait(request, message, done);
    else this.post(request, message, done);
  }

  /** Counts a caller that waits until `done` is called. */
  private counted(done: InvokeHandler): InvokeHandler {
    this.waiting += 1;
    return (outcome) => {
      this.waiting -= 1;
      done(outcome);
    };
  }

  /** Runs code as a part of a composition, which counts as one that waits. */
  private part(request: PartRequest): Promise<PartOutcome> {
    const { action, identity } = request;
    const activationId = newActivationId(Date.now());
    const content = argumentsFrom(action, request.input);
    const message = messageOf({ ...request, activationId, content, blocking: true });
    const { uuid } = identity.namespace;
    const { promise, resolve } = Promise.withResolvers<PartOutcome>();
    const waitMs = action.limits.timeout + PART_GRACE_MS;
    const timer = setTimeout(() => resolve({ type: "timeout", activationId }), waitMs);
    this.concurrency.enter(uuid);
    this.bus.send(message, ({ activation, isLost }) => {
      this.concurrency.leave(uuid);
      clearTimeout(timer);
      resolve(isLost ? { type: "failed" } : ended(activation, action.limits.memory));
    });
    return promise;
  }

  private wait(request: InvokeRequest, message: ActivationMessage, done: InvokeHandler): void {
    let isWaiting = true;
    this.waiting += 1;
    const timer = setTimeout(() => {
      isWaiting = false;
      this.waiting -= 1;
      // It goes on; the 202 is sent once that is safe on disk.
      answerAccepted(ticket.accept(), message, done);
    }, request.waitMs);
    const { reader } = request;
    const guarded = reader === undefined ? undefined : readWhile(reader, () => isWaiting, timer);
    const ended = (completion: CompletionMessage): void => {
      this.concurrency.leave(request.identity.namespace.uuid);
      if (!isWaiting) return;
      isWaiting = false;
      this.waiting -= 1;
      clearTimeout(timer);
      done(outcomeOf(completion));
    };
    const ticket = this.bus.send(message, ended, guarded);
  }

  private post(request: InvokeRequest, message: ActivationMessage, done: InvokeHandler): void {
    const { uuid } = request.identity.namespace;
    const posted = this.bus.post(message, () => this.concurrency.leave(uuid));
    posted.catch(() => this.concurrency.leave(uuid));
    answerAccepted(posted, message, done);
  }
}

/** A stream that begins in time ends the limit of the wait; one that is late is not read. */
function readWhile(
  reader: StreamReader,
  isWaiting: () => boolean,
  timer: NodeJS.Timeout,
): StreamReader {
  return {
    begin: (activationId, head, source) => {
      clearTimeout(timer);
      if (isWaiting()) reader.begin(activationId, head, source);
      else source.cancel("client");
    },
    chunk: (bytes) => {
      if (isWaiting()) reader.chunk(bytes);
    },
  };
}

function outcomeOf({ activation, isLost }: CompletionMessage): InvokeOutcome {
  if (!isLost) return { type: "finished", activation };
  return { type: "failed", error: new PlatformError("STORE_UNAVAILABLE") };
}

/** ms that a composition waits for a part beyond the part's own time limit */
const PART_GRACE_MS = 60_000;

function ended(activation: ActivationParts, memory: number): PartOutcome {
  const { activationId, statusCode, start, end } = activation;
  const { result = "{}", duration = end - start } = activation;
  return { type: "ended", activationId, response: { statusCode, result }, duration, memory };
}

function answerAccepted(
  safe: Promise<void>,
  { activationId }: ActivationMessage,
  done: InvokeHandler,
): void {
  safe.then(
    () => done({ type: "accepted", activationId }),
    (cause: unknown) => done({ type: "failed", error: asPlatformError(cause) }),
  );
}
