/**
 * POST …/actions/NAME: the hot path from the request to its answer (performance-design.md §9). No
 * promise per stage: a known caller and a remembered action go straight through.
 */
import { type ActivationParts, activationWireText } from "../../core/activation-format.ts";
import { parseContent, requireObject } from "../../core/content.ts";
import type { Identity, JsonObject } from "../../core/documents.ts";
import { asPlatformError, PlatformError } from "../../core/errors.ts";
import type { Invocable } from "../../core/executable-action.ts";
import type { TransactionId } from "../../core/messages.ts";
import type { EntityCache } from "../../store/entity-cache.ts";
import type { InvokeTarget } from "../invoke-target.ts";
import { bodyTooLarge } from "../request.ts";
import { checkFinal, mergeArguments } from "../service/arguments.ts";
import { checkComponents } from "../service/check-references.ts";
import {
  findAction,
  findPackage,
  findPackagedAction,
  type ReadablePackage,
  readEntities,
} from "../service/find-action.ts";
import type { InvokeOutcome } from "../service/invocation.ts";
import type { InvokeService } from "../service/invoke.ts";
import { requireJsonType } from "./json-body.ts";

export type InvokeDeps = {
  readonly service: InvokeService;
  readonly entities: EntityCache;
  /** Throws when the action's kind may no longer be invoked. */
  readonly checkInvocable: (action: Invocable) => void;
  /** Throws THROTTLED when too many of the caller's activations are in flight. */
  readonly admit: (identity: Identity) => void;
  /** Longest body, bytes, for a caller. */
  readonly payloadBytesMax: (identity: Identity) => number;
};

/** Who invokes what, and the way the request comes and its answer goes: HTTP, or in process. */
export type InvokeCall = {
  readonly transid: TransactionId;
  readonly identity: Identity;
  readonly target: InvokeTarget;
  readonly contentType: string | undefined;
  /** Bytes of the body as announced; 0 when they are not. */
  readonly contentLength: number;
  /** Calls `then` once with the body, or TOO_LARGE beyond `bytesMax`. */
  readBody(bytesMax: number, then: (body: Buffer | PlatformError) => void): void;
  /** The body is not wanted: the answer is there before it. */
  dropBody(): void;
  /** The answer; called once, or `fail` is. */
  send(status: number, activationId: string, body: string): void;
  fail(error: PlatformError): void;
};

const NO_ARGUMENTS: JsonObject = {};
const NO_LOGS: readonly string[] = [];
const HTTP_STATUS = [200, 502, 502, 500] as const;

/** Runs one call whose caller has passed throttles, and entitlement but for packages. */
export function invokeAction(deps: InvokeDeps, call: InvokeCall): void {
  if (call.target.rest.length === 1) receive(deps, call, undefined);
  else invokePackaged(deps, call);
}

/** The right to the package comes before everything that the request says. */
function invokePackaged(deps: InvokeDeps, call: InvokeCall): void {
  const { identity, target } = call;
  const refuse = (cause: unknown): void => {
    call.dropBody();
    call.fail(asPlatformError(cause));
  };
  const ref = { path: namespaceOf(call), name: target.rest[0] ?? "" };
  try {
    const found = readEntities(deps.entities, findPackage(identity, ref));
    if (found instanceof Promise) found.then((own) => receive(deps, call, own)).catch(refuse);
    else receive(deps, call, found);
  } catch (cause) {
    refuse(cause);
  }
}

function namespaceOf({ identity, target }: InvokeCall): string {
  return target.namespace === "_" ? identity.namespace.name : target.namespace;
}

/** `home` is the package that the action is in. */
function receive(deps: InvokeDeps, call: InvokeCall, home: ReadablePackage | undefined): void {
  const bytesMax = deps.payloadBytesMax(call.identity);
  if (call.contentLength > bytesMax) {
    call.dropBody();
    call.fail(bodyTooLarge(call.contentLength, bytesMax));
    return;
  }
  const { queryError } = call.target;
  if (queryError !== undefined) {
    call.dropBody();
    call.fail(queryError);
    return;
  }
  call.readBody(bytesMax, (body) => {
    if (body instanceof PlatformError) call.fail(body);
    else withBody(deps, call, home, body);
  });
}

function withBody(
  deps: InvokeDeps,
  call: InvokeCall,
  home: ReadablePackage | undefined,
  body: Buffer,
): void {
  try {
    requireJsonType(call.contentType, body.length);
    const text = body.length === 0 ? "{}" : body.toString("utf8");
    const value = body.length === 0 ? NO_ARGUMENTS : requireObject(parseContent(text));
    const found = find(deps.entities, call, home);
    if (!(found instanceof Promise)) {
      invokeFound(deps, call, found, text, value);
      return;
    }
    found
      .then((action) => invokeFound(deps, call, action, text, value))
      .catch((cause: unknown) => call.fail(asPlatformError(cause)));
  } catch (cause) {
    call.fail(asPlatformError(cause));
  }
}

/** A remembered action at once. */
function find(
  entities: EntityCache,
  call: InvokeCall,
  home: ReadablePackage | undefined,
): Invocable | Promise<Invocable> {
  const [first = "", second = ""] = call.target.rest;
  const reads =
    home === undefined
      ? findAction(entities, call.identity, { path: namespaceOf(call), name: first })
      : findPackagedAction(entities, home, second);
  const found = readEntities(entities, reads);
  if (!(found instanceof Promise) && found.type === "code") return found;
  return withRights(entities, call.identity, found);
}

async function withRights(
  entities: EntityCache,
  identity: Identity,
  found: Invocable | Promise<Invocable>,
): Promise<Invocable> {
  const action = await found;
  await readEntities(entities, checkComponents(identity, action));
  return action;
}

function invokeFound(
  deps: InvokeDeps,
  call: InvokeCall,
  action: Invocable,
  text: string,
  value: JsonObject,
): void {
  deps.checkInvocable(action);
  checkFinal(action, value);
  const { identity, transid, target } = call;
  deps.admit(identity);
  deps.service.invoke(
    {
      transid,
      identity,
      action,
      content: mergeArguments(action, text, value),
      blocking: target.blocking,
      waitMs: target.waitMs,
    },
    (outcome) => answer(call, outcome),
  );
}

function answer(call: InvokeCall, outcome: InvokeOutcome): void {
  if (outcome.type === "failed") {
    call.fail(outcome.error);
    return;
  }
  if (outcome.type === "accepted") {
    const { activationId } = outcome;
    call.send(202, activationId, `{"activationId":"${activationId}"}`);
    return;
  }
  const { activation } = outcome;
  const { activationId, statusCode } = activation;
  const logs = outcome.isComposition === true ? activation.logs : NO_LOGS;
  call.send(HTTP_STATUS[statusCode], activationId, bodyOf(activation, call.target, logs));
}

/**
 * The bare result when asked for, and always when it is an array (openwhisk-api.md 5.3). The record
 * of code has no logs, as the original answers before it has collected them.
 */
function bodyOf(
  activation: ActivationParts,
  target: InvokeTarget,
  logs: readonly string[],
): string {
  const { result = "{}" } = activation;
  return target.result || isArrayText(result) ? result : activationWireText(activation, logs);
}

function isArrayText(json: string): boolean {
  const first = json.charCodeAt(0);
  if (first === 0x7b) return false;
  return json.trimStart().startsWith("[");
}
