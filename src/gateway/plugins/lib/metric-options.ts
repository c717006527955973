/** What `plugin_attr.prometheus` of config.yaml says of the metrics of requests. */
import type { Json, JsonObject } from "../../../core/documents.ts";
import { isObject } from "../../schema/lua.ts";

/** Labels beyond the original's, each with the variable that gives its value. */
export type ExtraLabels = readonly (readonly [label: string, variable: string])[];

const BUCKETS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];
/** Of one metric; empty when nothing is said of it. */
export function metricOf(attributes: JsonObject, name: string): JsonObject {
  const { metrics } = attributes;
  const one = isObject(metrics) ? metrics[name] : undefined;
  return isObject(one) ? one : {};
}

/** `extra_labels: [{ upstream_addr: $upstream_addr }]` */
export function extraOf({ extra_labels: list }: JsonObject): ExtraLabels {
  if (!Array.isArray(list)) return [];
  return list
    .filter(isObject)
    .flatMap((one) => Object.entries(one).slice(0, 1))
    .map(([label, variable]) => [label, String(variable).replace(/^\$/, "")] as const);
}

/** seconds; 0: never */
export function expiry(seconds: Json | undefined): { expireMs?: number } {
  return typeof seconds === "number" && seconds > 0 ? { expireMs: seconds * 1000 } : {};
}

/** Milliseconds, rising. */
export function bucketsOf(given: Json | undefined): readonly number[] {
  if (!Array.isArray(given)) return BUCKETS_MS;
  const bounds = given.filter((one): one is number => typeof one === "number");
  return bounds.length === 0 ? BUCKETS_MS : [...bounds].sort((a, b) => a - b);
}
