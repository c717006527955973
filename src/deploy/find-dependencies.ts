/** Finds what the dependencies of a project are: packages to bind, or projects of their own. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Location, readLocation } from "./dependency-location.ts";
import { fileError } from "./deploy-error.ts";
import { cloneRepository } from "./git.ts";
import { type Environment, interpolate } from "./interpolate.ts";
import type { FoundDependency } from "./make-plan.ts";
import type { PackageEntry } from "./manifest.ts";
import type { Plan } from "./plan.ts";
import { findDeployment, findManifest, type ProjectLocation } from "./project-files.ts";
import { folderOf } from "./read-content.ts";

/** Projects that were entered on the way to this one, outermost first. */
export type Trail = readonly string[];

export type Way = {
  /** the manifest that names the dependencies */
  readonly file: string;
  readonly env: Environment;
  readonly trail: Trail;
  /** reads and plans a project that has been found */
  readonly prepare: (location: ProjectLocation, trail: Trail) => Promise<Plan>;
};

export type Dependencies = ReadonlyMap<string, ReadonlyMap<string, FoundDependency>>;

/** All dependencies of all packages. Throws a DeployError for one that cannot be had. */
export async function findDependencies(
  packages: readonly (readonly [string, PackageEntry])[],
  way: Way,
): Promise<Dependencies> {
  const found = new Map<string, ReadonlyMap<string, FoundDependency>>();
  const places = new Map<string, string>();
  for (const [name, { dependencies }] of packages) {
    const own = new Map<string, FoundDependency>();
    for (const [label, { location, version }] of dependencies) {
      const place = interpolate(location, way.env);
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
  const folder = await cloneRepository(location.repository, version, way.env);
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
  { file, prepare, trail }: Way,
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
  const plan = await prepare({ manifest, deployment, project: "" }, [...trail, identity]);
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
