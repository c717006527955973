/** Triggers and rules. They stand in the namespace, whatever package of the manifest has them. */
import { fileError } from "./deploy-error.ts";
import { interpolate } from "./interpolate.ts";
import type { TriggerEntry } from "./manifest.ts";
import { feedOf, type PlanContext, type RulePlan, type TriggerPlan } from "./plan.ts";
import { inPackage, type PackageScope } from "./plan-actions.ts";
import { resolveAnnotations, resolveInputs, resolveName } from "./plan-inputs.ts";

/** Throws a DeployError when packages disagree about a trigger. */
export function planTriggers(
  scopes: readonly PackageScope[],
  context: PlanContext,
): readonly TriggerPlan[] {
  const triggers = new Map<string, TriggerPlan>();
  for (const scope of scopes) {
    for (const [key, entry] of scope.entry.triggers) {
      const trigger = planTrigger(key, entry, scope, context);
      const other = triggers.get(trigger.name);
      if (other !== undefined && feedOf(other) !== feedOf(trigger)) {
        throw otherFeed(trigger, other, context.file);
      }
      triggers.set(trigger.name, trigger);
    }
  }
  return [...triggers.values()];
}

function planTrigger(
  key: string,
  entry: TriggerEntry,
  scope: PackageScope,
  context: PlanContext,
): TriggerPlan {
  if (entry.source !== "") {
    context.warn(
      "The [source] key in the manifest file will soon be deprecated, please use the [feed] key " +
        "instead.",
    );
  }
  const feed = interpolate(entry.feed === "" ? entry.source : entry.feed, context.env);
  const name = resolveName(key, scope.inputs, context);
  const supplied = scope.supplied?.triggers.get(name)?.inputs;
  return {
    name,
    parameters: resolveInputs(entry.inputs, scope.inputs, context, supplied),
    annotations: [
      ...(feed === "" ? [] : [{ key: "feed", value: feed }]),
      ...resolveAnnotations(entry.annotations, context),
    ],
  };
}

function otherFeed(trigger: TriggerPlan, other: TriggerPlan, file: string): Error {
  const feeds = [trigger, other].map((one) => JSON.stringify(feedOf(one) ?? "")).join(", ");
  const text =
    `One single trigger [${trigger.name}] is defined with multiple feeds [${feeds}]. Triggers are ` +
    "created directly under the namespace, its not possible to have triggers with same name but " +
    "different feeds. Please update trigger names in manifest file.";
  return fileError("ERROR_YAML_PARSER_ERROR", file, text);
}

/** Throws a DeployError when packages disagree about a rule. */
export function planRules(
  scopes: readonly PackageScope[],
  context: PlanContext,
): readonly RulePlan[] {
  const rules = new Map<string, RulePlan>();
  for (const scope of scopes) {
    for (const [key, entry] of scope.entry.rules) {
      const action = resolveName(entry.action, scope.inputs, context).trim();
      const rule = {
        name: resolveName(key, scope.inputs, context),
        trigger: resolveName(entry.trigger, scope.inputs, context),
        action: inPackage(action, scope.name),
        annotations: resolveAnnotations(entry.annotations, context),
      };
      const other = rules.get(rule.name);
      if (other !== undefined && (other.action !== rule.action || other.trigger !== rule.trigger)) {
        throw otherRule(rule, other, context.file);
      }
      rules.set(rule.name, rule);
    }
  }
  return [...rules.values()];
}

function otherRule(rule: RulePlan, other: RulePlan, file: string): Error {
  const both = (key: "action" | "trigger"): string =>
    [rule, other].map((one) => JSON.stringify(one[key])).join(", ");
  const text =
    `One single rule [${rule.name}] is defined with different actions [${both("action")}] and/or ` +
    `triggers [${both("trigger")}]. Rules are created directly under the namespace, its not ` +
    "possible to have rules with same name but associated with different actions/triggers. Please " +
    "update rule names in manifest file.";
  return fileError("ERROR_YAML_PARSER_ERROR", file, text);
}
