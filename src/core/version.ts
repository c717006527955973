/** Semantic versions of entities: "x.y.z" (openwhisk-api.md 4.5, end). */
import type { Json } from "./documents.ts";
import { badContent } from "./errors.ts";

/** The version of an entity that has just been created. */
export const FIRST_VERSION = "0.0.1";

const INT_MAX = 2 ** 31 - 1;

/**
 * Reads a version: up to three numbers, missing ones are 0, what follows the third is dropped; not
 * all 0. Throws `semantic version malformed`.
 */
export function parseVersion(value: Json): string {
  const parts = typeof value === "string" ? split(value).map(parseInt32) : [];
  const [major = 0, minor = 0, patch = 0] = parts;
  const isGood = [major, minor, patch].every((part) => part >= 0) && major + minor + patch > 0;
  if (!isGood) throw badContent("semantic version malformed");
  return `${major}.${minor}.${patch}`;
}

/** "1.2.3" → "1.2.4". */
export function nextPatch(version: string): string {
  const [major, minor, patch] = version.split(".");
  return `${major}.${minor}.${Number(patch) + 1}`;
}

/** Like Java's split: empty parts at the end do not count. */
function split(text: string): string[] {
  return text.replace(/\.+$/, "").split(".").slice(0, 3);
}

/** NaN when the text is not a 32-bit integer; NaN fails every comparison. */
function parseInt32(text: string): number {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  return number <= INT_MAX ? number + 0 : Number.NaN;
}
