/**
 * Firing a trigger: the actions of its active rules are invoked as its caller could invoke them,
 * and a record tells what became of each (openwhisk-api.md 7).
 *
 * A fire is answered when all of that is on disk: the accept records of the activations, then the
 * trigger's own record. So what was answered survives the death of the process; a fire that dies
 * before its answer may have begun some of its actions.
 */
import { createHash } from "node:crypto";
import type { ActivationParts } from "../../core/activation-format.ts";
import type { EntityRef, Identity, JsonObject, TriggerDocument } from "../../core/documents.ts";
import { refId } from "../../core/entity-ref.ts";
import { asPlatformError } from "../../core/errors.ts";
import type { Invocable } from "../../core/executable-action.ts";
import type { TransactionId } from "../../core/messages.ts";
import {
  fireArguments,
  inactiveRule,
  type RuleLink,
  type RuleOutcome,
  ruleLog,
} from "../../core/trigger.ts";
import { newActivationId } from "../../lib/ids.ts";
import { compactJson } from "../../lib/json.ts";
import type { ActivationRecorder } from "../../store/activation-recorder.ts";
import type { EntityCache } from "../../store/entity-cache.ts";
import { bodyTooLarge } from "../request.ts";
import { checkFinal, mergeArguments } from "./arguments.ts";
import { checkComponents } from "./check-references.ts";
import { findAction, findPackage, packageOf, readEntities } from "./find-action.ts";
import type { InvokeService } from "./invoke.ts";
import { requireEntity } from "./stored-entity.ts";

export type FireDeps = {
  readonly entities: EntityCache;
  readonly recorder: ActivationRecorder;
  readonly service: Pick<InvokeService, "invoke">;
  /** Throws when the action's kind may no longer be invoked. */
  readonly checkInvocable: (action: Invocable) => void;
  /** Counts an invocation; throws THROTTLED. */
  readonly throttle: (identity: Identity, collection: "actions") => void;
  /** Throws THROTTLED when too many of the caller's activations are in flight. */
  readonly admit: (identity: Identity) => void;
  /** Longest arguments, bytes, for a caller. */
  readonly payloadBytesMax: (identity: Identity) => number;
  /** Whether an activation is recorded, or accepted and still to be. */
  readonly isKnown: (identity: Identity, activationId: string) => Promise<boolean>;
  /** ms epoch */
  readonly now: () => number;
  readonly log: (level: "error", message: string, fields?: object) => void;
};

export type FireRequest = {
  readonly transid: TransactionId;
  /** Who fires; the caller has checked the right to the trigger and the throttle of fires. */
  readonly identity: Identity;
  /** "_" is resolved already. */
  readonly trigger: EntityRef;
  readonly payload: JsonObject;
  /** Given to the actions as `__ow_headers`; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The id of the fire, when whoever fires must be able to do it again (alarms). */
  readonly activationId?: string;
  /** It may have been made in part under this id: what was made is not made again. */
  readonly isRepeat?: boolean;
};

export type FireOutcome =
  /** Everything that it promises is on disk. */
  | { readonly type: "fired"; readonly activationId: string }
  /** No rule is active: nothing happened, and no record tells of it. */
  | { readonly type: "idle" };

/** What all rules of one fire share. */
type Call = {
  readonly transid: TransactionId;
  readonly identity: Identity;
  readonly fireId: string | undefined;
  readonly isRepeat: boolean;
  readonly arguments: JsonObject;
  /** JSON text of the arguments. */
  readonly text: string;
};

export class FireService {
  private readonly deps: FireDeps;

  constructor(deps: FireDeps) {
    this.deps = deps;
  }

  /** Rejects `NOT_FOUND`, `WRONG_COLLECTION`; `STORE_UNAVAILABLE`: then nothing is promised. */
  async fire(request: FireRequest): Promise<FireOutcome> {
    const { transid, identity, payload, headers } = request;
    const id = refId(request.trigger);
    const { document: trigger } = await requireEntity(this.deps.entities, "trigger", id);
    const rules = Object.entries(trigger.rules ?? {});
    if (!rules.some(([, { status }]) => status === "active")) return { type: "idle" };
    const start = this.deps.now();
    const args = fireArguments(trigger, headers, payload);
    const call: Call = {
      transid: { id: transid.id, start },
      identity,
      fireId: request.activationId,
      isRepeat: request.isRepeat ?? false,
      arguments: args,
      text: compactJson(args),
    };
    const logs = await Promise.all(rules.map(([rule, link]) => this.follow(call, rule, link)));
    const activationId = request.activationId ?? newActivationId(start);
    this.deps.recorder.record(recordOf(request, trigger, { activationId, start, logs }), {
      filterName: trigger.name,
      user: identity,
      accepted: false,
    });
    await this.deps.recorder.flush();
    return { type: "fired", activationId };
  }

  private async follow(call: Call, rule: string, { action, status }: RuleLink): Promise<string> {
    const isActive = status === "active";
    return ruleLog(
      rule,
      action,
      isActive ? await this.post(call, rule, action) : inactiveRule(rule, action),
    );
  }

  /** The outcome is known when the accept record of the activation is on disk. */
  private async post(call: Call, rule: string, ref: EntityRef): Promise<RuleOutcome> {
    const id = call.fireId === undefined ? undefined : partId(call.fireId, rule);
    try {
      if (id !== undefined && call.isRepeat && (await this.deps.isKnown(call.identity, id))) {
        return { activationId: id };
      }
      return { activationId: await this.invoke(call, await this.find(call, ref), id) };
    } catch (cause) {
      const error = asPlatformError(cause);
      const isServerError = error.status >= 500;
      if (isServerError && error.code !== "OVERLOADED") {
        const fields = { transid: call.transid.id, rule, err: error.cause ?? error };
        this.deps.log("error", "a rule's action was not invoked", fields);
      }
      return { error: error.message, isServerError };
    }
  }

  /** The checks of a POST to the action, in their order. */
  private async find({ identity, text }: Call, ref: EntityRef): Promise<Invocable> {
    const { deps } = this;
    deps.throttle(identity, "actions");
    const home = packageOf(ref);
    if (home !== undefined) await readEntities(deps.entities, findPackage(identity, home));
    const bytesMax = deps.payloadBytesMax(identity);
    // Three bytes at most for each unit: most texts need not be measured.
    const bytes = text.length * 3 <= bytesMax ? 0 : Buffer.byteLength(text);
    if (bytes > bytesMax) throw bodyTooLarge(bytes, bytesMax);
    const action = await readEntities(deps.entities, findAction(deps.entities, identity, ref));
    await readEntities(deps.entities, checkComponents(identity, action));
    return action;
  }

  private invoke(call: Call, action: Invocable, activationId: string | undefined): Promise<string> {
    const { transid, identity } = call;
    this.deps.checkInvocable(action);
    checkFinal(action, call.arguments);
    const content = mergeArguments(action, call.text, call.arguments);
    this.deps.admit(identity);
    return new Promise((resolve, reject) => {
      const request = { transid, identity, action, content, blocking: false, waitMs: 0 };
      this.deps.service.invoke({ ...request, activationId }, (outcome) => {
        if (outcome.type === "failed") reject(outcome.error);
        else if (outcome.type === "accepted") resolve(outcome.activationId);
        else resolve(outcome.activation.activationId);
      });
    });
  }
}

/** The same for the same rule of the same fire; it begins as the fire's id, with the time. */
function partId(fireId: string, rule: string): string {
  const digest = createHash("sha256").update(`${fireId} ${rule}`).digest("hex");
  return `${fireId.slice(0, TIME_DIGITS)}${digest.slice(TIME_DIGITS, fireId.length)}`;
}

/** Hex digits of the time at the beginning of an activation id. */
const TIME_DIGITS = 12;

/** The record belongs to whoever fires. It has no end: what it began may go on. */
function recordOf(
  { identity, payload }: FireRequest,
  trigger: TriggerDocument,
  own: Pick<ActivationParts, "activationId" | "start" | "logs">,
): ActivationParts {
  return {
    ...own,
    namespace: identity.namespace.name,
    name: trigger.name,
    version: trigger.version,
    subject: identity.subject,
    end: 0,
    annotations: "[]",
    statusCode: 0,
    result: compactJson(payload),
  };
}
