/** `wsk project` and its commands (wsk-cli 17). */
import type { CommandSpec } from "./command-spec.ts";
import type { FlagSpec } from "./flag-set.ts";
import { PARAMETERS } from "./shared-flags.ts";

const FLAGS: readonly FlagSpec[] = [
  { name: "apihost", type: "string", usage: "whisk API `HOST`" },
  { name: "auth", short: "u", type: "string", usage: "authorization `KEY`" },
  { name: "cert", short: "c", type: "string", usage: "path of the .cert file" },
  { name: "config", type: "string", usage: "config file (default is $HOME/.wskprops)" },
  { name: "deployment", type: "string", usage: "path to deployment file" },
  { name: "key", short: "k", type: "string", usage: "path of the .key file" },
  { name: "manifest", type: "string", usage: "path to manifest file" },
  { name: "namespace", short: "n", type: "string", usage: "namespace" },
  ...PARAMETERS,
  { name: "preview", type: "bool", usage: "show deployment/undeployment plan" },
  { name: "project", type: "string", default: ".", usage: "path to serverless project" },
  { name: "projectname", type: "string", usage: "project name" },
  { name: "strict", type: "bool", usage: "allow user defined runtime version" },
];

/** Of the original's stand-alone program, not of its `wsk`. */
const DEPLOY_FLAGS: readonly FlagSpec[] = [
  ...FLAGS,
  { name: "managed", type: "bool", usage: "allow project entities to be marked managed" },
  { name: "report", type: "bool", usage: "show the inputs of all entities, deploy nothing" },
];

const examples = (verb: string, lines: readonly string[]): string =>
  lines.map((line) => `$ wsk project ${verb}${line}\n`).join("");

/** Credentials come from more places than those of other commands: no host is needed up front. */
const isOffline = () => true;

export const PROJECT: CommandSpec = {
  name: "project",
  short: "The OpenWhisk Project Management Tool",
  flags: FLAGS,
  commands: [
    {
      name: "deploy",
      short: "Deploy OpenWhisk assets specified in a manifest file",
      long:
        "Deploy OpenWhisk assets specified in a manifest file and an optional deployment file.\n\n" +
        examples("deploy", [
          "",
          " --manifest path/to/manifest.yaml",
          " --manifest path/to/manifest.yaml --deployment path/to/deployment.yaml",
        ]),
      flags: DEPLOY_FLAGS,
      isOffline,
      load: async () => (await import("./commands/project.ts")).deployProject,
    },
    {
      name: "undeploy",
      short: "Undeploy OpenWhisk assets from server",
      long:
        "Undeploy removes OpenWhisk assets which were deployed from the manifest and deployment " +
        "YAML.\n\n" +
        examples("undeploy", [
          "",
          " --manifest path/to/manifest.yaml",
          " --projectname PROJECT (only works for deployments in sync mode)",
        ]),
      flags: FLAGS,
      isOffline,
      load: async () => (await import("./commands/project.ts")).undeployProject,
    },
    {
      name: "sync",
      short: "A tool to sync your OpenWhisk packages between client and server.",
      long:
        "Deploys a project and deletes what was deployed with it before and has left its " +
        "manifest.\n\n" +
        examples("sync", [
          "",
          " --manifest path/to/manifest.yaml",
          " --manifest path/to/manifest.yaml --projectname PROJECT",
        ]),
      flags: FLAGS,
      isOffline,
      load: async () => (await import("./commands/project.ts")).syncProject,
    },
    {
      name: "export",
      short: "Export project assets from OpenWhisk",
      long:
        "Exports managed project assets from OpenWhisk to manifest and function files.\n\n" +
        examples("export", [" --projectname PROJECT --manifest path/to/exported-manifest.yaml"]),
      flags: FLAGS,
      isOffline,
      load: async () => (await import("./commands/project.ts")).exportProject,
    },
  ],
};
