/** What a managed deployment does beyond deploying: it deletes what left the project. */
import { type JsonMap, mapOf } from "../client/json.ts";
import { type KeyValue, text } from "../client/records.ts";
import { MANAGED, markOf, withDependencies } from "./managed.ts";
import { mergeEntries, type PackagePlan, type Plan } from "./plan.ts";
import { isBinding, looseActions, nameOf, triggerOf } from "./platform-entities.ts";
import type { Target } from "./target.ts";
import { undeployTrigger } from "./undeploy.ts";

/** Entities of the same project with another hash were deployed before and are there no more. */
export async function deleteStale(managed: KeyValue, target: Target): Promise<void> {
  const { entities } = target;
  const own = mapOf(managed.value);
  const stale = (list: readonly JsonMap[]): readonly JsonMap[] =>
    list.filter((entity) => isStale(entity, own));
  const gone = (noun: string, name: string): void =>
    target.warn(
      `Deleting ${noun} [${name}] which was removed from the current managed project ` +
        `[${text(own, "projectName")}] as part of undeployment.`,
    );
  for (const trigger of stale(await entities.list("triggers"))) {
    gone("trigger", nameOf(trigger));
    await undeployTrigger(triggerOf(trigger), target);
  }
  for (const rule of stale(await entities.list("rules"))) {
    gone("rule", nameOf(rule));
    await entities.delete("rules", nameOf(rule));
  }
  for (const action of stale(await looseActions(target))) {
    gone("action", nameOf(action));
    await entities.delete("actions", nameOf(action));
  }
  for (const found of (await entities.list("packages")).filter(isMarked)) {
    const name = nameOf(found);
    for (const action of stale(isBinding(found) ? [] : await entities.list("actions", name))) {
      gone("action", `${name}/${nameOf(action)}`);
      await entities.delete("actions", `${name}/${nameOf(action)}`);
    }
    if (!isStale(found, own)) continue;
    gone("package", name);
    await entities.delete("packages", name);
  }
}

function isMarked(entity: JsonMap): boolean {
  return markOf(entity) !== undefined;
}

function isStale(entity: JsonMap, own: JsonMap): boolean {
  const mark = markOf(entity);
  return (
    mark !== undefined &&
    mark.get("projectName") === own.get("projectName") &&
    mark.get("projectHash") !== own.get("projectHash")
  );
}

/** The packages of a plan, their marks naming the projects they depend on. */
export async function linkDependencies(
  plan: Plan,
  managed: KeyValue,
  target: Target,
): Promise<readonly PackagePlan[]> {
  const linked: PackagePlan[] = [];
  for (const planned of plan.packages) {
    const projects = planned.dependencies.filter(({ project }) => project !== undefined);
    const marks: KeyValue[] = [];
    for (const { label } of projects) marks.push(...(await markOfDependency(label, target)));
    const mark = withDependencies(managed, mergeEntries(marks, []));
    const others = planned.annotations.filter(({ key }) => key !== MANAGED);
    linked.push({ ...planned, annotations: [...others, mark] });
  }
  return linked;
}

async function markOfDependency(label: string, { entities }: Target): Promise<readonly KeyValue[]> {
  const found = await entities.find("packages", label);
  const bound = text(mapOf(found?.get("binding")), "name");
  const origin = bound === undefined ? found : await entities.find("packages", bound);
  const mark = origin === undefined ? undefined : markOf(origin);
  if (origin === undefined || mark === undefined) return [];
  return [{ key: `/${text(origin, "namespace")}/${nameOf(origin)}`, value: mark }];
}
