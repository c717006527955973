/**
 * Records as `get` prints them: the members the original knows, in its order, without the empty
 * ones (wsk-cli 1.7); and single fields, which print even when they are empty.
 */
import type { Package, Rule, Trigger } from "../../client/entities.ts";
import { type Encodable, isMap, JsonNumber } from "../../client/json.ts";
import type { Action, Activation } from "../../client/records.ts";

export type Fields = readonly (readonly [name: string, value: Encodable])[];

export function actionView(action: Action): Encodable {
  const exec = action.exec === undefined ? undefined : execView(action.exec);
  return withoutEmpty({ ...action, exec });
}

/** Code and binary print also when they are empty or false. */
function execView(exec: NonNullable<Action["exec"]>): Encodable {
  const { code, binary, ...others } = exec;
  const { kind, image, init, main, components } = others;
  const filled = withoutEmpty({ image, init, main, components });
  return { ...withoutEmpty({ kind }), code, ...filled, binary };
}

function withoutEmpty(record: { readonly [member: string]: Encodable }): {
  readonly [member: string]: Encodable;
} {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: Encodable): boolean {
  if (value === undefined || value === "") return true;
  if (value instanceof JsonNumber) return Number(value.text) === 0;
  if (isMap(value)) return value.size === 0;
  return Array.isArray(value) && value.length === 0;
}

export function triggerView(trigger: Trigger): Encodable {
  const { namespace, name, ...others } = trigger;
  return { ...withoutEmpty({ namespace }), name, ...withoutEmpty(others) };
}

/** Status, trigger and action print also when they are missing. */
export function ruleView(rule: Rule): Encodable {
  const { namespace, name, version, annotations, status, trigger, action, ...others } = rule;
  const head = withoutEmpty({ namespace, name, version, annotations });
  return { ...head, status, trigger, action, ...withoutEmpty(others) };
}

export function packageView(shown: Package): Encodable {
  const { binding, actions, feeds } = shown;
  return withoutEmpty({
    ...shown,
    binding: binding === undefined ? undefined : withoutEmpty(binding),
    actions: actions?.map(actionView),
    feeds: feeds?.map(actionView),
  });
}

export function activationView(activation: Activation): Encodable {
  const { cause = "" } = activation;
  return { ...activation, cause: cause === "" ? undefined : cause };
}

/** The field by that name in any case, e.g. "activationid"; undefined when there is none. */
export function findField(fields: Fields, name: string): Encodable {
  return fields.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1];
}

const ZERO = new JsonNumber("0");

export function actionFields(action: Action): Fields {
  return [
    ["Namespace", action.namespace ?? ""],
    ["Name", action.name ?? ""],
    ["Version", action.version ?? ""],
    ["Exec", action.exec === undefined ? null : execView(action.exec)],
    ["Annotations", action.annotations ?? null],
    ["DelAnnotations", action.delAnnotations ?? null],
    ["Parameters", action.parameters ?? null],
    ["Limits", action.limits ?? null],
    ["Error", action.error ?? ""],
    ["Code", action.code ?? ZERO],
    ["Publish", action.publish ?? null],
    ["Updated", action.updated ?? ZERO],
    ["Env", action.env ?? null],
  ];
}

export function triggerFields(trigger: Trigger): Fields {
  return [
    ["Namespace", trigger.namespace ?? ""],
    ["Name", trigger.name],
    ["Version", trigger.version ?? ""],
    ["ActivationId", trigger.activationId ?? ""],
    ["Annotations", trigger.annotations ?? null],
    ["Parameters", trigger.parameters ?? null],
    ["Limits", trigger.limits ?? null],
    ["Publish", trigger.publish ?? null],
    ["Rules", trigger.rules ?? null],
    ["Updated", trigger.updated ?? ZERO],
  ];
}

export function ruleFields(rule: Rule): Fields {
  return [
    ["Namespace", rule.namespace ?? ""],
    ["Name", rule.name ?? ""],
    ["Version", rule.version ?? ""],
    ["Annotations", rule.annotations ?? null],
    ["Status", rule.status],
    ["Trigger", rule.trigger],
    ["Action", rule.action],
    ["Publish", rule.publish ?? null],
    ["Updated", rule.updated ?? ZERO],
  ];
}

export function packageFields(shown: Package): Fields {
  const { binding, actions, feeds } = shown;
  return [
    ["Namespace", shown.namespace ?? ""],
    ["Name", shown.name ?? ""],
    ["Version", shown.version ?? ""],
    ["Publish", shown.publish ?? null],
    ["Annotations", shown.annotations ?? null],
    ["Parameters", shown.parameters ?? null],
    ["Binding", binding === undefined ? null : withoutEmpty(binding)],
    ["Actions", actions?.map(actionView) ?? null],
    ["Feeds", feeds?.map(actionView) ?? null],
    ["Updated", shown.updated ?? ZERO],
  ];
}

export function activationFields(activation: Activation): Fields {
  return [
    ["Namespace", activation.namespace],
    ["Name", activation.name],
    ["Version", activation.version],
    ["Subject", activation.subject],
    ["ActivationID", activation.activationId],
    ["Cause", activation.cause ?? ""],
    ["Start", activation.start],
    ["End", activation.end],
    ["Duration", activation.duration],
    ["StatusCode", activation.statusCode],
    ["Response", activation.response],
    ["Logs", activation.logs],
    ["Annotations", activation.annotations],
    ["Publish", activation.publish ?? null],
  ];
}
