/**
 * Reads a project and all it depends on, and plans it. Nothing is sent before everything has been
 * read, so that a broken project changes nothing.
 */
import { parse as parseYaml } from "yaml";
import type { JsonMap } from "../client/json.ts";
import { checkProjectNames } from "./bind-deployment.ts";
import { fileError } from "./deploy-error.ts";
import { findDependencies, type Trail } from "./find-dependencies.ts";
import type { Environment } from "./interpolate.ts";
import { makePlan, packagesOf, swaggerBasePath } from "./make-plan.ts";
import { managedAnnotation } from "./managed.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import type { Plan, PlanContext } from "./plan.ts";
import { projectScope } from "./plan-inputs.ts";
import type { ProjectLocation } from "./project-files.ts";
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
      dependencies: await findDependencies(packages, {
        file,
        env: options.env,
        trail,
        prepare: (found, deeper) => prepare(found, options, deeper),
      }),
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
