/** Planned entities in the form in which they are sent. */
import type { Encodable } from "../client/json.ts";
import type { KeyValue } from "../client/records.ts";
import type { ActionPlan, DependencyPlan, PackagePlan, RulePlan, TriggerPlan } from "./plan.ts";
import { qualified } from "./plan-actions.ts";

export function packageRecord(planned: PackagePlan): Encodable {
  return {
    name: planned.name,
    version: planned.version,
    publish: planned.publish,
    annotations: some(planned.annotations),
    parameters: some(planned.parameters),
  };
}

/** A package that stands for another one. */
export function bindingRecord(
  planned: DependencyPlan,
  binding: { readonly namespace: string; readonly name: string },
): Encodable {
  return {
    name: planned.label,
    publish: false,
    annotations: some(planned.annotations),
    parameters: some(planned.parameters),
    binding: { namespace: binding.namespace, name: binding.name },
  };
}

/** `path` is the name with its package. */
export function actionRecord(planned: ActionPlan, path: string, namespace: string): Encodable {
  return {
    namespace,
    name: path,
    version: planned.version === "" ? undefined : planned.version,
    exec: planned.exec,
    annotations: some(planned.annotations),
    parameters: some(planned.parameters),
    limits: planned.limits,
    publish: false,
  };
}

export function triggerRecord(planned: TriggerPlan): Encodable {
  return {
    name: planned.name,
    annotations: some(planned.annotations),
    parameters: some(planned.parameters),
    publish: false,
  };
}

/** The parameters of a trigger with a feed are the feed's. */
export function feedTriggerRecord(planned: TriggerPlan): Encodable {
  return { name: planned.name, annotations: some(planned.annotations), publish: true };
}

export function ruleRecord(planned: RulePlan, namespace: string): Encodable {
  return {
    name: planned.name,
    annotations: planned.annotations,
    trigger: qualified(planned.trigger, namespace),
    action: qualified(planned.action, namespace),
    publish: false,
  };
}

function some(list: readonly KeyValue[]): readonly KeyValue[] | undefined {
  return list.length === 0 ? undefined : list;
}
