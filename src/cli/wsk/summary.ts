/** `--summary` of an action (wsk-cli 5.1). */
import { compareBytes, isMap, type Value } from "../../client/json.ts";
import { type Action, findValue, type KeyValue } from "../../client/records.ts";
import type { Paint } from "./io.ts";

/** Two lines: name with a description, and the names of the parameters. */
export function actionSummary(action: Action, paint: Paint): string {
  const names = parameterNames(action.annotations ?? [], action.parameters ?? []);
  const description = findValue(action.annotations, "description");
  const about =
    typeof description === "string" && description !== "" ? description : sentence(names);
  const head = `${paint.bold("action")} ${fullName(action)}${about === "" ? "" : `: ${about}`}`;
  const list = names.length === 0 ? "none defined" : names.join(", ");
  return `${head}\n   (${paint.bold("parameters")}: ${list})\n`;
}

function fullName({ namespace = "", name = "" }: Action): string {
  if (namespace === "") return "";
  return name === "" ? `/${namespace}` : `/${namespace}/${name}`;
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
