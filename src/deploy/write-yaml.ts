/** Writes a manifest as YAML that is read back as it was. */
import { Scalar, stringify } from "yaml";
import { isMap, JsonNumber } from "../client/json.ts";
import type { Written } from "./export-entries.ts";
import { resolvePlain } from "./yaml-scalar.ts";

/** Members that are undefined, and maps of the manifest that are empty, are left out. */
export function writeYaml(document: Written): string {
  return stringify(plain(document), { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
}

function plain(value: unknown): unknown {
  if (typeof value === "string") return textOf(value);
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

/** In quotes when readers of manifests would take it for something else. */
function textOf(text: string): string | Scalar {
  if (resolvePlain(text) === text) return text;
  const scalar = new Scalar(text);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

function numberOf(text: string): number | bigint {
  return /^-?\d+$/.test(text) ? BigInt(text) : Number(text);
}
