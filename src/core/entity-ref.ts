/** References to entities as requests give them (openwhisk-api.md 1.7). */
import { isJsonObject } from "../lib/json.ts";
import { quoteText } from "./content.ts";
import type { EntityRef, Json, JsonObject } from "./documents.ts";
import { DEFAULT_NAMESPACE, isEntityName, parseEntityPath } from "./entity-name.ts";
import { badContent } from "./errors.ts";

const INCOMPLETE =
  "requirement failed: The fully qualified name of the entity must contain at least the " +
  "namespace and the name of the entity.";

/**
 * Reads "/ns/name", "ns/pkg/name" (the slash in front may be left out) or `{path, name}`. Throws
 * `CONTENT_MALFORMED`.
 */
export function parseEntityRef(value: Json): EntityRef {
  if (typeof value === "string") return parseText(value);
  const { path, name } = isJsonObject(value) ? (value as JsonObject) : {};
  const parts = typeof path === "string" ? parseEntityPath(path) : undefined;
  if (parts === undefined || typeof name !== "string" || !isEntityName(name)) {
    throw badContent("fully qualified name malformed");
  }
  return { path: parts.join("/"), name };
}

/** "_" in front is the namespace of whoever refers. */
export function inNamespace(ref: EntityRef, namespace: string): EntityRef {
  const [first, ...rest] = ref.path.split("/");
  if (first !== DEFAULT_NAMESPACE) return ref;
  return { path: [namespace, ...rest].join("/"), name: ref.name };
}

/** As texts and components show it: "/guest/pkg/hello". */
export function qualifiedName(ref: EntityRef): string {
  return `/${refId(ref)}`;
}

/** "guest/pkg/hello": the key of the entity in the store. */
export function refId({ path, name }: EntityRef): string {
  return `${path}/${name}`;
}

/** From the id of an entity. */
export function refOf(id: string): EntityRef {
  const at = id.lastIndexOf("/");
  return { path: id.slice(0, at), name: id.slice(at + 1) };
}

function parseText(text: string): EntityRef {
  const parts = text.split("/").filter((part) => part !== "");
  if (parts.length === 0) throw badContent("requirement failed: path undefined");
  if (!parts.every(isEntityName)) {
    throw badContent(`requirement failed: path contains invalid parts ${quoteText(text)}`);
  }
  const name = parts.pop();
  if (name === undefined || parts.length === 0) throw badContent(INCOMPLETE);
  return { path: parts.join("/"), name };
}
