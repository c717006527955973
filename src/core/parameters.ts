/**
 * Parameters and annotations: a map kept as an array of `{key, value, init?, encryption?}`
 * (openwhisk-api.md 1.8). Keys are unique in every array that leaves this file.
 */
import { compactJsonBytes, isJsonObject } from "../lib/json.ts";
import type { Json, JsonObject, Parameter } from "./documents.ts";
import { badContent } from "./errors.ts";

/** Reads what a request gives; the last of equal keys wins. Throws `parameters malformed!`. */
export function parseParameters(value: Json): Parameter[] {
  if (!Array.isArray(value)) throw malformed();
  return unique(value.map(parseParameter));
}

/** `base` with `over` put above it, key by key. */
export function mergeParameters(
  base: readonly Parameter[],
  over: readonly Parameter[],
): Parameter[] {
  return unique([...base, ...over]);
}

/** Without the entries of these keys. */
export function withoutKeys(
  parameters: readonly Parameter[],
  keys: readonly string[],
): Parameter[] {
  return parameters.filter((parameter) => !keys.includes(parameter.key));
}

/** The value of a key; undefined when the key is absent. */
export function parameterValue(parameters: readonly Parameter[], key: string): Json | undefined {
  return parameters.find((parameter) => parameter.key === key)?.value;
}

/** `false`, `0`, `""` and `null` are not truthy, everything else is; `missing` for no such key. */
export function isTruthy(parameters: readonly Parameter[], key: string, missing = false): boolean {
  const value = parameterValue(parameters, key);
  return value === undefined ? missing : Boolean(value);
}

/** Keys that a request may not give: those with a value, on an action annotated `final: true`. */
export function immutableKeys(
  parameters: readonly Parameter[],
  annotations: readonly Parameter[],
): string[] {
  if (parameterValue(annotations, "final") !== true) return [];
  return parameters.filter(({ value }) => value !== null).map(({ key }) => key);
}

/** As clients see them. */
export function parametersWire(parameters: readonly Parameter[]): Json {
  return parameters.map((parameter) => ({ ...parameter }));
}

/** UTF-8 bytes of all keys and of the compact JSON of all values. */
export function parametersSize(parameters: readonly Parameter[]): number {
  return parameters.reduce(
    (sum, { key, value }) => sum + Buffer.byteLength(key) + compactJsonBytes(value),
    0,
  );
}

function parseParameter(entry: Json): Parameter {
  if (!isJsonObject(entry)) throw malformed();
  const { key, value, init, encryption } = entry as JsonObject;
  const isGood =
    typeof key === "string" &&
    value !== undefined &&
    (init === undefined || typeof init === "boolean") &&
    (encryption === undefined || typeof encryption === "string" || encryption === null);
  if (!isGood) throw malformed();
  return {
    key,
    value,
    ...(init === true ? { init } : {}),
    ...(typeof encryption === "string" ? { encryption } : {}),
  };
}

function unique(parameters: readonly Parameter[]): Parameter[] {
  return [...new Map(parameters.map((parameter) => [parameter.key, parameter])).values()];
}

function malformed(): Error {
  return badContent("parameters malformed!");
}
