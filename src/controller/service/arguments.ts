/** Arguments of an activation: default parameters under what is given (openwhisk-api.md 5.2). */
import type { Json, JsonObject } from "../../core/documents.ts";
import { PlatformError } from "../../core/errors.ts";
import type { Invocable } from "../../core/executable-action.ts";
import { isJsonObject, parseJson } from "../../lib/json.ts";

/** Throws `BAD_REQUEST` when a request gives a parameter that is final. */
export function checkFinal(action: Invocable, body: JsonObject): void {
  for (const key of action.finalKeys) {
    if (!Object.hasOwn(body, key)) continue;
    throw new PlatformError(
      "BAD_REQUEST",
      "Request defines parameters that are not allowed (e.g., reserved properties).",
    );
  }
}

/** Arguments of a request, as JSON text; the text itself when there are no defaults. */
export function mergeArguments(action: Invocable, text: string, body: JsonObject): string {
  if (action.parameters.length === 0) return text;
  const merged = new Map<string, Json>();
  for (const { key, value } of action.parameters) merged.set(key, value);
  for (const key of Object.keys(body)) merged.set(key, body[key] as Json);
  const members = [...merged].map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  return `{${members.join(",")}}`;
}

/** Arguments from the result of another action: an array takes the place of everything. */
export function argumentsFrom(action: Invocable, result: string): string {
  if (action.parameters.length === 0) return result;
  const value = parseJson(result);
  if (Array.isArray(value)) return result;
  return mergeArguments(action, result, isJsonObject(value) ? (value as JsonObject) : {});
}
