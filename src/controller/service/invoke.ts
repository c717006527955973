/**
 * Invoking an action: merges the arguments, hands a message to the invoker, and waits for the result
 * as long as the caller wants to (openwhisk-api.md 5).
 */
import type { ActivationConsumer, CompletionMessage } from "../../bus/bus.ts";
import type { Activation } from "../../core/activation.ts";
import type { Identity, Json, JsonObject } from "../../core/documents.ts";
import { asPlatformError, PlatformError } from "../../core/errors.ts";
import type { ExecutableAction } from "../../core/executable-action.ts";
import type { ActivationMessage, TransactionId } from "../../core/messages.ts";
import { newActivationId } from "../../lib/ids.ts";
import type { ConcurrencyThrottle } from "../throttle.ts";

export type InvokeRequest = {
  readonly transid: TransactionId;
  readonly identity: Identity;
  readonly action: ExecutableAction;
  /** JSON text of the merged arguments, see `mergeArguments`. */
  readonly content: string;
  readonly blocking: boolean;
  /** ms to wait when blocking */
  readonly waitMs: number;
};

export type InvokeOutcome =
  | { readonly type: "finished"; readonly activation: Activation }
  /** Not blocking, or not finished in time: a 202. */
  | { readonly type: "accepted"; readonly activationId: string }
  | { readonly type: "failed"; readonly error: PlatformError };

export type InvokeHandler = (outcome: InvokeOutcome) => void;

type Waiter = { readonly done: InvokeHandler; readonly timer: NodeJS.Timeout };

/** Arguments: action parameters under the request's own; the text itself when there are none. */
export function mergeArguments(action: ExecutableAction, text: string, body: JsonObject): string {
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
  private readonly invoker: ActivationConsumer;
  private readonly concurrency: ConcurrencyThrottle;
  private readonly waiters = new Map<string, Waiter>();

  constructor(invoker: ActivationConsumer, concurrency: ConcurrencyThrottle) {
    this.invoker = invoker;
    this.concurrency = concurrency;
  }

  get waiting(): number {
    return this.waiters.size;
  }

  /** Calls `done` once, later. */
  invoke(request: InvokeRequest, done: InvokeHandler): void {
    if (!this.invoker.hasRoom(request.content.length)) {
      done({ type: "failed", error: new PlatformError("OVERLOADED") });
      return;
    }
    const message = messageOf(request);
    if (request.blocking) this.wait(request, message, done);
    else this.post(request, message, done);
  }

  /** The bus calls this for every activation that has ended. */
  complete(completion: CompletionMessage): void {
    this.concurrency.leave(completion.userId);
    const { activation } = completion;
    const waiter = this.waiters.get(activation.activationId);
    if (waiter === undefined) return;
    this.waiters.delete(activation.activationId);
    clearTimeout(waiter.timer);
    if (completion.isLost) {
      waiter.done({ type: "failed", error: new PlatformError("STORE_UNAVAILABLE") });
    } else {
      waiter.done({ type: "finished", activation });
    }
  }

  private wait(request: InvokeRequest, message: ActivationMessage, done: InvokeHandler): void {
    const timer = setTimeout(() => this.giveUp(message), request.waitMs);
    this.waiters.set(message.activationId, { done, timer });
    this.concurrency.enter(request.identity.namespace.uuid);
    this.invoker.submit(message);
  }

  /** Answers 202 once the activation is safe on disk; it goes on. */
  private giveUp(message: ActivationMessage): void {
    const waiter = this.waiters.get(message.activationId);
    if (waiter === undefined) return;
    this.waiters.delete(message.activationId);
    this.accept(message, waiter.done);
  }

  private post(request: InvokeRequest, message: ActivationMessage, done: InvokeHandler): void {
    this.invoker.accept(message).then(
      () => {
        this.concurrency.enter(request.identity.namespace.uuid);
        this.invoker.submit(message);
        done({ type: "accepted", activationId: message.activationId });
      },
      (cause: unknown) => done({ type: "failed", error: asPlatformError(cause) }),
    );
  }

  private accept(message: ActivationMessage, done: InvokeHandler): void {
    this.invoker.accept(message).then(
      () => done({ type: "accepted", activationId: message.activationId }),
      (cause: unknown) => done({ type: "failed", error: asPlatformError(cause) }),
    );
  }
}

function messageOf(request: InvokeRequest): ActivationMessage {
  const { action } = request;
  return {
    transid: request.transid,
    action: { path: action.path, name: action.name, version: action.version },
    revision: action.revision,
    user: request.identity,
    activationId: newActivationId(Date.now()),
    rootControllerIndex: CONTROLLER,
    blocking: request.blocking,
    content: request.content,
    initArgs: action.initKeys,
  };
}

const CONTROLLER = { asString: "0" } as const;
