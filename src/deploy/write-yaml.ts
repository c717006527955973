/** Writes a manifest as YAML that is read back as it was. */
import { stringify } from "yaml";
import { isMap, JsonNumber } from "../client/json.ts";
import type { Written } from "./export-entries.ts";

/** Members that are undefined, and maps of the manifest that are empty, are left out. */
export function writeYaml(document: Written): string {
  // 1.1 puts quotes around `yes` and the like, which readers of manifests take for booleans.
  return stringify(plain(document), { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
}

function plain(value: unknown): unknown {
  if (value instanceof JsonNumber) return numberOf(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (isMap(value)) return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]));
  if (!isWritten(value)) return value;
  const members = Object.entries(value).map(([key, one]) => [key, plain(one), one] as const);
  return Object.fromEntries(members.filter(([, one, from]) => !isNothing(one, from)));
}

/** A map of the manifest itself; maps that are values are Maps. */
function isWritten(value: unknown): value is Written {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isMap(value);
}

function isNothing(member: unknown, from: unknown): boolean {
  if (member === undefined) return true;
  const isMapping = isWritten(from) && !(from instanceof JsonNumber);
  return isMapping && isWritten(member) && Object.keys(member).length === 0;
}

function numberOf(text: string): number | bigint {
  return /^-?\d+$/.test(text) ? BigInt(text) : Number(text);
}
