/** `wsk trigger …`: commands and flags (wsk-cli 7). */
import type { CommandSpec } from "./command-spec.ts";
import type { FlagSpec } from "./flag-set.ts";
import { ANNOTATIONS, NAME_SORT, PARAMETERS, page, summary } from "./shared-flags.ts";

const WRITE_FLAGS: readonly FlagSpec[] = [
  ...ANNOTATIONS,
  ...PARAMETERS,
  {
    name: "feed-param",
    short: "F",
    type: "pairs",
    usage: "feed parameter values in `KEY VALUE` format",
  },
  {
    name: "trigger-param",
    short: "T",
    type: "pairs",
    usage: "trigger parameter values in `KEY VALUE` format",
  },
];

const FEED: FlagSpec = {
  name: "feed",
  short: "f",
  type: "string",
  usage: "trigger feed `ACTION_NAME`",
};

const loadWrite = () => import("./commands/trigger-write.ts");
const loadRead = () => import("./commands/trigger-get.ts");

export const TRIGGER: CommandSpec = {
  name: "trigger",
  short: "work with triggers",
  flags: [],
  commands: [
    {
      name: "fire",
      args: "TRIGGER_NAME [PAYLOAD]",
      short: "fire trigger event",
      flags: PARAMETERS,
      load: async () => (await loadRead()).fireTrigger,
    },
    {
      name: "create",
      args: "TRIGGER_NAME",
      short: "create new trigger",
      flags: [...WRITE_FLAGS, FEED],
      load: async () => (await loadWrite()).createTrigger,
    },
    {
      name: "update",
      args: "TRIGGER_NAME",
      short: "update an existing an trigger, or create a trigger if it does not exist",
      flags: WRITE_FLAGS,
      load: async () => (await import("./commands/trigger-update.ts")).updateTrigger,
    },
    {
      name: "get",
      args: "TRIGGER_NAME [FIELD_FILTER]",
      short: "get trigger",
      flags: [summary('summarize trigger details; parameters with prefix "*" are bound')],
      load: async () => (await loadRead()).getTrigger,
    },
    {
      name: "delete",
      args: "TRIGGER_NAME",
      short: "delete trigger",
      flags: [],
      load: async () => (await import("./commands/trigger-delete.ts")).deleteTrigger,
    },
    {
      name: "list",
      args: "[NAMESPACE]",
      short: "list all triggers",
      flags: [...page("triggers"), NAME_SORT],
      load: async () => (await import("./commands/entity-list.ts")).listTriggers,
    },
  ],
};
