/** The key of the Admin API: well known while only this machine can use it, else one of its own. */
import { randomInt } from "node:crypto";
import { type Document, isScalar, type Scalar } from "yaml";
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
 * the new text, in which all else stands as it did, undefined when no key was changed. Throws where
 * something else than keys stands in their place.
 */
export function settleAdminKeys(
  document: Document,
  text: string,
  isExposed: boolean,
): string | undefined {
  const list = listedKeys(document);
  if (list.length === 0) {
    addKey(document, isExposed ? newKey() : WELL_KNOWN_KEY);
    return document.toString();
  }
  const edits: Edit[] = [];
  let isBySource = true;
  for (const [index, { key }] of list.entries()) {
    const isEmpty = key === undefined || key === null || key === "";
    if (!isEmpty && !(isExposed && key === WELL_KNOWN_KEY)) continue;
    const path = [...PATH, index, "key"];
    const node = document.getIn(path, true);
    const made = newKey();
    if (isScalar(node) && node.range && isInline(node))
      edits.push({ from: node.range[0], to: node.range[1], made });
    else isBySource = false;
    document.setIn(path, made);
  }
  if (!isBySource) return document.toString();
  return edits.length === 0 ? undefined : edited(text, edits);
}

/** A block's range ends with its line, and takes in the empty ones behind it. */
function isInline({ type }: Scalar): boolean {
  return type === "PLAIN" || type === "QUOTE_SINGLE" || type === "QUOTE_DOUBLE";
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

function listedKeys(document: Document): readonly JsonObject[] {
  let found: Json = (document.toJS() as Json) ?? {};
  for (const [depth, name] of PATH.entries()) {
    if (!isObject(found))
      throw new Error(`${PATH.slice(0, depth).join(".") || "it"}: must be an object`);
    found = found[name] ?? (depth < PATH.length - 1 ? {} : []);
  }
  if (!Array.isArray(found)) throw new Error(`${PATH.join(".")}: must be a list`);
  if (!found.every(isObject)) throw new Error(`${PATH.join(".")}: its items must be objects`);
  return found;
}

function addKey(document: Document, key: string): void {
  // What was left empty cannot be filled.
  for (let depth = 1; depth < PATH.length; depth++) {
    const above = PATH.slice(0, depth);
    if (document.getIn(above) === null) document.deleteIn(above);
  }
  document.setIn(PATH, document.createNode([{ name: "admin", key, role: "admin" }]));
}

function newKey(): string {
  return Array.from({ length: KEY_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}
