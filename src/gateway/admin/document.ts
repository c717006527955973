/**
 * A configuration as one document: the resources of each kind in a list
 * (apisix/admin/config_validate.lua).
 */
import { parse } from "yaml";
import type { Json, JsonObject } from "../../core/documents.ts";
import { emptyForNull } from "../conf/yaml-file.ts";
import { isObject, luaType } from "../schema/lua.ts";
import { parseCjson } from "./cjson.ts";
import { refusal } from "./reply.ts";
import type { Resource } from "./resource.ts";

/** Kinds that a document may have, and what counts their versions. */
export const DOCUMENT_KINDS = [
  "routes",
  "services",
  "upstreams",
  "consumers",
  "global_rules",
  "plugin_configs",
  "consumer_groups",
  "ssls",
  "protos",
  "plugin_metadata",
  "secrets",
  "stream_routes",
  "plugins",
] as const;

export function versionKey(kind: string): string {
  return `${kind}_conf_version`;
}

export type DocumentProblem = {
  readonly resource_type: string;
  readonly resource_id?: Json;
  /** From 0. */
  readonly index?: number;
  readonly error: string;
};

/** YAML when the content type says so, else JSON. Throws a `Refusal`. */
export function parseDocument(body: string | undefined, contentType: string | undefined): Json {
  if (body === undefined) throw refusal(400, "invalid request body: empty request body");
  if (contentType?.startsWith("application/yaml") === true) {
    try {
      const value = parse(body, { maxAliasCount: 100 }) as Json;
      if (luaType(value) === "table") return emptyForNull(value);
    } catch {
      // Told below, as for anything else that is no document.
    }
    throw refusal(400, "invalid request body: invalid yaml request body");
  }
  const parsed = parseCjson(body);
  if (parsed.problem !== undefined) throw refusal(400, `invalid request body: ${parsed.problem}`);
  return parsed.value;
}

/** All that is wrong with a document; what it refers to is not looked for. */
export async function documentProblems(
  resources: ReadonlyMap<string, Resource>,
  document: Json,
): Promise<DocumentProblem[]> {
  if (!isObject(document)) return [];
  const problems: DocumentProblem[] = [];
  for (const kind of DOCUMENT_KINDS) {
    const version = document[versionKey(kind)];
    if (version !== undefined && typeof version !== "number") {
      const error = `${versionKey(kind)} must be a number, got ${luaType(version)}`;
      problems.push({ resource_type: kind, error });
    }
    const error = kindProblem(kind, document[kind]);
    if (error !== undefined) problems.push({ resource_type: kind, error });
    problems.push(...(await listProblems(resources, kind, document[kind])));
  }
  return problems;
}

/** Resources come in a list; what was left empty is one without any. */
export function kindProblem(kind: string, list: Json | undefined): string | undefined {
  if (list === undefined || Array.isArray(list)) return undefined;
  if (isObject(list) && Object.keys(list).length === 0) return undefined;
  return `${kind}: wrong type: expected array, got ${luaType(list)}`;
}

async function listProblems(
  resources: ReadonlyMap<string, Resource>,
  kind: string,
  list: Json | undefined,
): Promise<DocumentProblem[]> {
  const problems: DocumentProblem[] = [];
  const seen = new Set<Json>();
  for (const [index, item] of (Array.isArray(list) ? list : []).entries()) {
    const conf = isObject(item) ? item : undefined;
    const id = conf?.["id"] ?? conf?.["username"] ?? "";
    const at = { resource_type: kind, resource_id: id, index };
    const error = await itemProblem(resources, kind, item);
    if (error !== undefined) problems.push({ ...at, error });
    const twice = conf === undefined ? undefined : duplicateProblem(kind, conf, seen);
    if (twice !== undefined) problems.push({ ...at, error: twice });
  }
  return problems;
}

/** What is wrong with one resource of a document. */
export async function itemProblem(
  resources: ReadonlyMap<string, Resource>,
  kind: string,
  item: Json,
): Promise<string | undefined> {
  if (kind === "plugins") return undefined;
  if (!isObject(item))
    return `invalid configuration: wrong type: expected object, got ${luaType(item)}`;
  const id = scalar(item["id"]);
  const isCredential = kind === "consumers" && String(id).includes("/credentials/");
  const resource = resources.get(isCredential ? "credentials" : kind);
  if (kind === "secrets" && !String(id).includes("/")) return `invalid secret id: ${id ?? "nil"}`;
  const [manager = ""] = String(id).split("/");
  return resource?.check({
    conf: withoutIndex(item),
    id: kind === "consumers" && !isCredential ? undefined : id,
    skipReferences: true,
    ...(kind === "secrets" ? { manager } : {}),
    ...(isCredential ? { owner: manager } : {}),
  });
}

/** Documents of the original carry the revision of each resource. */
export function withoutIndex({ modifiedIndex: _, ...conf }: JsonObject): JsonObject {
  return conf;
}

function scalar(id: Json | undefined): string | number | undefined {
  return typeof id === "string" || typeof id === "number" ? id : undefined;
}

function duplicateProblem(kind: string, conf: JsonObject, seen: Set<Json>): string | undefined {
  const isConsumer = kind === "consumers";
  const id = conf["id"] ?? (isConsumer ? conf["username"] : undefined);
  if (id === undefined) return undefined;
  const isTwice = seen.has(id);
  seen.add(id);
  const what = !isConsumer ? "id" : conf["id"] === undefined ? "username" : "credential id";
  return isTwice ? `found duplicate ${what} ${id} in ${kind}` : undefined;
}
