/**
 * Reading request bodies into plain values, with the original's texts for what does not fit
 * (openwhisk-api.md 1.5). Everything here throws `CONTENT_MALFORMED` and nothing else.
 */
import { compactJson, isJsonObject, parseJson } from "../lib/json.ts";
import { JsonSyntaxError } from "../lib/json-diagnosis.ts";
import type { Json, JsonObject } from "./documents.ts";
import { badContent } from "./errors.ts";

/** One JSON value of any type. */
export function parseContent(text: string): Json {
  try {
    // parseJson gives what JSON.parse gives: exactly the type Json.
    return parseJson(text) as Json;
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw badContent(error.message);
    throw error;
  }
}

/** The value as an object, else `JSON object expected`. */
export function requireObject(value: Json): JsonObject {
  if (!isJsonObject(value)) throw badContent("JSON object expected");
  return value;
}

/** A record's members; `firstField` is the member that the original looks for first. */
export function requireRecord(value: Json, firstField: string): JsonObject {
  if (!isJsonObject(value)) throw badContent(`Object expected in field '${firstField}'`);
  return value;
}

/** An own member that is neither absent nor null: null counts as absent in requests. */
export function optionalMember(object: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(object, name) ? (object[name] ?? undefined) : undefined;
}

/** Reads an optional member with `read`; absent and null give undefined. */
export function readOptional<T>(
  object: JsonObject,
  name: string,
  read: (value: Json) => T,
): T | undefined {
  const value = optionalMember(object, name);
  return value === undefined ? undefined : read(value);
}

export function readBoolean(value: Json): boolean {
  if (typeof value !== "boolean") throw mismatch("JsBoolean", value);
  return value;
}

function readString(value: Json): string {
  if (typeof value !== "string") throw mismatch("String as JsString", value);
  return value;
}

export function readStrings(value: Json): string[] {
  if (!Array.isArray(value)) throw mismatch("Array as JsArray", value);
  return value.map(readString);
}

/** Characters of a client's value that an error text quotes; the original quotes all of it. */
const QUOTED_LENGTH_MAX = 1000;

/** A value as an error text quotes it: compact JSON, cut to `QUOTED_LENGTH_MAX`. */
export function quoteValue(value: Json): string {
  return quoteText(compactJson(value));
}

/** A text as an error text quotes it. */
export function quoteText(text: string): string {
  return text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}…` : text;
}

function mismatch(expected: string, value: Json): Error {
  return badContent(`Expected ${expected}, but got ${quoteValue(value)}`);
}
