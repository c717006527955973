/** Carries a plan out: its entities are created or replaced, in the order of need. */
import { deployApis } from "./apis.ts";
import { callFeed } from "./feeds.ts";
import {
  type ActionPlan,
  type DependencyPlan,
  feedOf,
  ownBinding,
  type PackagePlan,
  type Plan,
  pathOf,
  type RulePlan,
  type TriggerPlan,
} from "./plan.ts";
import { inOrderOfNeed } from "./plan-actions.ts";
import {
  actionRecord,
  bindingRecord,
  feedTriggerRecord,
  packageRecord,
  ruleRecord,
  triggerRecord,
} from "./records.ts";
import { deleteStale, linkDependencies } from "./sync.ts";
import { step, type Target } from "./target.ts";

/** Rejects with a ClientFailure at the first request that fails; what was done stays. */
export async function deployPlan(plan: Plan, target: Target): Promise<void> {
  await deployPackages(plan.packages, target);
  for (const { dependencies } of plan.packages) {
    for (const dependency of dependencies) await deployDependency(dependency, target);
  }
  for (const planned of plan.packages) {
    for (const action of planned.actions)
      await deployAction(pathOf(planned, action), action, target);
  }
  await deploySequences(plan, target);
  for (const trigger of plan.triggers) {
    await step(target, "Deploying", "trigger", trigger.name, () => deployTrigger(trigger, target));
  }
  for (const rule of plan.rules) {
    await step(target, "Deploying", "rule", rule.name, () => deployRule(rule, target));
  }
  await deployApis(plan, target);
  if (plan.managed === undefined) return;
  await deleteStale(plan.managed, target);
  await deployPackages(await linkDependencies(plan, plan.managed, target), target);
}

async function deployPackages(packages: readonly PackagePlan[], target: Target): Promise<void> {
  for (const planned of packages.filter(({ isDefault }) => !isDefault)) {
    await step(target, "Deploying", "package", planned.name, () =>
      target.entities.put("packages", planned.name, packageRecord(planned)),
    );
  }
}

async function deployDependency(planned: DependencyPlan, target: Target): Promise<void> {
  const { label, project } = planned;
  await step(target, "Deploying", "dependency", label, async () => {
    if (project !== undefined) await deployPlan(project, target);
    const binding = planned.binding ?? ownBinding(planned, target.namespace);
    if (binding === undefined) return;
    await target.entities.put("packages", label, bindingRecord(planned, binding));
  });
}

async function deployAction(path: string, action: ActionPlan, target: Target): Promise<void> {
  await step(target, "Deploying", "action", path, () =>
    target.entities.put("actions", path, actionRecord(action, path, target.namespace)),
  );
}

async function deploySequences({ packages }: Plan, target: Target): Promise<void> {
  const sequences = packages.flatMap((planned) =>
    planned.sequences.map((sequence) => ({
      path: pathOf(planned, sequence),
      needs: (sequence.exec?.components ?? []).map((name) =>
        name.replace(`/${target.namespace}/`, ""),
      ),
      sequence,
    })),
  );
  for (const { path, sequence } of inOrderOfNeed(sequences)) {
    await deployAction(path, sequence, target);
  }
}

/**
 * A feed has no update: one that is there is ended first. When the feed fails, the trigger is taken
 * away again, for it would never fire.
 */
async function deployTrigger(trigger: TriggerPlan, target: Target): Promise<void> {
  const { entities, auth } = target;
  const feed = feedOf(trigger);
  const { name, parameters } = trigger;
  if (feed === undefined) return entities.put("triggers", name, triggerRecord(trigger));
  if ((await entities.find("triggers", name)) !== undefined) {
    await callFeed(entities, { event: "DELETE", feed, trigger: name, auth });
  }
  await entities.put("triggers", name, feedTriggerRecord(trigger));
  try {
    await callFeed(entities, { event: "CREATE", feed, trigger: name, auth, parameters });
  } catch (cause) {
    await entities.remove("triggers", name);
    throw cause;
  }
}

/** A rule whose trigger was made anew is inactive: it is switched on. */
async function deployRule(rule: RulePlan, { client, entities }: Target): Promise<void> {
  await entities.put("rules", rule.name, ruleRecord(rule, entities.namespace));
  await client.setRuleStatus(entities.namespace, rule.name, "active");
}
