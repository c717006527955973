/**
 * Triggers, rules and packages as the REST API answers with them, reduced and ordered like the
 * records of actions (records.ts).
 */
import { isMap, type JsonMap, type JsonNumber, mapOf, type Value } from "./json.ts";
import {
  type Action,
  flag,
  type KeyValue,
  keyValues,
  type Limits,
  literal,
  text,
  toAction,
  toLimits,
} from "./records.ts";

export type Trigger = {
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly version?: string | undefined;
  readonly activationId?: string | undefined;
  readonly annotations?: readonly KeyValue[] | undefined;
  readonly parameters?: readonly KeyValue[] | undefined;
  readonly limits?: Limits | undefined;
  readonly publish?: boolean | undefined;
  /** by the rules' full names */
  readonly rules?: JsonMap | undefined;
  readonly updated?: JsonNumber | undefined;
};

export type Rule = {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly annotations?: readonly KeyValue[] | undefined;
  readonly status: string;
  /** `{name, path}` */
  readonly trigger: Value;
  /** `{name, path}` */
  readonly action: Value;
  readonly publish?: boolean | undefined;
  readonly updated?: JsonNumber | undefined;
};

export type Binding = {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
};

export type Package = {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly publish?: boolean | undefined;
  readonly annotations?: readonly KeyValue[] | undefined;
  readonly parameters?: readonly KeyValue[] | undefined;
  readonly binding?: Binding | undefined;
  readonly actions?: readonly Action[] | undefined;
  readonly feeds?: readonly Action[] | undefined;
  readonly updated?: JsonNumber | undefined;
};

export function toTrigger(value: Value | undefined): Trigger {
  const from = mapOf(value);
  const rules = from.get("rules");
  return {
    namespace: text(from, "namespace"),
    name: text(from, "name") ?? "",
    version: text(from, "version"),
    activationId: text(from, "activationId"),
    annotations: keyValues(from, "annotations"),
    parameters: keyValues(from, "parameters"),
    limits: toLimits(from.get("limits")),
    publish: flag(from, "publish"),
    rules: isMap(rules) ? rules : undefined,
    updated: literal(from, "updated"),
  };
}

export function toRule(value: Value | undefined): Rule {
  const from = mapOf(value);
  return {
    namespace: text(from, "namespace"),
    name: text(from, "name"),
    version: text(from, "version"),
    annotations: keyValues(from, "annotations"),
    status: text(from, "status") ?? "",
    trigger: from.get("trigger") ?? null,
    action: from.get("action") ?? null,
    publish: flag(from, "publish"),
    updated: literal(from, "updated"),
  };
}

export function toPackage(value: Value | undefined): Package {
  const from = mapOf(value);
  const binding = from.get("binding");
  return {
    namespace: text(from, "namespace"),
    name: text(from, "name"),
    version: text(from, "version"),
    publish: flag(from, "publish"),
    annotations: keyValues(from, "annotations"),
    parameters: keyValues(from, "parameters"),
    binding: isMap(binding)
      ? { namespace: text(binding, "namespace"), name: text(binding, "name") }
      : undefined,
    actions: actionsOf(from, "actions"),
    feeds: actionsOf(from, "feeds"),
    updated: literal(from, "updated"),
  };
}

function actionsOf(from: JsonMap, key: string): readonly Action[] | undefined {
  const value = from.get(key);
  return Array.isArray(value) ? value.map((item: Value) => toAction(item)) : undefined;
}
