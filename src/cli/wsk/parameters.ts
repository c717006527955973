/** Parameters and annotations: from the texts of the command line to JSON (wsk-cli 1.4). */
import { isMap, type JsonMap, JsonNumber, parse, type Value } from "../../client/json.ts";
import type { KeyValue } from "../../client/records.ts";
import { listGo } from "./go-text.ts";
import { firstValue, ScanError } from "./json-scan.ts";
import { usageError } from "./wsk-error.ts";

/**
 * `-p KEY VALUE` as the text of an object. A value that is no JSON is put between double quotes as
 * it is: backslash escapes in it are live, an unescaped quote makes the text invalid.
 */
export function formatPair(key: string, value: string): string {
  const name = key.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return isJson(value) ? `{"${name}": ${value}}` : `{"${name}": "${value}"}`;
}

function isJson(text: string): boolean {
  try {
    return isRepresentable(parse(text));
  } catch {
    return false; // Any other text is a string.
  }
}

/** Numbers beyond a double's range are no JSON for the original. */
function isRepresentable(value: Value): boolean {
  if (value instanceof JsonNumber) return Number.isFinite(Number(value.text));
  if (Array.isArray(value)) return value.every(isRepresentable);
  return !isMap(value) || [...value.values()].every(isRepresentable);
}

/**
 * Merges the objects of `texts` at their top level, later ones winning. Throws the usage error of a
 * text that is no object; `noun` is "parameter" or "annotation".
 */
export function mergeObjects(
  texts: readonly string[],
  noun: "parameter" | "annotation",
  prefix = "",
): JsonMap {
  const merged = new Map<string, Value>();
  for (const text of texts) {
    try {
      addObject(merged, text);
    } catch (cause) {
      if (!(cause instanceof ScanError)) throw cause;
      throw usageError(`${prefix}Invalid ${noun} argument '${listGo(texts)}': ${cause.message}`);
    }
  }
  return merged;
}

function addObject(merged: Map<string, Value>, text: string): void {
  const value = parse(firstValue(text));
  if (value !== null && !isMap(value)) {
    throw new ScanError(
      `json: cannot unmarshal ${typeName(value)} into Go value of type map[string]interface {}`,
    );
  }
  if (value === null) merged.clear();
  else for (const [key, member] of value) merged.set(key, member);
}

function typeName(value: Value): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : value instanceof JsonNumber ? "number" : "string";
}

/** The members as `[{"key":…,"value":…}]`, the form that entities carry. */
export function toKeyValues(object: JsonMap): readonly KeyValue[] {
  return [...object].map(([key, value]) => ({ key, value }));
}
