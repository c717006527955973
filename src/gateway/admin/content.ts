/** Makes a store's content that of a document: what differs is written, what is left is deleted. */
import { isDeepStrictEqual } from "node:util";
import type { Json, JsonObject } from "../../core/documents.ts";
import type { ConfigStore } from "../config-store.ts";
import { isObject } from "../schema/lua.ts";
import { DOCUMENT_KINDS, itemProblem, withoutIndex } from "./document.ts";
import type { Resource } from "./resource.ts";

export type Skipped = { readonly kind: string; readonly index: number; readonly problem: string };

/** Resources that are wrong are left out and returned; the others are served. */
export async function replaceContent(
  store: ConfigStore,
  resources: ReadonlyMap<string, Resource>,
  document: JsonObject,
): Promise<readonly Skipped[]> {
  const wanted = new Map<string, JsonObject>();
  const skipped: Skipped[] = [];
  for (const kind of DOCUMENT_KINDS) {
    const list = document[kind];
    if (!Array.isArray(list) || kind === "plugins") continue;
    for (const [index, given] of list.entries()) {
      const item = withId(kind, given, index);
      const problem = await itemProblem(resources, kind, item);
      if (problem !== undefined) skipped.push({ kind, index, problem });
      else if (isObject(item)) wanted.set(keyOf(kind, item), withoutIndex(item));
    }
  }
  for (const kind of DOCUMENT_KINDS) {
    for (const { key } of await store.list(`/${kind}`)) {
      if (!wanted.has(key)) await store.delete(key);
    }
  }
  for (const [key, value] of wanted) {
    const before = await store.get(key);
    if (!isDeepStrictEqual(before?.value, value)) await store.put(key, value);
  }
  return skipped;
}

/** Without an id, a resource is called after its place in the list, counted from 1. */
function withId(kind: string, item: Json, index: number): Json {
  if (!isObject(item) || item["id"] !== undefined || kind === "consumers") return item;
  return { ...item, id: `arr_${index + 1}` };
}

function keyOf(kind: string, item: JsonObject): string {
  if (kind !== "consumers") return `/${kind}/${item["id"]}`;
  const id = String(item["id"] ?? "");
  return `/consumers/${id.includes("/credentials/") ? id : item["username"]}`;
}
