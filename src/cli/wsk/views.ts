/**
 * Records as `get` prints them: the members the original knows, in its order, without the empty
 * ones (wsk-cli 1.7); and single fields, which print even when they are empty.
 */
import { type Encodable, JsonNumber } from "../../client/json.ts";
import type { Action, Activation } from "../../client/records.ts";

type Fields = readonly (readonly [name: string, value: Encodable])[];

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
  return Array.isArray(value) && value.length === 0;
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
