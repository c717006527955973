/**
 * Puts what a deployment file says over a plan: inputs and annotations of packages, actions and
 * triggers. Its entries come first, new ones are added, what it does not name stays (wsk-cli 17.4).
 */
import type { JsonMap, Value } from "../client/json.ts";
import type { KeyValue } from "../client/records.ts";
import { fileError } from "./deploy-error.ts";
import { interpolate } from "./interpolate.ts";
import type { Manifest, PackageEntry } from "./manifest.ts";
import type { Inputs } from "./parameter.ts";
import { mergeEntries, type PackagePlan, type Plan, type PlanContext } from "./plan.ts";

type Bound = {
  readonly parameters: readonly KeyValue[];
  readonly annotations: readonly KeyValue[];
};
type Entry = { readonly inputs: Inputs; readonly annotations: JsonMap };

/** Both have projects with packages: then they must have the same name. */
export function checkProjectNames(
  manifest: Manifest,
  deployment: Manifest,
  files: { readonly manifest: string; readonly deployment: string },
): void {
  if (manifest.project.packages.size === 0 || deployment.project.packages.size === 0) return;
  if (manifest.project.name === "" || manifest.project.name === deployment.project.name) return;
  const text =
    `The project named [${deployment.project.name}] in deployment file [${files.deployment}] does ` +
    `not match the name [${manifest.project.name}] in manifest file [${files.manifest}].`;
  throw fileError("ERROR_YAML_FILE_FORMAT_ERROR", files.manifest, text);
}

/** Packages of a deployment file by their names: those of its project, else those at its top. */
export function deploymentPackages(
  { project, packages }: Manifest,
  { env }: PlanContext,
): ReadonlyMap<string, PackageEntry> {
  const named = project.packages.size > 0 ? project.packages : packages;
  return new Map([...named].map(([name, entry]) => [interpolate(name, env), entry]));
}

/** Names that the plan does not have are warned of. */
export function bindDeployment(
  plan: Plan,
  entries: ReadonlyMap<string, PackageEntry>,
  context: PlanContext,
): Plan {
  for (const name of entries.keys()) {
    const isKnown = plan.packages.some((planned) => planned.name === name);
    if (!isKnown) warnUnknown("package", name, context);
  }
  return {
    ...plan,
    packages: plan.packages.map((planned) => bindPackage(planned, entries, context)),
    triggers: bindNamed(plan.triggers, allTriggers(entries), "trigger", context),
  };
}

function bindPackage(
  planned: PackagePlan,
  entries: ReadonlyMap<string, PackageEntry>,
  context: PlanContext,
): PackagePlan {
  const entry = entries.get(planned.name);
  if (entry === undefined) return planned;
  return {
    ...bind(planned, entry, context),
    actions: bindNamed(planned.actions, entry.actions, "action", context),
  };
}

function allTriggers(entries: ReadonlyMap<string, PackageEntry>): ReadonlyMap<string, Entry> {
  return new Map([...entries.values()].flatMap(({ triggers }) => [...triggers]));
}

function bindNamed<T extends Bound & { readonly name: string }>(
  planned: readonly T[],
  entries: ReadonlyMap<string, Entry>,
  noun: string,
  context: PlanContext,
): readonly T[] {
  for (const [name, { inputs, annotations }] of entries) {
    const isEmpty = inputs.size === 0 && annotations.size === 0;
    if (!isEmpty && !planned.some((one) => one.name === name)) warnUnknown(noun, name, context);
  }
  return planned.map((one) => {
    const entry = entries.get(one.name);
    return entry === undefined ? one : bind(one, entry, context);
  });
}

function bind<T extends Bound>(planned: T, entry: Entry, context: PlanContext): T {
  const inputs = [...entry.inputs].map(([key, { isDetailed, value, default: other }]) => {
    // A value in several lines may name its default only.
    const given = isDetailed ? (value ?? other) : value;
    return { key, value: context.params.get(key) ?? replaced(given, context) };
  });
  const annotations = [...entry.annotations].map(([key, value]) => ({
    key,
    value: replaced(value, context),
  }));
  return {
    ...planned,
    parameters: mergeEntries(inputs, planned.parameters),
    annotations: mergeEntries(annotations, planned.annotations),
  };
}

function replaced(value: Value, { env }: PlanContext): Value {
  return typeof value === "string" ? interpolate(value, env) : value;
}

function warnUnknown(noun: string, name: string, { warn }: PlanContext): void {
  warn(`The ${noun} [${name}] in the deployment file was not found in the manifest file.`);
}
