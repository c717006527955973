/** A plan as `--preview` shows it (wsk-cli 17.6). */
import { display } from "../client/failures.ts";
import { encode } from "../client/json.ts";
import type { KeyValue } from "../client/records.ts";
import type { ActionPlan, PackagePlan, Plan, RulePlan, TriggerPlan } from "./plan.ts";

export function previewText(plan: Plan): string {
  return [
    "Packages:",
    ...plan.packages.flatMap(packageLines),
    "Triggers:",
    ...plan.triggers.flatMap(triggerLines),
    "",
    "Rules",
    ...plan.rules.flatMap(ruleLines),
    "",
    "",
  ].join("\n");
}

function packageLines(planned: PackagePlan): readonly string[] {
  return [
    `Name: ${planned.name}`,
    ...bindings(planned.parameters),
    ...annotations(planned.annotations),
    ...planned.dependencies.flatMap(({ label, location }) => [
      `  * dependency: ${label}`,
      `    location: ${location}`,
    ]),
    "",
    ...planned.actions.flatMap(actionLines),
    "",
    ...planned.sequences.flatMap((sequence) => [
      `  * sequence: ${sequence.name}`,
      ...annotations(sequence.annotations),
    ]),
    "",
  ];
}

function actionLines(action: ActionPlan): readonly string[] {
  return [
    `  * action: ${action.name}`,
    ...bindings(action.parameters),
    ...annotations(action.annotations),
  ];
}

function triggerLines(trigger: TriggerPlan): readonly string[] {
  return [
    `* trigger: ${trigger.name}`,
    ...bindings(trigger.parameters),
    ...annotations(trigger.annotations),
  ];
}

function ruleLines(rule: RulePlan): readonly string[] {
  return [
    `* rule: ${rule.name}`,
    ...annotations(rule.annotations),
    `    - trigger: ${rule.trigger}`,
    `    - action: ${rule.action}`,
  ];
}

const INDENT = "  ";

function bindings(parameters: readonly KeyValue[]): readonly string[] {
  return [
    "    bindings: ",
    ...parameters.map(({ key, value }) => `        - ${key} : ${encode(value, INDENT)}`),
  ];
}

function annotations(entries: readonly KeyValue[]): readonly string[] {
  return [
    "    annotation: ",
    ...entries.map(({ key, value }) => `        - ${key} : ${display(value)}`),
  ];
}
