/** `wsk api …`: commands and flags (wsk-cli 11). */
import type { CommandSpec } from "./command-spec.ts";
import { NAME_SORT, page } from "./shared-flags.ts";

export const API: CommandSpec = {
  name: "api",
  short: "work with APIs",
  flags: [],
  commands: [
    {
      name: "create",
      args: "([BASE_PATH] API_PATH API_VERB ACTION] | --config-file CFG_FILE) ",
      short: "create a new API",
      flags: [
        {
          name: "apiname",
          short: "n",
          type: "string",
          usage: "Friendly name of the API; ignored when CFG_FILE is specified (default BASE_PATH)",
        },
        {
          name: "config-file",
          short: "c",
          type: "string",
          usage: "`CFG_FILE` containing API configuration in swagger JSON format",
        },
        {
          name: "response-type",
          type: "string",
          default: "json",
          usage:
            "Set the web action response `TYPE`. Possible values are html, http, json, text, svg",
        },
      ],
      load: async () => (await import("./commands/api-create.ts")).createApi,
    },
    {
      name: "get",
      args: "BASE_PATH | API_NAME",
      short: "get API details",
      flags: [
        {
          name: "full",
          short: "f",
          type: "bool",
          usage: "display full API configuration details",
        },
        {
          name: "format",
          type: "string",
          default: "json",
          usage: "Specify the API output `TYPE`, either json or yaml",
        },
      ],
      load: async () => (await import("./commands/api-get.ts")).getApi,
    },
    {
      name: "delete",
      args: "BASE_PATH | API_NAME [API_PATH [API_VERB]]",
      short: "delete an API",
      flags: [],
      load: async () => (await import("./commands/api-delete.ts")).deleteApi,
    },
    {
      name: "list",
      args: "[[BASE_PATH | API_NAME] [API_PATH [API_VERB]]",
      short: "list APIs",
      flags: [
        ...page("actions"),
        {
          ...NAME_SORT,
          usage:
            "sorts a list alphabetically by order of [BASE_PATH | API_NAME], API_PATH, then API_VERB; only applicable within the limit/skip returned entity block",
        },
        {
          name: "full",
          short: "f",
          type: "bool",
          usage: "display full description of each API",
        },
      ],
      load: async () => (await import("./commands/api-list.ts")).listApis,
    },
  ],
};
