/** The message that asks an invoker for one activation, and its accept record. */
import type { Identity } from "../../core/documents.ts";
import type { Invocable } from "../../core/executable-action.ts";
import type { ActivationMessage, TransactionId } from "../../core/messages.ts";
import { lockedArguments } from "../../core/parameter-lock.ts";

export function messageOf(request: {
  readonly transid: TransactionId;
  readonly identity: Identity;
  readonly action: Invocable;
  readonly activationId: string;
  readonly blocking: boolean;
  /** JSON text of the arguments */
  readonly content: string;
  readonly cause?: string | undefined;
}): ActivationMessage {
  const { action } = request;
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
    activationId: request.activationId,
    rootControllerIndex: CONTROLLER,
    blocking: request.blocking,
    content: request.content,
    initArgs: action.type === "code" ? action.initKeys : [],
    lockedArgs: lockedArguments(action.parameters, request.content),
    cause: request.cause,
  };
}

const CONTROLLER = { asString: "0" } as const;
