/** Writes a manifest as YAML that is read back as it was. */
import { stringify } from "yaml";
import { isMap, JsonNumber } from "../client/json.ts";
import type { Written } from "./export-entries.ts";

/** Members that are undefined, empty maps or empty lists are left out. */
export function writeYaml(document: Written): string {
  // 1.1 puts quotes around `yes` and the like, which readers of manifests take for booleans.
  return stringify(plain(document), { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
}

function plain(value: unknown, isValue = false): unknown {
  if (value instanceof JsonNumber) return numberOf(value.text);
  if (Array.isArray(value)) return value.map((item) => plain(item, true));
  if (isMap(value)) return mapped([...value], true);
  if (typeof value === "object" && value !== null) return mapped(Object.entries(value), isValue);
  return value;
}

function mapped(entries: readonly (readonly [string, unknown])[], isValue: boolean): unknown {
  const members = entries
    .map(([key, member]) => [key, plain(member, isValue)] as const)
    .filter(([, member]) => isValue || !isEmpty(member));
  return Object.fromEntries(members);
}

function isEmpty(member: unknown): boolean {
  const isMapping = typeof member === "object" && member !== null && !Array.isArray(member);
  return member === undefined || (isMapping && Object.keys(member).length === 0);
}

function numberOf(text: string): number | bigint {
  return /^-?\d+$/.test(text) ? BigInt(text) : Number(text);
}
