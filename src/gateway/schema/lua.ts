/** How the original's language names and prints JSON values; its texts show it. */
import type { Json } from "../../core/documents.ts";

/** "table" for objects and arrays, "userdata" for null. */
export function luaType(value: unknown): string {
  if (value === null) return "userdata";
  return typeof value === "object" ? "table" : typeof value;
}

/** Numbers with at most 14 significant digits. */
export function luaNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const short = Number(value.toPrecision(14));
  if (Math.abs(short) >= 1e-4) return String(short);
  // As C prints them: two digits of the exponent at least.
  return short.toExponential().replace(/e([+-])(\d)$/u, "e$10$2");
}

/** In double quotes, as `%q` prints it. */
export function luaQuoted(text: string): string {
  const escaped = text
    .replaceAll(/["\\]/gu, (sign) => `\\${sign}`)
    .replaceAll("\n", "\\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\0", "\\0");
  return `"${escaped}"`;
}

/** An empty object and an empty array are one thing there. */
export function isEmptyTable(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

export function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
