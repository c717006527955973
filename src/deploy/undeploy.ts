/** Takes the entities of a plan away; those that are not there are passed over. */
import { undeployApis } from "./apis.ts";
import { callFeed } from "./feeds.ts";
import {
  type DependencyPlan,
  feedOf,
  ownBinding,
  type Plan,
  pathOf,
  type TriggerPlan,
} from "./plan.ts";
import { step, type Target } from "./target.ts";

/** Rejects with a ClientFailure at the first request that fails; what was done stays. */
export async function undeployPlan(plan: Plan, target: Target): Promise<void> {
  const { entities } = target;
  await undeployApis(plan, target);
  for (const { name } of plan.rules) {
    await step(target, "Undeploying", "rule", name, () => entities.remove("rules", name));
  }
  for (const trigger of plan.triggers) {
    await step(target, "Undeploying", "trigger", trigger.name, () =>
      undeployTrigger(trigger, target),
    );
  }
  for (const path of actionPaths(plan)) {
    await step(target, "Undeploying", "action", path, () => entities.remove("actions", path));
  }
  for (const { name, isDefault } of plan.packages) {
    if (isDefault) continue;
    await step(target, "Undeploying", "package", name, () => entities.remove("packages", name));
  }
  for (const { dependencies } of plan.packages) {
    for (const dependency of dependencies) await undeployDependency(dependency, target);
  }
}

/** Sequences first: they are made of the actions. */
function actionPaths({ packages }: Plan): readonly string[] {
  const paths = (kind: "sequences" | "actions") =>
    packages.flatMap((planned) => planned[kind].map((action) => pathOf(planned, action)));
  return [...paths("sequences"), ...paths("actions")];
}

/** Ends the feed of the trigger, if it has one, then deletes it. */
export async function undeployTrigger(trigger: TriggerPlan, target: Target): Promise<void> {
  const { entities, auth } = target;
  if ((await entities.find("triggers", trigger.name)) === undefined) return;
  const feed = feedOf(trigger);
  if (feed !== undefined) {
    await callFeed(entities, { event: "DELETE", feed, trigger: trigger.name, auth });
  }
  await entities.delete("triggers", trigger.name);
}

async function undeployDependency(planned: DependencyPlan, target: Target): Promise<void> {
  const { label, project } = planned;
  await step(target, "Undeploying", "dependency", label, async () => {
    if (planned.binding !== undefined || ownBinding(planned, target.namespace) !== undefined) {
      await target.entities.removeBinding(label);
    }
    if (project !== undefined) await undeployPlan(project, target);
  });
}
