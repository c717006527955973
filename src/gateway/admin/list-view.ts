/** Filters and pages of lists (apisix/admin/v3_adapter.lua). */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { ConfigEntry } from "../config-store.ts";
import { isObject } from "../schema/lua.ts";
import { Refusal } from "./reply.ts";

export type Listed = { readonly total: number; readonly entries: readonly ConfigEntry[] };

const PAGE_SIZE_MIN = 10;
const PAGE_SIZE_MAX = 500;

/** `fields`: members that `filter` may name. Throws a `Refusal` for a page size out of bounds. */
export function listView(
  entries: readonly ConfigEntry[],
  query: URLSearchParams,
  fields: readonly string[],
): Listed {
  const found = entries.filter(({ value }) => matches(value, query, fields));
  return { total: found.length, entries: pageOf(found, query) };
}

function matches(value: JsonObject, query: URLSearchParams, fields: readonly string[]): boolean {
  const [name, label, uri, filter] = ["name", "label", "uri", "filter"].map((one) =>
    query.get(one),
  );
  if (name != null && !isFound(value["name"], name)) return false;
  if (label != null && !(isObject(value["labels"]) && Object.hasOwn(value["labels"], label))) {
    return false;
  }
  if (uri != null) {
    const uris = Array.isArray(value["uris"]) ? value["uris"] : [];
    if (![value["uri"], ...uris].some((one) => isFound(one, uri))) return false;
  }
  return filter == null || hasAll(value, new URLSearchParams(filter), fields);
}

function isFound(text: Json | undefined, pattern: string): boolean {
  if (typeof text !== "string") return false;
  try {
    return new RegExp(pattern, "u").test(text);
  } catch {
    return false;
  }
}

/** Of a name given twice the last value counts; a number is never equal to its text. */
function hasAll(value: JsonObject, wanted: URLSearchParams, fields: readonly string[]): boolean {
  return [...new Set(wanted.keys())]
    .filter((name) => fields.includes(name))
    .every((name) => value[name] === wanted.getAll(name).at(-1));
}

function pageOf(entries: readonly ConfigEntry[], query: URLSearchParams): readonly ConfigEntry[] {
  const [page, size] = [numberOf(query.get("page")), numberOf(query.get("page_size"))];
  if (page === undefined || size === undefined) return entries;
  if (size < PAGE_SIZE_MIN || size > PAGE_SIZE_MAX) {
    const body = `page_size must be between ${PAGE_SIZE_MIN} and ${PAGE_SIZE_MAX}`;
    throw new Refusal({ status: 400, body });
  }
  const from = Math.floor((Math.max(page, 1) - 1) * size);
  const sorted = [...entries].sort((a, b) => a.createdIndex - b.createdIndex);
  return sorted.slice(from, from + Math.floor(size));
}

/** As the original's language reads one. */
export function numberOf(text: string | null): number | undefined {
  if (text === null || text.trim() === "") return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
