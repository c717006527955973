/** What resources say of each other: a reference must lead somewhere, and blocks a deletion. */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { ConfigStore } from "../config-store.ts";
import { isObject } from "../schema/lua.ts";

/** Checks that `conf[member]` names an entry of a folder; `what` as texts call it: "upstream". */
export async function referenceProblem(
  store: ConfigStore,
  conf: JsonObject,
  member: string,
  what: string,
  folder: string,
): Promise<string | undefined> {
  const id = conf[member];
  if (id === undefined || typeof id === "object") return undefined;
  if ((await store.get(`/${folder}/${id}`)) !== undefined) return undefined;
  return `failed to fetch ${what} info by ${what} id [${id}], response code: 404`;
}

/** The id of the first entry of a folder of which `uses` holds. */
export async function firstUser(
  store: ConfigStore,
  folder: string,
  uses: (value: JsonObject) => boolean,
): Promise<string | undefined> {
  for (const { key, value } of await store.list(`/${folder}`)) {
    if (uses(value)) return String(value["id"] ?? value["username"] ?? key.split("/").at(-1));
  }
  return undefined;
}

/** True when `conf[member]` is this id, as a text or as a number. */
export function refersTo(conf: JsonObject, member: string, id: string): boolean {
  const value = conf[member];
  return (typeof value === "string" || typeof value === "number") && String(value) === id;
}

/** Upstreams that a resource's traffic-split plugin shares requests out to. */
export function splitsTo(conf: JsonObject, id: string): boolean {
  const split = memberOf(memberOf(conf, "plugins"), "traffic-split");
  return listOf(memberOf(split, "rules")).some((rule) =>
    listOf(memberOf(rule, "weighted_upstreams")).some(
      (one) => isObject(one) && refersTo(one, "upstream_id", id),
    ),
  );
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) ? value[name] : undefined;
}

function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}
