/** How PATCH changes a resource (apisix/core/table.lua: merge, patch). */
import type { Json, JsonObject } from "../../core/documents.ts";
import { isObject } from "../schema/lua.ts";

/** Objects are merged, anything else replaced; null removes. Returns a new object. */
export function merge(origin: JsonObject, extension: JsonObject): JsonObject {
  const members = new Map(Object.entries(origin));
  for (const [name, value] of Object.entries(extension)) {
    const before = members.get(name);
    if (value === null) members.delete(name);
    else if (isObject(value) && isObject(before)) members.set(name, merge(before, value));
    else members.set(name, value);
  }
  return Object.fromEntries(members);
}

export type Patched =
  | { readonly value: JsonObject; readonly problem?: undefined }
  | { readonly problem: string };

/** Sets the member at a path of names such as "plugins/cors/max_age". Returns a new object. */
export function setAt(origin: JsonObject, path: string, value: Json): Patched {
  const names = path.split("/");
  const copy: JsonObject = structuredClone(origin);
  let place = copy;
  for (const [index, name] of names.slice(0, -1).entries()) {
    const inner = Object.hasOwn(place, name) ? place[name] : undefined;
    if (inner !== undefined && !isObject(inner)) {
      return { problem: `invalid sub-path: /${names.slice(0, index + 1).join("/")}` };
    }
    const next = inner ?? {};
    define(place, name, next);
    place = next;
  }
  define(place, names.at(-1) ?? "", value);
  return { value: copy };
}

/** Like an assignment, also for names such as "__proto__". */
function define(object: JsonObject, name: string, value: Json): void {
  Object.defineProperty(object, name, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
