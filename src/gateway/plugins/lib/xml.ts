/** Documents as XML: a member is an element, an item of a list one element each. */
import type { Json } from "../../../core/documents.ts";

/** `<name>…</name>` with a line for each element, indented by its depth. */
export function toXml(value: Json, name: string): string {
  return elements(value, name, 0).join("\n");
}

function elements(value: Json, name: string, depth: number): string[] {
  const indent = "  ".repeat(depth);
  if (Array.isArray(value)) return value.flatMap((item) => elements(item, name, depth));
  if (typeof value === "object" && value !== null) {
    const inner = Object.entries(value).flatMap(([key, item]) => elements(item, key, depth + 1));
    return [`${indent}<${name}>`, ...inner, `${indent}</${name}>`];
  }
  return [`${indent}<${name}>${escapeText(String(value))}</${name}>`];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function escapeText(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
}
