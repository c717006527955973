/** `wsk activation …`: commands and flags (wsk-cli 6). */
import type { CommandSpec } from "./command-spec.ts";
import type { FlagSpec } from "./flag-set.ts";

const LAST: FlagSpec = {
  name: "last",
  short: "l",
  type: "bool",
  usage: "retrieves the last activation",
};

const number = (name: string, usage: string, short?: string, value = 0): FlagSpec => ({
  name,
  type: "int",
  usage,
  default: value,
  ...(short === undefined ? {} : { short }),
});

const loadRead = () => import("./commands/activation-get.ts");

export const ACTIVATION: CommandSpec = {
  name: "activation",
  short: "work with activations",
  flags: [],
  commands: [
    {
      name: "list",
      args: "[NAMESPACE or NAME]",
      short: "list activations",
      flags: [
        number("skip", "exclude the first `SKIP` number of activations from the result", "s"),
        number(
          "limit",
          "only return `LIMIT` number of activations from the collection with a maximum LIMIT of 200 activations",
          "l",
          30,
        ),
        { name: "full", short: "f", type: "bool", usage: "include full activation description" },
        number(
          "upto",
          "return activations with timestamps earlier than `UPTO`; measured in milliseconds since Th, 01, Jan 1970",
        ),
        number(
          "since",
          "return activations with timestamps later than `SINCE`; measured in milliseconds since Th, 01, Jan 1970",
        ),
      ],
      load: async () => (await import("./commands/activation-list.ts")).listActivations,
    },
    {
      name: "get",
      args: "(ACTIVATION_ID | --last) [FIELD_FILTER]",
      short: "get activation",
      flags: [
        { name: "summary", short: "s", type: "bool", usage: "summarize activation details" },
        LAST,
        {
          name: "logs",
          short: "g",
          type: "bool",
          usage: "emit only the logs, stripped of time stamps and stream identifier",
        },
      ],
      load: async () => (await loadRead()).getActivation,
    },
    {
      name: "logs",
      args: "(ACTIVATION_ID | --last)",
      short: "get the logs of an activation",
      flags: [
        LAST,
        {
          name: "strip",
          short: "r",
          type: "bool",
          usage: "strip timestamp and stream information",
        },
      ],
      load: async () => (await loadRead()).getLogs,
    },
    {
      name: "result",
      args: "(ACTIVATION_ID | --last)",
      short: "get the result of an activation",
      flags: [LAST],
      load: async () => (await loadRead()).getResult,
    },
    {
      name: "poll",
      args: "[ NAMESPACE | ACTION_NAME ]",
      short: "poll continuously for log messages from currently running actions",
      flags: [
        number("exit", "stop polling after `SECONDS` seconds", "e"),
        number("since-seconds", "start polling for activations `SECONDS` seconds ago"),
        number("since-minutes", "start polling for activations `MINUTES` minutes ago"),
        number("since-hours", "start polling for activations `HOURS` hours ago"),
        number("since-days", "start polling for activations `DAYS` days ago"),
      ],
      load: async () => (await import("./commands/activation-poll.ts")).pollActivations,
    },
  ],
};
