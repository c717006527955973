/**
 * Triggers: what a PUT makes of one, the rules that hang on it, what a fire passes on
 * (openwhisk-api.md 7). Pure.
 */
import { compactJson, isJsonObject } from "../lib/json.ts";
import { readOptional, requireRecord } from "./content.ts";
import type {
  EntityRef,
  Json,
  JsonObject,
  Parameter,
  RuleStatus,
  TriggerDocument,
} from "./documents.ts";
import { type HeadPut, headWire, newHead, nextHead, readHead } from "./entity-head.ts";
import { parseEntityPath } from "./entity-name.ts";
import { refId } from "./entity-ref.ts";
import { badContent, PlatformError } from "./errors.ts";
import { parametersWire, parameterValue } from "./parameters.ts";

export type TriggerPut = HeadPut & {
  readonly parameters?: readonly Parameter[] | undefined;
  readonly annotations?: readonly Parameter[] | undefined;
};

/** `sized` is what was read of the body before. Throws `CONTENT_MALFORMED`. */
export function parseTriggerPut(
  body: Json,
  sized: Pick<TriggerPut, "parameters" | "annotations">,
): TriggerPut {
  const object = requireRecord(body, "parameters");
  readOptional(object, "limits", requireLimits);
  return {
    parameters: sized.parameters,
    annotations: sized.annotations,
    ...readHead(object),
  };
}

/** A trigger has no limits; what an object of them says is not looked at. */
function requireLimits(value: Json): void {
  if (!isJsonObject(value)) throw badContent("Object expected");
}

/** `now` in ms epoch. Throws `BAD_REQUEST` when the annotation `feed` is no name of one. */
export function createTrigger(
  namespace: string,
  name: string,
  put: TriggerPut,
  now: number,
): TriggerDocument {
  const annotations = put.annotations ?? [];
  const feed = parameterValue(annotations, "feed");
  if (feed !== undefined && !(typeof feed === "string" && parseEntityPath(feed))) {
    throw new PlatformError("BAD_REQUEST", "Feed name is not valid");
  }
  return {
    entityType: "trigger",
    ...newHead(namespace, name, put, now),
    parameters: put.parameters ?? [],
    annotations,
    limits: {},
  };
}

/** Every member of the PUT replaces the old one as a whole; the rules stay. */
export function updateTrigger(
  document: TriggerDocument,
  put: TriggerPut,
  now: number,
): TriggerDocument {
  return {
    ...document,
    ...nextHead(document, put, now),
    parameters: put.parameters ?? document.parameters,
    annotations: put.annotations ?? document.annotations,
  };
}

export type RuleLink = { readonly action: EntityRef; readonly status: RuleStatus };

/** Neither version nor `updated` of a trigger tell of its rules. */
export function linkRule(trigger: TriggerDocument, rule: string, link: RuleLink): TriggerDocument {
  return { ...trigger, rules: { ...trigger.rules, [rule]: link } };
}

export function unlinkRule(trigger: TriggerDocument, rule: string): TriggerDocument {
  if (trigger.rules === undefined) return trigger;
  const { [rule]: _, ...rules } = trigger.rules;
  return { ...trigger, rules };
}

/** A rule that its trigger does not know is inactive, and so is one without a trigger. */
export function ruleStatus(trigger: TriggerDocument | undefined, rule: string): RuleStatus {
  return trigger?.rules?.[rule]?.status ?? "inactive";
}

/** The trigger as clients see it. */
export function triggerWire(document: TriggerDocument): JsonObject {
  const rules = Object.entries(document.rules ?? {}).map(([id, { action, status }]) => [
    id,
    { action: { ...action }, status },
  ]);
  return {
    ...headWire(document),
    parameters: parametersWire(document.parameters),
    annotations: parametersWire(document.annotations),
    limits: {},
    ...(document.rules === undefined ? {} : { rules: Object.fromEntries(rules) }),
  };
}

/** One item of a list. */
export function triggerSummary(document: TriggerDocument): JsonObject {
  return {
    namespace: document.namespace,
    name: document.name,
    version: document.version,
    publish: document.publish,
    annotations: parametersWire(document.annotations),
    updated: document.updated,
  };
}

/** What each action gets: the trigger's parameters, under the headers, under the payload. */
export function fireArguments(
  trigger: TriggerDocument,
  headers: Readonly<Record<string, string>>,
  payload: JsonObject,
): JsonObject {
  const parameters = trigger.parameters.map(({ key, value }) => [key, value] as const);
  return { ...Object.fromEntries(parameters), __ow_headers: { ...headers }, ...payload };
}

/** What became of one rule of a trigger that was fired. */
export type RuleOutcome =
  | { readonly activationId: string }
  | { readonly error: string; readonly isServerError: boolean };

/** The line of a trigger's record that tells of one rule: compact JSON. */
export function ruleLog(rule: string, action: EntityRef, outcome: RuleOutcome): string {
  const names = { rule, action: refId(action) };
  if ("activationId" in outcome) {
    const { activationId } = outcome;
    return compactJson({ ...names, statusCode: 0, success: true, activationId });
  }
  const { error, isServerError } = outcome;
  return compactJson({ ...names, statusCode: isServerError ? 3 : 1, success: false, error });
}

/** The outcome of a rule that is not active. */
export function inactiveRule(rule: string, action: EntityRef): RuleOutcome {
  const error = `Rule '${rule}' is inactive, action '${refId(action)}' was not activated.`;
  return { error, isServerError: false };
}
