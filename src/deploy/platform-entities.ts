/** What a deployment wants to know of entities as the platform shows them. */
import { type JsonMap, mapOf } from "../client/json.ts";
import { type KeyValue, text } from "../client/records.ts";
import type { TriggerPlan } from "./plan.ts";
import type { Target } from "./target.ts";

/** Actions that stand in the namespace itself. */
export async function looseActions({ entities }: Target): Promise<readonly JsonMap[]> {
  const all = await entities.list("actions");
  return all.filter((action) => !(text(action, "namespace") ?? "").includes("/"));
}

export function nameOf(entity: JsonMap): string {
  return text(entity, "name") ?? "";
}

/** Lists have false for a package that is none, single packages an empty object. */
export function isBinding(entity: JsonMap): boolean {
  return mapOf(entity.get("binding")).size > 0;
}

/** A trigger as a plan has it. */
export function triggerOf(found: JsonMap): TriggerPlan {
  return {
    name: nameOf(found),
    parameters: entriesOf(found, "parameters"),
    annotations: entriesOf(found, "annotations"),
  };
}

/** Keys and values of a member such as `parameters`. */
export function entriesOf(found: JsonMap | undefined, member: string): readonly KeyValue[] {
  const list = found?.get(member);
  if (!Array.isArray(list)) return [];
  return list.map(mapOf).map((entry) => ({
    key: text(entry, "key") ?? "",
    value: entry.get("value") ?? null,
  }));
}
