/** The plan of a managed project as the platform has it, to be undeployed or shown. */
import { type JsonMap, mapOf } from "../client/json.ts";
import { text, toAction } from "../client/records.ts";
import { dependenciesOf, markOf, projectOf } from "./managed.ts";
import type {
  ActionPlan,
  DependencyPlan,
  PackagePlan,
  Plan,
  RulePlan,
  TriggerPlan,
} from "./plan.ts";
import { DEFAULT_PACKAGE } from "./plan.ts";
import { entriesOf, isBinding, looseActions, nameOf, triggerOf } from "./platform-entities.ts";
import type { Target } from "./target.ts";

/** Everything that carries the mark of the project. */
async function readProject(project: string, target: Target): Promise<Plan> {
  const { entities } = target;
  const own = (list: readonly JsonMap[]): readonly JsonMap[] =>
    list.filter((entity) => projectOf(entity) === project);
  const packages: PackagePlan[] = [];
  const listed = own(await entities.list("packages"));
  for (const name of listed.filter((found) => !isBinding(found)).map(nameOf)) {
    const actions = own(await entities.list("actions", name));
    packages.push(await readPackage(name, actions, target));
  }
  const loose = await readPackage(DEFAULT_PACKAGE, own(await looseActions(target)), target);
  const dependencies = listed.filter(isBinding).map(bindingOf);
  if (loose.actions.length + loose.sequences.length + dependencies.length > 0) {
    packages.push({ ...loose, dependencies });
  }
  const triggers: TriggerPlan[] = [];
  for (const found of own(await entities.list("triggers"))) {
    triggers.push(triggerOf((await entities.find("triggers", nameOf(found))) ?? found));
  }
  const rules = own(await entities.list("rules")).map(ruleOf);
  return {
    project,
    projectInputs: new Map(),
    managed: undefined,
    packages,
    triggers,
    rules,
    apis: [],
    swagger: undefined,
  };
}

async function readPackage(
  name: string,
  actions: readonly JsonMap[],
  { entities }: Target,
): Promise<PackagePlan> {
  const isDefault = name === DEFAULT_PACKAGE;
  const found = isDefault ? undefined : await entities.find("packages", name);
  const plans: ActionPlan[] = [];
  for (const listed of actions) {
    const path = isDefault ? nameOf(listed) : `${name}/${nameOf(listed)}`;
    const action = await entities.find("actions", path, "?code=false");
    if (action !== undefined) plans.push(actionOf(action));
  }
  return {
    name,
    isDefault,
    version: found === undefined ? "" : (text(found, "version") ?? ""),
    publish: found?.get("publish") === true,
    parameters: entriesOf(found, "parameters"),
    annotations: entriesOf(found, "annotations"),
    dependencies: [],
    actions: plans.filter(({ exec }) => exec?.kind !== "sequence"),
    sequences: plans.filter(({ exec }) => exec?.kind === "sequence"),
  };
}

function actionOf(found: JsonMap): ActionPlan {
  const { name = "", version = "", exec, parameters, annotations } = toAction(found);
  const { kind = "", components } = exec ?? {};
  return {
    name,
    version,
    exec: { kind, ...(components === undefined ? {} : { components }) },
    parameters: parameters ?? [],
    annotations: annotations ?? [],
    limits: undefined,
  };
}

function bindingOf(found: JsonMap): DependencyPlan {
  const binding = mapOf(found.get("binding"));
  const namespace = text(binding, "namespace") ?? "";
  const name = text(binding, "name") ?? "";
  return {
    label: nameOf(found),
    location: `/${namespace}/${name}`,
    binding: { namespace, name },
    project: undefined,
    parameters: entriesOf(found, "parameters"),
    annotations: entriesOf(found, "annotations"),
  };
}

function ruleOf(found: JsonMap): RulePlan {
  const reference = (key: string): string => {
    const map = mapOf(found.get(key));
    return `/${text(map, "path") ?? ""}/${text(map, "name") ?? ""}`;
  };
  return {
    name: nameOf(found),
    trigger: reference("trigger"),
    action: reference("action"),
    annotations: entriesOf(found, "annotations"),
  };
}

/**
 * The project, and behind it the projects that only it depends on: those may go too, once nothing
 * of it is made of them.
 */
export async function readProjectWithDependencies(
  project: string,
  target: Target,
): Promise<readonly Plan[]> {
  const plan = await readProject(project, target);
  const packages = await target.entities.list("packages");
  const others = packages.filter((found) => markOf(found) && projectOf(found) !== project);
  const used = new Set(others.flatMap(dependenciesOf));
  const own = packages.filter((found) => projectOf(found) === project);
  const names = new Set(own.flatMap(dependenciesOf).filter((name) => !used.has(name)));
  const projects = new Set<string>();
  for (const found of others) {
    const owner = projectOf(found);
    const name = `/${text(found, "namespace")}/${nameOf(found)}`;
    if (owner !== undefined && names.has(name)) projects.add(owner);
  }
  const plans: Plan[] = [];
  for (const name of projects) plans.push(await readProject(name, target));
  return [plan, ...plans];
}
