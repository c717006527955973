/**
 * Reads a project and all it depends on, and plans it. Nothing is sent before everything has been
 * read, so that a broken project changes nothing.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import type { JsonMap } from "../client/json.ts";
import { checkProjectNames } from "./bind-deployment.ts";
import { type Location, readLocation } from "./dependency-location.ts";
import { fileError } from "./deploy-error.ts";
import { cloneRepository } from "./git.ts";
import { type Environment, interpolate } from "./interpolate.ts";
import { type FoundDependency, makePlan, packagesOf, swaggerBasePath } from "./make-plan.ts";
import { managedAnnotation } from "./managed.ts";
import { type Manifest, type PackageEntry, parseManifest } from "./manifest.ts";
import type { Plan, PlanContext } from "./plan.ts";
import { projectScope } from "./plan-inputs.ts";
import { findDeployment, findManifest } from "./project-files.ts";
import { folderOf, isAddress, kindOfPath, readContent } from "./read-content.ts";
import type { Runtimes } from "./runtimes.ts";
import { readSources } from "./sources.ts";

export type PrepareOptions = {
  readonly namespace: string;
  readonly env: Environment;
  readonly runtimes: Runtimes;
  /** inputs given on the command line */
  readonly params: JsonMap;
  readonly isStrict: boolean;
  readonly isManaged: boolean;
  readonly isUndeploy: boolean;
  readonly warn: (text: string) => void;
};

export type ProjectLocation = {
  /** path or address */
  readonly manifest: string;
  /** "" when there is none */
  readonly deployment: string;
  /** overrides the name in the manifest; "" does not */
  readonly project: string;
};

/** Projects that were entered on the way to this one, outermost first. */
type Trail = readonly string[];

/** Throws a DeployError for the first thing that is wrong. */
export async function prepareProject(
  location: ProjectLocation,
  options: PrepareOptions,
): Promise<Plan> {
  return prepare(location, options, []);
}

async function prepare(
  location: ProjectLocation,
  options: PrepareOptions,
  trail: Trail,
): Promise<Plan> {
  const file = location.manifest;
  const content = await readContent(file);
  const manifest = parseManifest(content.toString("utf8"), file);
  const deployment = await readDeployment(location, manifest);
  const name = location.project === "" ? manifest.project.name : location.project;
  if (location.project !== "") {
    options.warn(`The project name has been overridden. Using ${location.project}`);
  }
  const managed = options.isManaged ? markFor(name, file, content) : undefined;
  const context: PlanContext = { ...options, file, managed };
  const packages = packagesOf(manifest, projectScope(manifest.project.inputs, context), context);
  const { isUndeploy } = options;
  return makePlan(
    {
      manifest,
      deployment,
      sources: isUndeploy ? new Map() : await readSources(packages, context),
      dependencies: await findDependencies(packages, { file, options, trail }),
      swagger: await readSwagger(manifest.project.config, file),
    },
    location.project,
    context,
  );
}

async function readDeployment(
  location: ProjectLocation,
  manifest: Manifest,
): Promise<Manifest | undefined> {
  const file = location.deployment;
  if (file === "") return undefined;
  const deployment = parseManifest((await readContent(file)).toString("utf8"), file);
  checkProjectNames(manifest, deployment, { manifest: location.manifest, deployment: file });
  return deployment;
}

function markFor(project: string, file: string, content: Buffer) {
  if (project !== "") return managedAnnotation(project, file, content);
  const text = "The mandatory key [project name] is missing.";
  throw fileError("ERROR_YAML_FILE_FORMAT_ERROR", file, text);
}

/**
 * JSON of the document, whatever it is written in; undefined when none is named. The name counts
 * from here, as in the original, else from the folder of the manifest.
 */
async function readSwagger(named: string, manifest: string): Promise<string | undefined> {
  if (named === "") return undefined;
  const isHere = (await kindOfPath(named)) === "file" || isAddress(named);
  const file = isHere ? named : folderOf(manifest) + named;
  const content = (await readContent(file)).toString("utf8");
  const json = /ya?ml$/.test(file) ? JSON.stringify(yamlOf(content, file)) : content;
  swaggerBasePath(json);
  return json;
}

function yamlOf(content: string, file: string): unknown {
  try {
    return parseYaml(content, { prettyErrors: false });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const text = `Unable to parse YAML configuration file: ${why}`;
    throw fileError("ERROR_YAML_FILE_FORMAT_ERROR", file, text, cause);
  }
}

type Way = { readonly file: string; readonly options: PrepareOptions; readonly trail: Trail };
type Dependencies = ReadonlyMap<string, ReadonlyMap<string, FoundDependency>>;

async function findDependencies(
  packages: readonly (readonly [string, PackageEntry])[],
  way: Way,
): Promise<Dependencies> {
  const found = new Map<string, ReadonlyMap<string, FoundDependency>>();
  const places = new Map<string, string>();
  for (const [name, { dependencies }] of packages) {
    const own = new Map<string, FoundDependency>();
    for (const [label, { location, version }] of dependencies) {
      const place = interpolate(location, way.options.env);
      checkPlace(label, places, `${place} ${version}`, way.file);
      own.set(label, await findDependency(label, place, version, way));
    }
    found.set(name, own);
  }
  return found;
}

/** One label is one dependency, in whatever package. */
function checkPlace(label: string, places: Map<string, string>, place: string, file: string): void {
  const other = places.get(label);
  places.set(label, place);
  if (other === undefined || other === place) return;
  const text =
    `One single dependency [${label}] has two different locations [${other.trim()},` +
    `${place.trim()}]. This kind of specification is not supported. Please update the dependency ` +
    `label [${label}] in the manifest file to point to same location or create two separate ` +
    "labels for two different locations.";
  throw fileError("ERROR_YAML_PARSER_ERROR", file, text);
}

async function findDependency(
  label: string,
  given: string,
  version: string,
  way: Way,
): Promise<FoundDependency> {
  const location = readLocation(given, way.file);
  if (location.kind === "binding") {
    const { namespace, name } = location;
    return { location: given, binding: { namespace, name }, project: undefined };
  }
  const project = await prepareDependency(label, location, version, way);
  return { location: given, binding: undefined, project };
}

async function prepareDependency(
  label: string,
  location: Exclude<Location, { kind: "binding" }>,
  version: string,
  way: Way,
): Promise<Plan> {
  if (location.kind === "folder") {
    const folder = join(folderOf(way.file), location.path);
    return prepareFolder(label, folder, folder, way);
  }
  const folder = await cloneRepository(location.repository, version, way.options.env);
  try {
    const identity = `${location.repository} ${location.folder} ${version}`;
    return await prepareFolder(label, join(folder, location.folder), identity, way);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepareFolder(
  label: string,
  folder: string,
  identity: string,
  { file, options, trail }: Way,
): Promise<Plan> {
  if (trail.includes(identity)) {
    const text = `Dependency [${label}] leads back to itself: ${[...trail, identity].join(" -> ")}`;
    throw fileError("ERROR_YAML_FILE_FORMAT_ERROR", file, text);
  }
  const manifest = await findManifest(folder);
  if (manifest === undefined) {
    const text = `Manifest file not found at path [${folder}].`;
    throw fileError("ERROR_MANIFEST_FILE_NOT_FOUND", folder, text);
  }
  const deployment = (await findDeployment(folder)) ?? "";
  const plan = await prepare({ manifest, deployment, project: "" }, options, [...trail, identity]);
  if (plan.packages.length > 1) throw severalPackages(label, plan, file);
  return plan;
}

function severalPackages(label: string, plan: Plan, file: string): Error {
  const names = plan.packages.map(({ name }) => name).join(", ");
  const text =
    `Dependency ${label} has multiple packages in manifest file: ${names}. One dependency can only ` +
    "be associated with single package in manifest file. There is no way to reference actions from " +
    "multiple packages of a dependency.";
  return fileError("ERROR_YAML_FILE_FORMAT_ERROR", file, text);
}
