/** Random data that fits a JSON schema, or the examples that the schema gives. */
import { randomInt } from "node:crypto";
import type { Json, JsonObject } from "../../../core/documents.ts";
import { isJsonObject } from "../../../lib/json.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const LETTERS_MAX = 10;
const ITEMS_MAX = 3;
const NUMBER_MAX = 10_000;
/** A schema nested deeper than this is cut off with null. */
const DEPTH_MAX = 100;

/** Of the schema's `properties`; members whose type is unknown are left out. */
export function randomObject(schema: JsonObject, depth = 0): JsonObject {
  const { properties } = schema;
  if (!isJsonObject(properties)) return {};
  const members = Object.entries(properties as JsonObject).flatMap(([name, property]) => {
    const value = randomValue(property, depth + 1);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(members);
}

function randomValue(property: Json, depth: number): Json | undefined {
  if (!isJsonObject(property) || depth > DEPTH_MAX) return undefined;
  const { type, example, items } = property as JsonObject;
  switch (String(type).toLowerCase()) {
    case "array":
      return items === undefined ? undefined : randomList(items, depth);
    case "object":
      return randomObject(property as JsonObject, depth);
    case "string":
      return typeof example === "string" ? example : randomText();
    case "number":
      return typeof example === "number" ? example : Math.random() * NUMBER_MAX;
    case "integer":
      return typeof example === "number" ? Math.floor(example) : randomInt(1, NUMBER_MAX + 1);
    case "boolean":
      return typeof example === "boolean" ? example : randomInt(2) === 1;
    default:
      return undefined;
  }
}

function randomList(items: Json, depth: number): Json[] {
  const length = randomInt(1, ITEMS_MAX + 1);
  return Array.from({ length }, () => randomValue(items, depth + 1)).filter(
    (item) => item !== undefined,
  );
}

function randomText(): string {
  const length = randomInt(1, LETTERS_MAX + 1);
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}
