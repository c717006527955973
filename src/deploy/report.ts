/** The inputs of a project as `--report` shows them: one JSON document for each part. */
import { encode, type JsonMap } from "../client/json.ts";
import type { KeyValue } from "../client/records.ts";
import type { Plan } from "./plan.ts";

export function reportText(plan: Plan): string {
  return [
    document(plan.project, plan.projectInputs),
    ...plan.packages.flatMap((planned) => [
      inputsOf(planned.name, planned.parameters, "  "),
      ...planned.dependencies.map(({ location, parameters }) => inputsOf(location, parameters)),
      ...planned.actions.map(({ name, parameters }) => inputsOf(name, parameters)),
      ...planned.sequences.map(({ name, parameters }) => inputsOf(name, parameters)),
    ]),
    ...plan.triggers.map(({ name, parameters }) => inputsOf(name, parameters)),
  ].join("");
}

function inputsOf(name: string, parameters: readonly KeyValue[], indent = " "): string {
  return document(name, new Map(parameters.map(({ key, value }) => [key, value])), indent);
}

function document(name: string, inputs: JsonMap, indent = " "): string {
  return `${encode({ Name: name, Inputs: inputs }, indent)}\n`;
}
