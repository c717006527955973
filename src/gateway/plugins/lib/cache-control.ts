/** What headers say about caching: directives, lifetimes, variants, conditions. */
import { createHash } from "node:crypto";
import type { HeaderList } from "../../header-list.ts";

/** Directives in lower case; a number where the value is one, true without a value. */
export type Directives = ReadonlyMap<string, number | string | true>;

export function parseDirectives(values: readonly string[]): Directives {
  const directives = new Map<string, number | string | true>();
  for (const part of values.join(",").split(",")) {
    const [, name, value] = /^\s*([^=\s]+)\s*(?:=\s*(.*?)\s*)?$/.exec(part) ?? [];
    if (name === undefined) continue;
    directives.set(name.toLowerCase(), parseValue(value));
  }
  return directives;
}

function parseValue(value: string | undefined): number | string | true {
  if (value === undefined || value === "") return true;
  const plain = value.replace(/^"(.*)"$/, "$1");
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : plain;
}

/** A directive as seconds. */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name);
  return typeof value === "number" ? value : undefined;
}

/** Seconds for which a shared cache may keep the answer; undefined: its headers do not say. */
export function lifetime(headers: HeaderList, now: number): number | undefined {
  const directives = parseDirectives(headers.getAll("Cache-Control"));
  const given = secondsOf(directives, "s-maxage") ?? secondsOf(directives, "max-age");
  if (given !== undefined) return Math.max(given, 0);
  const expires = headers.getAll("Expires").at(-1);
  if (expires === undefined) return undefined;
  const at = Date.parse(expires);
  return Number.isNaN(at) ? 0 : Math.max((at - now) / 1000, 0);
}

/** Never to be kept by a shared cache. */
export function forbidsStoring(headers: HeaderList): boolean {
  const directives = parseDirectives(headers.getAll("Cache-Control"));
  return ["private", "no-store", "no-cache"].some((name) => directives.has(name));
}

/** Names of request headers in lower case, sorted; undefined for "*": no answer fits twice. */
export function parseVary(values: readonly string[]): readonly string[] | undefined {
  const names = values
    .flatMap((value) => value.split(","))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  return names.includes("*") ? undefined : [...new Set(names)].sort();
}

/** Tells requests apart by the headers that the answer varies with; empty without such. */
export function variantOf(vary: readonly string[], request: HeaderList): string {
  if (vary.length === 0) return "";
  const values = vary.map((name) => request.getAll(name).join(", "));
  return createHash("sha256").update(values.join("\0")).digest("hex");
}

/** As nginx decides on a 304: validators of the request against those of the stored answer. */
export function isUnmodified(request: HeaderList, stored: HeaderList): boolean {
  const since = request.get("If-Modified-Since");
  const tags = request.get("If-None-Match");
  if (since === undefined && tags === undefined) return false;
  if (since !== undefined && !isSameTime(since, stored.get("Last-Modified"))) return false;
  return tags === undefined || matchesTag(tags, stored.get("ETag"));
}

function isSameTime(one: string, other: string | undefined): boolean {
  return other !== undefined && Date.parse(one) === Date.parse(other);
}

function matchesTag(tags: string, stored: string | undefined): boolean {
  if (stored === undefined) return false;
  if (tags.trim() === "*") return true;
  const weak = (tag: string): string => tag.trim().replace(/^W\//, "");
  return tags.split(",").some((tag) => weak(tag) === weak(stored));
}
