/** `wsk rule …`: commands and flags (wsk-cli 8). */
import type { CommandSpec } from "./command-spec.ts";
import { NAME_SORT, page, summary } from "./shared-flags.ts";

const load = () => import("./commands/rule.ts");

export const RULE: CommandSpec = {
  name: "rule",
  short: "work with rules",
  flags: [],
  commands: [
    {
      name: "enable",
      args: "RULE_NAME",
      short: "enable rule",
      flags: [],
      load: async () => (await load()).enableRule,
    },
    {
      name: "disable",
      args: "RULE_NAME",
      short: "disable rule",
      flags: [],
      load: async () => (await load()).disableRule,
    },
    {
      name: "status",
      args: "RULE_NAME",
      short: "get rule status",
      flags: [],
      load: async () => (await load()).showRuleStatus,
    },
    {
      name: "create",
      args: "RULE_NAME TRIGGER_NAME ACTION_NAME",
      short: "create new rule",
      flags: [],
      load: async () => (await load()).createRule,
    },
    {
      name: "update",
      args: "RULE_NAME TRIGGER_NAME ACTION_NAME",
      short: "update an existing rule, or create a rule if it does not exist",
      flags: [],
      load: async () => (await load()).updateRule,
    },
    {
      name: "get",
      args: "RULE_NAME",
      short: "get rule",
      flags: [summary("summarize rule details")],
      load: async () => (await load()).getRule,
    },
    {
      name: "delete",
      args: "RULE_NAME",
      short: "delete rule",
      flags: [
        {
          name: "disable",
          type: "bool",
          usage: "automatically disable rule before deleting it",
        },
      ],
      load: async () => (await load()).deleteRule,
    },
    {
      name: "list",
      args: "[NAMESPACE]",
      short: "list all rules",
      flags: [...page("rules"), NAME_SORT],
      load: async () => (await import("./commands/entity-list.ts")).listRules,
    },
  ],
};
