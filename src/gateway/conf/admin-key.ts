/** The key of the Admin API: well known while only this machine can use it, else one of its own. */
import { randomInt } from "node:crypto";
import { type Document, isScalar } from "yaml";
import type { Json, JsonObject } from "../../core/documents.ts";
import { isObject } from "../schema/lua.ts";

/** Shipped by the original for years; its tutorials send it. */
export const WELL_KNOWN_KEY = "edd1c9f034335f136f87ad84b625c8f1";
const KEY_LENGTH = 32;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PATH = ["deployment", "admin", "admin_key"];

/**
 * Sees to it that every key of the file can be used: none may be empty, nor, when others than this
 * machine reach the API, the well-known one. Changes `document`, which was read from `text`; returns
 * the new text, in which all else stands as it did, undefined when no key was changed.
 */
export function settleAdminKeys(
  document: Document,
  text: string,
  isExposed: boolean,
): string | undefined {
  const list = document.getIn(PATH) === undefined ? undefined : toJson(document);
  if (list === undefined || list.length === 0) {
    const key = isExposed ? newKey() : WELL_KNOWN_KEY;
    document.setIn(PATH, document.createNode([{ name: "admin", key, role: "admin" }]));
    return document.toString();
  }
  const edits: Edit[] = [];
  let isBySource = true;
  for (const [index, item] of list.entries()) {
    const { key } = isObject(item) ? item : ({} as JsonObject);
    const isEmpty = key === undefined || key === null || key === "";
    if (!isEmpty && !(isExposed && key === WELL_KNOWN_KEY)) continue;
    const path = [...PATH, index, "key"];
    const node = document.getIn(path, true);
    const made = newKey();
    if (isScalar(node) && node.range) edits.push({ from: node.range[0], to: node.range[1], made });
    else isBySource = false;
    document.setIn(path, made);
  }
  if (!isBySource) return document.toString();
  return edits.length === 0 ? undefined : edited(text, edits);
}

/** Of a key: where its value stands in the text. */
type Edit = { readonly from: number; readonly to: number; readonly made: string };

function edited(text: string, edits: readonly Edit[]): string {
  let result = "";
  let at = 0;
  for (const { from, to, made } of edits.toSorted((one, other) => one.from - other.from)) {
    const before = text.slice(at, from);
    const gap = /\s$/u.test(before) ? "" : " ";
    result += `${before}${gap}'${made}'${text[to] === "#" ? " " : ""}`;
    at = to;
  }
  return result + text.slice(at);
}

/**
 * Keys that came out of variables, which cannot be replaced in the file. Throws for those that
 * `settleAdminKeys` would have replaced.
 */
export function checkAdminKeys(
  keys: readonly { readonly key: string }[],
  isExposed: boolean,
): void {
  if (keys.some(({ key }) => key === ""))
    throw new Error("deployment.admin.admin_key: a key is empty");
  if (!isExposed || keys.every(({ key }) => key !== WELL_KNOWN_KEY)) return;
  throw new Error(
    "deployment.admin.admin_key: everybody knows the key, and others than this machine reach the API",
  );
}

function toJson(document: Document): Json[] {
  const root = document.toJS() as { deployment?: { admin?: { admin_key?: Json } } };
  const list = root.deployment?.admin?.admin_key;
  return Array.isArray(list) ? list : [];
}

function newKey(): string {
  return Array.from({ length: KEY_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}
