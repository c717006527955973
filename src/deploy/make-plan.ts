/** From the files of a project to its plan. Pure: all that was read comes in as an argument. */
import { isMap, type JsonMap, tryParse } from "../client/json.ts";
import { text } from "../client/records.ts";
import { bindDeployment, deploymentPackages } from "./bind-deployment.ts";
import { DeployError } from "./deploy-error.ts";
import { interpolate, variableName } from "./interpolate.ts";
import { isKnownLicense } from "./licenses.ts";
import type { Manifest, PackageEntry } from "./manifest.ts";
import {
  type DependencyPlan,
  isDefaultPackage,
  type PackagePlan,
  type Plan,
  type PlanContext,
  type Source,
} from "./plan.ts";
import { type PackageScope, planActions, planSequences } from "./plan-actions.ts";
import { planApis, withWebActions } from "./plan-apis.ts";
import { planRules, planTriggers } from "./plan-events.ts";
import {
  packageParameters,
  packageScope,
  projectScope,
  resolveAnnotations,
  resolveInputs,
  type Scope,
} from "./plan-inputs.ts";

/** All that was read of a project. */
export type ProjectFiles = {
  readonly manifest: Manifest;
  readonly deployment: Manifest | undefined;
  /** code by package and action */
  readonly sources: ReadonlyMap<string, ReadonlyMap<string, Source>>;
  /** what dependencies are, by package and label */
  readonly dependencies: ReadonlyMap<string, ReadonlyMap<string, FoundDependency>>;
  /** JSON of the swagger document that `project.config` names */
  readonly swagger: string | undefined;
};

export type FoundDependency = Pick<DependencyPlan, "location" | "binding" | "project">;

/** `project` overrides the manifest's name when it is not empty. Throws a DeployError. */
export function makePlan(files: ProjectFiles, project: string, context: PlanContext): Plan {
  const { manifest, deployment } = files;
  const bound = deployment === undefined ? new Map() : deploymentPackages(deployment, context);
  const projectInputs = projectScope(manifest.project.inputs, context);
  const scopes = packagesOf(manifest, projectInputs, context).map(([name, entry]): PackageScope => {
    const supplied: PackageEntry | undefined = bound.get(name);
    const inputs = packageScope(entry.inputs, projectInputs, context, supplied?.inputs);
    return { name, entry, supplied, inputs, sources: files.sources.get(name) ?? new Map() };
  });
  if (scopes.length === 0)
    context.warn(`The manifest file [${context.file}] contained no packages.`);
  const apis = scopes.flatMap((scope) => planApis(scope, context));
  const packages = scopes.map((scope) => {
    const dependencies = planDependencies(scope, files, context);
    const planned = planPackage(scope, projectInputs, dependencies, context);
    return withWebActions(planned, apis, context);
  });
  const plan: Plan = {
    project: project === "" ? manifest.project.name : project,
    projectInputs: new Map([...projectInputs].map(([name, { value }]) => [name, value])),
    managed: context.managed,
    packages,
    triggers: planTriggers(scopes, context),
    rules: planRules(scopes, context),
    apis,
    swagger: files.swagger,
  };
  return bindDeployment(plan, bound, context);
}

/**
 * Packages with their names: those at the top of the manifest, else those of its project. A name
 * that is empty once its variables are replaced is looked up among the project's inputs.
 */
export function packagesOf(
  manifest: Manifest,
  inputs: Scope,
  { env }: Pick<PlanContext, "env">,
): readonly (readonly [string, PackageEntry])[] {
  const { packages, project } = manifest;
  const entries = packages.size > 0 ? packages : project.packages;
  return [...entries].map(([key, entry]) => {
    const name = interpolate(key, env);
    if (name !== "" || packages.size > 0) return [name, entry];
    const input = inputs.get(variableName(key))?.value;
    return [typeof input === "string" ? interpolate(input, env) : name, entry];
  });
}

const DEFAULT_VERSION = "0.0.1";

function planPackage(
  scope: PackageScope,
  projectInputs: Scope,
  dependencies: readonly DependencyPlan[],
  context: PlanContext,
): PackagePlan {
  const { name, entry } = scope;
  warnOfPackage(name, entry, context);
  const version = entry.version === "" ? DEFAULT_VERSION : interpolate(entry.version, context.env);
  return {
    name,
    isDefault: isDefaultPackage(name),
    version,
    publish: entry.public && !isDefaultPackage(name),
    parameters: packageParameters(scope.inputs, projectInputs),
    annotations: resolveAnnotations(entry.annotations, context),
    dependencies,
    actions: planActions(scope, context),
    sequences: planSequences(scope, context),
  };
}

function warnOfPackage(name: string, entry: PackageEntry, { warn }: PlanContext): void {
  const missing = (key: string, value: string): void =>
    warn(`The mandatory key [${key}] should be set. Using default value [${value}]...`);
  if (entry.version === "") missing("Package version", DEFAULT_VERSION);
  if (entry.license === "") missing("Package license", "unlicensed");
  else if (!isKnownLicense(entry.license)) {
    warn(`The value for key [${entry.license}] is not valid.`);
  }
  if (entry.public && !isDefaultPackage(name)) {
    warn(
      `[${name}] is marked as public in manifest file, it will be visible and can be accessed by ` +
        "anyone",
    );
  }
}

function planDependencies(
  { name, entry, inputs }: PackageScope,
  files: ProjectFiles,
  context: PlanContext,
): readonly DependencyPlan[] {
  const found = files.dependencies.get(name);
  return [...entry.dependencies].flatMap(([label, dependency]) => {
    const what = found?.get(label);
    if (what === undefined) return [];
    return {
      ...what,
      label,
      parameters: resolveInputs(dependency.inputs, inputs, context),
      annotations: resolveAnnotations(dependency.annotations, context),
    };
  });
}

/** Checks a swagger document as `wsk api create --config-file` does; gives its base path. */
export function swaggerBasePath(json: string): string {
  const document = tryParse(json);
  const map: JsonMap = isMap(document) ? document : new Map();
  const basePath = text(map, "basePath") ?? "";
  const isWhole = basePath !== "" && (text(map, "swagger") ?? "") !== "";
  const problem =
    !isWhole || !isMap(map.get("info")) || !isMap(map.get("paths"))
      ? "Swagger file is invalid (missing basePath, info, paths, or swagger fields)"
      : basePath.startsWith("/")
        ? undefined
        : "Swagger file basePath must start with a leading slash (/)";
  if (problem === undefined) return basePath;
  throw new DeployError("ERROR_YAML_FILE_FORMAT_ERROR", `Unable to parse swagger file: ${problem}`);
}
