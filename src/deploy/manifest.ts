/** The grammar of manifest and deployment files (wsk-cli 17.1): the same for both. */
import type { Value } from "../client/json.ts";
import { type Inputs, parameter } from "./parameter.ts";
import { readYaml } from "./yaml-document.ts";
import {
  anything,
  flag,
  integer,
  listOf,
  mapOf,
  optional,
  type Reader,
  struct,
  text,
} from "./yaml-readers.ts";

type Annotations = ReadonlyMap<string, Value>;

export type LimitsEntry = {
  /** milliseconds */
  readonly timeout: number | undefined;
  /** MB */
  readonly memorySize: number | undefined;
  /** MB */
  readonly logSize: number | undefined;
  readonly concurrentActivations: number | undefined;
  readonly userInvocationRate: number | undefined;
  readonly codeSize: number | undefined;
  readonly parameterSize: number | undefined;
};

export type ActionEntry = {
  /** old word for `function` */
  readonly location: string;
  readonly version: string;
  readonly function: string;
  readonly code: string;
  readonly runtime: string;
  readonly "web-export": string;
  readonly web: string;
  readonly main: string;
  readonly docker: string;
  readonly native: boolean;
  readonly conductor: boolean;
  readonly limits: LimitsEntry | undefined;
  readonly inputs: Inputs;
  readonly annotations: Annotations;
  /** `[source]` or `[source, destination]` each */
  readonly include: readonly (readonly string[])[];
  readonly exclude: readonly string[];
};

export type SequenceEntry = {
  /** names of actions, with commas between them */
  readonly actions: string;
  readonly web: string;
  readonly annotations: Annotations;
};

export type TriggerEntry = {
  readonly feed: string;
  /** old word for `feed` */
  readonly source: string;
  readonly inputs: Inputs;
  readonly annotations: Annotations;
};

export type RuleEntry = {
  readonly trigger: string;
  readonly action: string;
  readonly annotations: Annotations;
};

export type DependencyEntry = {
  readonly location: string;
  readonly version: string;
  readonly inputs: Inputs;
  readonly annotations: Annotations;
};

export type ApiEntry = { readonly method: string; readonly response: string };

/** By name of the API, base path, relative path and action. */
export type ApiEntries = ReadonlyMap<
  string,
  ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, ApiEntry>>>
>;

export type PackageEntry = {
  readonly version: string;
  readonly license: string;
  readonly public: boolean;
  readonly dependencies: ReadonlyMap<string, DependencyEntry>;
  readonly namespace: string;
  readonly actions: ReadonlyMap<string, ActionEntry>;
  readonly triggers: ReadonlyMap<string, TriggerEntry>;
  readonly rules: ReadonlyMap<string, RuleEntry>;
  readonly inputs: Inputs;
  readonly sequences: ReadonlyMap<string, SequenceEntry>;
  readonly annotations: Annotations;
  readonly apis: ApiEntries;
};

export type ProjectEntry = {
  readonly name: string;
  readonly namespace: string;
  readonly credential: string;
  readonly apiHost: string;
  readonly apigwAccessToken: string;
  readonly packages: ReadonlyMap<string, PackageEntry>;
  readonly inputs: Inputs;
  /** file with a swagger document that stands for all APIs of the manifest */
  readonly config: string;
};

export type Manifest = {
  readonly project: ProjectEntry;
  readonly packages: ReadonlyMap<string, PackageEntry>;
};

const annotations = mapOf(anything);
const inputs = mapOf(parameter);

/** Keys that are accepted and mean nothing to a deployment. */
const described = { name: text, description: text };
const owned = { namespace: text, credential: text };

const limits: Reader<LimitsEntry> = struct("parsers.Limits", {
  timeout: integer,
  memorySize: integer,
  logSize: integer,
  concurrentActivations: integer,
  userInvocationRate: integer,
  codeSize: integer,
  parameterSize: integer,
});

const action: Reader<ActionEntry> = struct("parsers.Action", {
  ...described,
  ...owned,
  location: text,
  version: text,
  function: text,
  code: text,
  runtime: text,
  exposedUrl: text,
  "web-export": text,
  web: text,
  main: text,
  docker: text,
  native: flag,
  conductor: flag,
  limits: optional(limits),
  inputs,
  outputs: inputs,
  annotations,
  include: listOf(listOf(text)),
  exclude: listOf(text),
});

const sequence: Reader<SequenceEntry> = struct("parsers.Sequence", {
  actions: text,
  web: text,
  annotations,
});

const trigger: Reader<TriggerEntry> = struct("parsers.Trigger", {
  ...described,
  ...owned,
  feed: text,
  source: text,
  inputs,
  annotations,
});

const rule: Reader<RuleEntry> = struct("parsers.Rule", {
  ...described,
  trigger: text,
  action: text,
  rule: text,
  annotations,
});

const feed = struct("parsers.Feed", {
  ...owned,
  name: text,
  location: text,
  action: text,
  inputs: mapOf(text),
  operations: annotations,
});

const dependency: Reader<DependencyEntry> = struct("parsers.Dependency", {
  location: text,
  version: text,
  inputs,
  annotations,
});

const repository = struct("parsers.Repository", {
  url: text,
  description: text,
  credential: text,
});

const api: Reader<ApiEntry> = struct("parsers.APIMethodResponse", {
  method: text,
  response: text,
});

const packageEntry: Reader<PackageEntry> = struct("parsers.Package", {
  ...described,
  ...owned,
  version: text,
  license: text,
  public: flag,
  repositories: listOf(repository),
  dependencies: mapOf(dependency),
  apiHost: text,
  apigwAccessToken: text,
  actions: mapOf(action),
  triggers: mapOf(trigger),
  feeds: mapOf(feed),
  rules: mapOf(rule),
  inputs,
  sequences: mapOf(sequence),
  annotations,
  apis: mapOf(mapOf(mapOf(mapOf(api)))),
});

const project: Reader<ProjectEntry> = struct("parsers.Project", {
  ...owned,
  name: text,
  apiHost: text,
  apigwAccessToken: text,
  version: text,
  packages: mapOf(packageEntry),
  inputs,
  config: text,
});

const manifest: Reader<Manifest> = struct("parsers.YAML", {
  project,
  packages: mapOf(packageEntry),
});

/** Reads a manifest or a deployment file. Throws a DeployError that lists every problem. */
export function parseManifest(source: string, file: string): Manifest {
  return readYaml(source, file, (root, reading) => manifest.read(root, reading));
}
