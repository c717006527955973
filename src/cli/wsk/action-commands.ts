/** `wsk action …`: commands and flags (wsk-cli 4). */
import type { CommandSpec } from "./command-spec.ts";
import type { FlagSpec } from "./flag-set.ts";
import { ANNOTATIONS, count, NAME_SORT, PARAMETERS, page, summary } from "./shared-flags.ts";

const WRITE_FLAGS: readonly FlagSpec[] = [
  {
    name: "native",
    type: "bool",
    usage: "treat ACTION as native action (zip file provides a compatible executable to run)",
  },
  {
    name: "docker",
    type: "string",
    usage: "use provided docker image (a path on DockerHub) to run the action",
  },
  { name: "copy", type: "bool", usage: "treat ACTION as the name of an existing action" },
  {
    name: "sequence",
    type: "bool",
    usage: "treat ACTION as comma separated sequence of actions to invoke",
  },
  {
    name: "kind",
    type: "string",
    usage: "the `KIND` of the action runtime (example: swift:default, nodejs:default)",
  },
  {
    name: "main",
    type: "string",
    usage:
      "the name of the action entry point (function or fully-qualified method name when applicable)",
  },
  count(
    "timeout",
    "t",
    60_000,
    "the timeout `LIMIT` in milliseconds after which the action is terminated",
  ),
  count("memory", "m", 256, "the maximum memory `LIMIT` in MB for the action"),
  count("logsize", "l", 10, "the maximum log size `LIMIT` in MB for the action"),
  count(
    "concurrency",
    "c",
    1,
    "the maximum intra-container concurrent activation `LIMIT` for the action",
  ),
  ...ANNOTATIONS,
  ...PARAMETERS,
  {
    name: "web",
    type: "string",
    usage:
      "treat ACTION as a web action, a raw HTTP web action, or as a standard action; yes | true = web action, raw = raw HTTP web action, no | false = standard action",
  },
  {
    name: "web-secure",
    type: "string",
    usage:
      "secure the web action. where `SECRET` is true, false, or any string. Only valid when the ACTION is a web action",
  },
];

const DEL_ANNOTATION: FlagSpec = {
  name: "del-annotation",
  type: "list",
  usage:
    "the list of annotations to be deleted from the action, e.g. --del-annotation key1 --del-annotation key2",
};

const loadWrite = () => import("./commands/action-write.ts");

export const ACTION: CommandSpec = {
  name: "action",
  short: "work with actions",
  flags: [],
  commands: [
    {
      name: "create",
      args: "ACTION_NAME ACTION",
      short: "create a new action",
      flags: WRITE_FLAGS,
      load: async () => (await loadWrite()).createAction,
    },
    {
      name: "update",
      args: "ACTION_NAME [ACTION]",
      short: "update an existing action, or create an action if it does not exist",
      flags: [...WRITE_FLAGS, DEL_ANNOTATION],
      load: async () => (await loadWrite()).updateAction,
    },
    {
      name: "invoke",
      args: "ACTION_NAME",
      short: "invoke action",
      flags: [
        ...PARAMETERS,
        { name: "blocking", short: "b", type: "bool", usage: "blocking invoke" },
        {
          name: "result",
          short: "r",
          type: "bool",
          usage: "blocking invoke; show only activation result (unless there is a failure)",
        },
      ],
      load: async () => (await import("./commands/action-invoke.ts")).invokeAction,
    },
    {
      name: "get",
      args: "ACTION_NAME [FIELD_FILTER | --summary | --url]",
      short: "get action",
      flags: [
        summary(
          'summarize action details; parameters with prefix "*" are bound, "**" are bound and finalized',
        ),
        { name: "url", short: "r", type: "bool", usage: "get action url" },
        { name: "save-as", type: "string", usage: "file to save action code to" },
        {
          name: "save",
          type: "bool",
          usage: "save action code to file corresponding with action name",
        },
      ],
      load: async () => (await import("./commands/action-get.ts")).getAction,
    },
    {
      name: "delete",
      args: "ACTION_NAME",
      short: "delete action",
      flags: [],
      load: async () => (await import("./commands/action-list.ts")).deleteAction,
    },
    {
      name: "list",
      args: "[ NAMESPACE | PACKAGE_NAME ]",
      short: "list all actions in a namespace or actions contained in a package",
      flags: [...page("actions"), NAME_SORT],
      load: async () => (await import("./commands/action-list.ts")).listActions,
    },
  ],
};
