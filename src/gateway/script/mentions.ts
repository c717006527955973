/** Where functions may be: only then is the thread of the sandboxes started. */
import type { JsonObject } from "../../core/documents.ts";

const MENTIONS = /serverless-(?:pre|post)-function|filter_func/;

export function mentionsFunctions(text: string): boolean {
  return MENTIONS.test(text);
}

/** The same of a resource, without writing it out. */
export function hasFunctions({ filter_func: filter, plugins }: JsonObject): boolean {
  if (filter !== undefined) return true;
  if (typeof plugins !== "object" || plugins === null) return false;
  return Object.keys(plugins).some(mentionsFunctions);
}
