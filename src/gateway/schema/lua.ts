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
  const text = String(Number(value.toPrecision(14)));
  if (Math.abs(value) >= 1e-4 || value === 0) return text;
  const [digits = "", exponent = ""] = Number(value.toPrecision(14)).toExponential().split("e-");
  return `${digits}e-${exponent.padStart(2, "0")}`;
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
