/**
 * What a plain YAML scalar means, by the rules of the YAML 1.1 library that the original is built
 * on: `yes` and `on` are booleans, `0x10` and `010` are integers, `1_000` is a number, dates stay
 * texts.
 */
import { JsonNumber, type Value } from "../client/json.ts";

const TRUE = new Set(["y", "yes", "true", "on"]);
const FALSE = new Set(["n", "no", "false", "off"]);
const NULL = new Set(["", "~", "null", "Null", "NULL"]);
/** A word counts in these three spellings only: `yes`, `Yes`, `YES`. */
const ONE_CASE = /^(?:[a-z]+|[A-Z][a-z]*|[A-Z]+)$/;
const INTEGER = /^[-+]?(?:0|[1-9][0-9]*)$/;
const OCTAL = /^([-+]?)0o?([0-7]+)$/;
const PREFIXED = /^([-+]?)(0x[0-9a-fA-F]+|0b[01]+)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** An integer longer than this many digits is kept as the text of a number. */
const DIGITS_MAX = 1000;

/** The value of plain text: null, a boolean, a number or the text itself. */
export function resolvePlain(text: string): Value {
  if (NULL.has(text)) return null;
  if (ONE_CASE.test(text)) return resolveWord(text);
  // An underscore parts digits; a text that starts with one is no number.
  return (text.startsWith("_") ? undefined : resolveNumber(text.replaceAll("_", ""))) ?? text;
}

function resolveWord(text: string): Value {
  const word = text.toLowerCase();
  if (TRUE.has(word)) return true;
  return FALSE.has(word) ? false : text;
}

function resolveNumber(text: string): JsonNumber | undefined {
  if (text.length > DIGITS_MAX) return undefined;
  if (INTEGER.test(text)) return new JsonNumber(String(BigInt(text.replace(/^\+/, ""))));
  const [, sign = "", digits] = PREFIXED.exec(text) ?? OCTAL.exec(text) ?? [];
  if (digits !== undefined) {
    const size = BigInt(/^0[xb]/.test(digits) ? digits : `0o${digits}`);
    return new JsonNumber(String(sign === "-" ? -size : size));
  }
  if (!FLOAT.test(text)) return undefined;
  const number = Number(text);
  // A number that JSON cannot carry stays the text it is.
  return Number.isFinite(number) ? new JsonNumber(String(number)) : undefined;
}

/** Names of types as the library's messages have them. */
export function tagOf(value: Value): string {
  if (value === null) return "!!null";
  if (typeof value === "boolean") return "!!bool";
  if (value instanceof JsonNumber) return /[.e]/.test(value.text) ? "!!float" : "!!int";
  return "!!str";
}
