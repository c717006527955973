/** Makes a store's content that of a document: what differs is written, what is left is deleted. */
import { isDeepStrictEqual } from "node:util";
import type { Json, JsonObject } from "../../core/documents.ts";
import type { ConfigStore } from "../config-store.ts";
import { isObject } from "../schema/lua.ts";
import type { PluginCatalog } from "../schema/plugin-catalog.ts";
import { RESOURCE_SCHEMAS } from "../schema/resources.ts";
import { Validator } from "../schema/validator.ts";
import { DOCUMENT_KINDS, itemProblem, kindProblem, withoutIndex } from "./document.ts";
import type { Resource } from "./resource.ts";

export type Skipped = { readonly kind: string; readonly index: number; readonly problem: string };

/** Serves a document in place of what was served before; resources that are wrong are left out. */
export type ServeContent = (document: JsonObject) => Promise<readonly Skipped[]>;

export type ContentServerParts = {
  readonly store: ConfigStore;
  readonly resources: () => ReadonlyMap<string, Resource>;
  readonly catalog: PluginCatalog;
  /** Those that are enabled while a document says nothing of them; undefined: all. */
  readonly plugins: readonly string[] | undefined;
  /** Whether a resource that comes with the `modifiedIndex` that it had stays as it was. */
  readonly byIndex: boolean;
  /** Tells of all entries with plugins again: which of those are enabled has changed. */
  readonly refresh: () => Promise<void>;
};

const PLUGIN_LIST = new Validator(RESOURCE_SCHEMAS.plugins);

export function contentServer(parts: ContentServerParts): ServeContent {
  const { store, resources, catalog, plugins, byIndex, refresh } = parts;
  let enabled = JSON.stringify(plugins);
  let indexes: Indexes = new Map();
  return async (document) => {
    const given = document["plugins"] ?? undefined;
    const problem = given === undefined ? undefined : PLUGIN_LIST.check(given).problem;
    const names = given === undefined || problem !== undefined ? plugins : namesIn(given);
    catalog.enable(names);
    const wanted = await readContent(resources(), document);
    await replaceContent(store, wanted, byIndex ? indexes : new Map());
    indexes = wanted.indexes;
    const before = enabled;
    enabled = JSON.stringify(names);
    if (enabled !== before) await refresh();
    return problem === undefined
      ? wanted.skipped
      : [...wanted.skipped, { kind: "plugins", index: 0, problem }];
  };
}

/** The `modifiedIndex` that entries came with, by key. */
type Indexes = ReadonlyMap<string, Json>;

type Content = {
  readonly entries: ReadonlyMap<string, JsonObject>;
  readonly indexes: Indexes;
  readonly skipped: readonly Skipped[];
};

async function readContent(
  resources: ReadonlyMap<string, Resource>,
  document: JsonObject,
): Promise<Content> {
  const entries = new Map<string, JsonObject>();
  const indexes = new Map<string, Json>();
  const skipped: Skipped[] = [];
  for (const kind of DOCUMENT_KINDS) {
    const list = document[kind];
    if (kind === "plugins") continue;
    const wrong = kindProblem(kind, list);
    if (wrong !== undefined) skipped.push({ kind, index: 0, problem: wrong });
    if (!Array.isArray(list)) continue;
    for (const [index, given] of list.entries()) {
      const item = withId(kind, given, index);
      const problem = await itemProblem(resources, kind, item);
      if (problem !== undefined) skipped.push({ kind, index, problem });
      if (problem !== undefined || !isObject(item)) continue;
      const key = keyOf(kind, item);
      entries.set(key, withoutIndex(item));
      if (item["modifiedIndex"] !== undefined) indexes.set(key, item["modifiedIndex"]);
    }
  }
  return { entries, indexes, skipped };
}

async function replaceContent(
  store: ConfigStore,
  { entries, indexes }: Content,
  before: Indexes,
): Promise<void> {
  for (const kind of DOCUMENT_KINDS) {
    for (const { key } of await store.list(`/${kind}`)) {
      if (!entries.has(key)) await store.delete(key);
    }
  }
  for (const [key, value] of entries) {
    const stored = await store.get(key);
    const isSame = stored !== undefined && indexes.has(key) && indexes.get(key) === before.get(key);
    if (!isSame && !isDeepStrictEqual(stored?.value, value)) await store.put(key, value);
  }
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

/** Those that a document enables in place of those of config.yaml (`plugins: [{name}]`). */
function namesIn(list: Json): readonly string[] {
  return (Array.isArray(list) ? list : [])
    .filter(isObject)
    .filter(({ stream }) => stream !== true)
    .map(({ name }) => String(name));
}
