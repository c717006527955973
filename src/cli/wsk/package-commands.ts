/** `wsk package …`: commands and flags (wsk-cli 9). */
import type { CommandSpec } from "./command-spec.ts";
import type { FlagSpec } from "./flag-set.ts";
import { ANNOTATIONS, NAME_SORT, PARAMETERS, page, summary } from "./shared-flags.ts";

const WRITE_FLAGS: readonly FlagSpec[] = [
  ...ANNOTATIONS,
  ...PARAMETERS,
  {
    name: "shared",
    type: "string",
    usage: "package visibility `SCOPE`; yes = shared, no = private",
  },
];

const loadWrite = () => import("./commands/package-write.ts");
const loadRead = () => import("./commands/package-get.ts");

export const PACKAGE: CommandSpec = {
  name: "package",
  short: "work with packages",
  flags: [],
  commands: [
    {
      name: "bind",
      args: "PACKAGE_NAME BOUND_PACKAGE_NAME",
      short: "bind parameters to a package",
      flags: [
        ...ANNOTATIONS,
        ...PARAMETERS,
        { name: "overwrite", short: "o", type: "bool", usage: "overwrite bind" },
      ],
      load: async () => (await loadWrite()).bindPackage,
    },
    {
      name: "create",
      args: "PACKAGE_NAME",
      short: "create a new package",
      flags: WRITE_FLAGS,
      load: async () => (await loadWrite()).createPackage,
    },
    {
      name: "update",
      args: "PACKAGE_NAME",
      short: "update an existing package, or create a package if it does not exist",
      flags: WRITE_FLAGS,
      load: async () => (await loadWrite()).updatePackage,
    },
    {
      name: "get",
      args: "PACKAGE_NAME [FIELD_FILTER]",
      short: "get package",
      flags: [summary('summarize package details; parameters with prefix "*" are bound')],
      load: async () => (await loadRead()).getPackage,
    },
    {
      name: "delete",
      args: "PACKAGE_NAME",
      short: "delete package",
      flags: [],
      load: async () => (await loadRead()).deletePackage,
    },
    {
      name: "list",
      args: "[NAMESPACE]",
      short: "list all packages",
      flags: [...page("packages"), NAME_SORT],
      load: async () => (await import("./commands/entity-list.ts")).listPackages,
    },
    {
      name: "refresh",
      args: "[NAMESPACE]",
      short: "refresh package bindings",
      flags: [],
      load: async () => (await import("./commands/package-refresh.ts")).refreshPackages,
    },
  ],
};
