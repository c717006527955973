/** The commands of `wsk`. Their code is loaded when they run (`load`), so that help stays quick. */
import { ACTION } from "./action-commands.ts";
import { ACTIVATION } from "./activation-commands.ts";
import { API } from "./api-commands.ts";
import { type CommandSpec, GLOBAL_FLAGS } from "./command-spec.ts";
import type { FlagSet, FlagSpec } from "./flag-set.ts";
import { PACKAGE } from "./package-commands.ts";
import { PROJECT } from "./project-commands.ts";
import { RULE } from "./rule-commands.ts";
import { COMPLETION, SDK } from "./sdk-commands.ts";
import { NAME_SORT } from "./shared-flags.ts";
import { TRIGGER } from "./trigger-commands.ts";

const LOGO = `
        ____      ___                   _    _ _     _     _
       /\\   \\    / _ \\ _ __   ___ _ __ | |  | | |__ (_)___| | __
  /\\  /__\\   \\  | | | | '_ \\ / _ \\ '_ \\| |  | | '_ \\| / __| |/ /
 /  \\____ \\  /  | |_| | |_) |  __/ | | | |/\\| | | | | \\__ \\   <
 \\   \\  /  \\/    \\___/| .__/ \\___|_| |_|__/\\__|_| |_|_|___/_|\\_\\
  \\___\\/ tm           |_|
`;

const loadEntities = async () => (await import("./commands/namespace.ts")).listEntities;

const toggle = (name: string, usage: string): FlagSpec => ({ name, type: "bool", usage });

const PROPERTY_SWITCHES: readonly FlagSpec[] = [
  toggle("cert", "client cert"),
  toggle("key", "Client key"),
  toggle("auth", "authorization key"),
  toggle("apihost", "whisk API host"),
  toggle("apiversion", "whisk API version"),
];

/** Properties that `property get` knows without asking the platform. */
const LOCAL_PROPERTIES = ["auth", "cert", "key", "apihost", "apiversion", "cliversion"];

const PROPERTY: CommandSpec = {
  name: "property",
  short: "work with whisk properties",
  flags: [],
  commands: [
    {
      name: "set",
      short: "set property",
      flags: GLOBAL_FLAGS.filter((flag) =>
        PROPERTY_SWITCHES.some(({ name }) => name === flag.name),
      ),
      isOffline: (flags: FlagSet) =>
        ["apihost", "apiversion", "auth"].some((name) => flags.text(name) !== ""),
      load: async () => (await import("./commands/property.ts")).setProperties,
    },
    {
      name: "unset",
      short: "unset property",
      flags: PROPERTY_SWITCHES,
      isOffline: () => true,
      load: async () => (await import("./commands/property.ts")).unsetProperties,
    },
    {
      name: "get",
      short: "get property",
      flags: [
        ...PROPERTY_SWITCHES,
        toggle("apibuild", "whisk API build version"),
        toggle("apibuildno", "whisk API build number"),
        toggle("cliversion", "whisk CLI version"),
        toggle("namespace", "whisk namespace"),
        toggle("all", "all properties"),
        {
          name: "output",
          short: "o",
          type: "string",
          default: "std",
          usage: "Output format in std|raw",
        },
      ],
      isOffline: (flags: FlagSet) => LOCAL_PROPERTIES.some((name) => flags.switchedOn(name)),
      load: async () => (await import("./commands/property.ts")).getProperties,
    },
  ],
};

const NAMESPACE: CommandSpec = {
  name: "namespace",
  short: "work with namespaces",
  flags: [],
  commands: [
    {
      name: "list",
      short: "list available namespaces",
      flags: [],
      load: async () => (await import("./commands/namespace.ts")).listNamespaces,
    },
    {
      name: "get",
      short: "get triggers, actions, and rules in the registry for namespace",
      flags: [NAME_SORT],
      load: loadEntities,
    },
  ],
};

const LIST: CommandSpec = {
  name: "list",
  short: "list entities in the current namespace",
  flags: [NAME_SORT],
  load: loadEntities,
};

const HELP: CommandSpec = {
  name: "help",
  args: "[command]",
  short: "Help about any command",
  long: "Help provides help for any command in the application.\nSimply type wsk help [path to command] for full details.",
  flags: [],
};

/** `wsk` itself. */
export const ROOT: CommandSpec = {
  name: "wsk",
  short: "OpenWhisk cloud computing command line interface.",
  long: LOGO,
  flags: GLOBAL_FLAGS,
  commands: [
    ACTION,
    ACTIVATION,
    PACKAGE,
    RULE,
    TRIGGER,
    SDK,
    PROPERTY,
    NAMESPACE,
    LIST,
    API,
    PROJECT,
    COMPLETION,
    HELP,
  ],
};
