/** Where functions may be: only then is the thread of the sandboxes started. */
import type { Json, JsonObject } from "../../core/documents.ts";
import { isJsonObject } from "../../lib/json.ts";

const MENTIONS = /serverless-(?:pre|post)-function|filter_func|pre_function/;

export function mentionsFunctions(text: string): boolean {
  return MENTIONS.test(text);
}

/** The same of a resource, without writing it out. */
export function hasFunctions({ filter_func: filter, plugins }: JsonObject): boolean {
  if (filter !== undefined) return true;
  if (typeof plugins !== "object" || plugins === null) return false;
  return Object.entries(plugins).some(([name, conf]) => mentionsFunctions(name) || hasMeta(conf));
}

function hasMeta(conf: Json): boolean {
  const meta = isJsonObject(conf) ? (conf as JsonObject)["_meta"] : undefined;
  return isJsonObject(meta) && "pre_function" in (meta as JsonObject);
}
