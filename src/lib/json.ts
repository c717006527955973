/** JSON texts: reading them with an exact diagnosis, and writing them. */
import { diagnose, JSON_NESTING_MAX, JsonSyntaxError, TOO_DEEP } from "./json-diagnosis.ts";

/** Parses one JSON value; throws `JsonSyntaxError`. The diagnosis is made only after a failure. */
export function parseJson(text: string): unknown {
  const parsed = attempt(text);
  // The engine's own error is not kept as the cause: it quotes the text, which may be secret.
  if (parsed === undefined) throw new JsonSyntaxError(diagnose(text));
  if (isDeeper(parsed.value, JSON_NESTING_MAX)) throw new JsonSyntaxError(TOO_DEEP);
  return parsed.value;
}

function attempt(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** JSON text without blanks. */
export function compactJson(value: unknown): string {
  return JSON.stringify(value);
}

/** Bytes of the compact JSON text in UTF-8. */
export function compactJsonBytes(value: unknown): number {
  return Buffer.byteLength(compactJson(value));
}

/** True for `{…}`: neither an array nor null. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (levels <= 0) return true;
  if (Array.isArray(value)) return value.some((item) => isDeeper(item, levels - 1));
  if (!isJsonObject(value)) return false;
  for (const key in value) if (isDeeper(value[key], levels - 1)) return true;
  return false;
}

/**
 * As `String`, which calls what is named "toString" in a value, and fails where that is no function:
 * documents of clients may have such members.
 */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map((one) => (one === null || one === undefined ? "" : textOf(one))).join();
  }
  return typeof value === "object" && value !== null ? "[object Object]" : String(value);
}
