/** `--summary` of entities (wsk-cli 5.1). */
import type { Package, Rule, Trigger } from "../../client/entities.ts";
import { compareBytes, isMap, type Value } from "../../client/json.ts";
import { type Action, findValue, type KeyValue } from "../../client/records.ts";
import type { Paint } from "./io.ts";

/** Two lines: name with a description, and the names of the parameters. */
export function actionSummary(action: Action, paint: Paint): string {
  return entitySummary("action", fullName(action.namespace, action.name), action, paint);
}

export function triggerSummary(trigger: Trigger, paint: Paint): string {
  return entitySummary("trigger", fullName(trigger.namespace, trigger.name), trigger, paint);
}

/** The package, then its actions, then its feeds. */
export function packageSummary(shown: Package, paint: Paint): string {
  const { namespace, name, actions = [], feeds = [] } = shown;
  const contained = (type: string) => (action: Action) =>
    entitySummary(type, fullName(namespace, name, action.name), action, paint);
  return [
    entitySummary("package", fullName(namespace, name), shown, paint),
    ...actions.map(contained(" action")),
    ...feeds.map(contained(" feed  ")),
  ].join("");
}

export function ruleSummary({ namespace, name, status }: Rule, paint: Paint): string {
  return `${paint.bold("rule")} ${fullName(namespace, name)}\n   (${paint.bold("status")}: ${status})\n`;
}

type Described = {
  readonly annotations?: readonly KeyValue[] | undefined;
  readonly parameters?: readonly KeyValue[] | undefined;
};

function entitySummary(type: string, path: string, entity: Described, paint: Paint): string {
  const names = parameterNames(entity.annotations ?? [], entity.parameters ?? []);
  const description = findValue(entity.annotations, "description");
  const about =
    typeof description === "string" && description !== "" ? description : sentence(names);
  const head = `${paint.bold(type)} ${path}${about === "" ? "" : `: ${about}`}`;
  const list = names.length === 0 ? "none defined" : names.join(", ");
  return `${head}\n   (${paint.bold("parameters")}: ${list})\n`;
}

/** The parts up to the first empty one. */
function fullName(...parts: readonly (string | undefined)[]): string {
  const end = parts.findIndex((part) => part === undefined || part === "");
  const named = end < 0 ? parts : parts.slice(0, end);
  return named.map((part) => `/${part}`).join("");
}

/** Bound and described parameters in one sorted list; bound ones are marked, final ones twice. */
function parameterNames(
  annotations: readonly KeyValue[],
  parameters: readonly KeyValue[],
): readonly string[] {
  const mark = findValue(annotations, "final") === true ? "**" : "*";
  const bound = new Set(parameters.map(({ key }) => key));
  const described = describedNames(findValue(annotations, "parameters"));
  const union = [...new Set([...bound, ...described])].sort(compareBytes);
  return union.map((name) => (bound.has(name) ? mark + name : name));
}

function describedNames(value: Value | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: Value) => {
    const name = isMap(item) ? item.get("name") : undefined;
    return typeof name === "string" ? [name] : [];
  });
}

function sentence(names: readonly string[]): string {
  const plain = names.map((name) => name.replaceAll("*", ""));
  const last = plain.at(-1);
  if (last === undefined) return "";
  if (plain.length === 1) return `Returns a result based on parameter ${last}`;
  return `Returns a result based on parameters ${plain.slice(0, -1).join(", ")} and ${last}`;
}
