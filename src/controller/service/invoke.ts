/**
 * Invoking an action: merges the arguments, hands a message to the invoker, and waits for the
 * result as long as the caller wants to (openwhisk-api.md 5).
 */
import type { ActivationBus, CompletionMessage } from "../../bus/bus.ts";
import type { ActivationParts } from "../../core/activation-format.ts";
import type { Identity, Json, JsonObject } from "../../core/documents.ts";
import { asPlatformError, PlatformError } from "../../core/errors.ts";
import type { ExecutableAction, Invocable } from "../../core/executable-action.ts";
import type { ActivationMessage, TransactionId } from "../../core/messages.ts";
import { lockedArguments } from "../../core/parameter-lock.ts";
import { newActivationId } from "../../lib/ids.ts";
import type { ConcurrencyThrottle } from "../throttle.ts";

export type InvokeRequest = {
  readonly transid: TransactionId;
  readonly identity: Identity;
  readonly action: Invocable;
  /** JSON text of the merged arguments, see `mergeArguments`. */
  readonly content: string;
  readonly blocking: boolean;
  /** ms to wait when blocking */
  readonly waitMs: number;
  /** The activation that this one is a part of. */
  readonly cause?: string | undefined;
};

export type InvokeOutcome =
  | { readonly type: "finished"; readonly activation: ActivationParts }
  /** Not blocking, or not finished in time: a 202. */
  | { readonly type: "accepted"; readonly activationId: string }
  | { readonly type: "failed"; readonly error: PlatformError };

export type InvokeHandler = (outcome: InvokeOutcome) => void;

/** Arguments: action parameters under the request's own; the text itself when there are none. */
export function mergeArguments(action: Invocable, text: string, body: JsonObject): string {
  if (action.parameters.length === 0) return text;
  for (const key of action.finalKeys) {
    if (Object.hasOwn(body, key)) {
      throw new PlatformError(
        "BAD_REQUEST",
        "Request defines parameters that are not allowed (e.g., reserved properties).",
      );
    }
  }
  const merged = new Map<string, Json>();
  for (const { key, value } of action.parameters) merged.set(key, value);
  for (const key of Object.keys(body)) merged.set(key, body[key] as Json);
  const members = [...merged].map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  return `{${members.join(",")}}`;
}

export class InvokeService {
  /** Callers that wait for a result. */
  waiting = 0;
  private readonly bus: ActivationBus;
  private readonly concurrency: ConcurrencyThrottle;

  constructor(bus: ActivationBus, concurrency: ConcurrencyThrottle) {
    this.bus = bus;
    this.concurrency = concurrency;
  }

  /** Calls `done` once, later. */
  invoke(request: InvokeRequest, done: InvokeHandler): void {
    if (!this.bus.hasRoom(request.content.length)) {
      done({ type: "failed", error: new PlatformError("OVERLOADED") });
      return;
    }
    const { action } = request;
    if (action.type === "sequence" || action.isConductor) {
      done({ type: "failed", error: new PlatformError("UNSUPPORTED") });
      return;
    }
    const message = messageOf(request, action);
    this.concurrency.enter(request.identity.namespace.uuid);
    if (request.blocking) this.wait(request, message, done);
    else this.post(request, message, done);
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
    const ticket = this.bus.send(message, (completion) => {
      this.concurrency.leave(request.identity.namespace.uuid);
      if (!isWaiting) return;
      isWaiting = false;
      this.waiting -= 1;
      clearTimeout(timer);
      done(outcomeOf(completion));
    });
  }

  private post(request: InvokeRequest, message: ActivationMessage, done: InvokeHandler): void {
    const { uuid } = request.identity.namespace;
    const posted = this.bus.post(message, () => this.concurrency.leave(uuid));
    posted.catch(() => this.concurrency.leave(uuid));
    answerAccepted(posted, message, done);
  }
}

function outcomeOf({ activation, isLost }: CompletionMessage): InvokeOutcome {
  if (!isLost) return { type: "finished", activation };
  return { type: "failed", error: new PlatformError("STORE_UNAVAILABLE") };
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

function messageOf(request: InvokeRequest, action: ExecutableAction): ActivationMessage {
  return {
    transid: request.transid,
    action: {
      path: action.path,
      name: action.name,
      version: action.version,
      binding: action.binding,
    },
    revision: action.revision,
    user: request.identity,
    activationId: newActivationId(Date.now()),
    rootControllerIndex: CONTROLLER,
    blocking: request.blocking,
    content: request.content,
    initArgs: action.initKeys,
    lockedArgs: lockedArguments(action.parameters, request.content),
    cause: request.cause,
  };
}

const CONTROLLER = { asString: "0" } as const;
