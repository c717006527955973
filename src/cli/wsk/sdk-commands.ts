/** `wsk sdk …` and `wsk completion …`: commands and flags (wsk-cli 12, 13). */
import type { CommandSpec } from "./command-spec.ts";

export const SDK: CommandSpec = {
  name: "sdk",
  short: "work with the sdk",
  flags: [],
  commands: [
    {
      name: "install",
      args: "COMPONENT",
      short: "install SDK artifacts",
      long: "install SDK artifacts, where valid COMPONENT values are docker, iOS, and bashauto",
      flags: [
        {
          name: "stdout",
          short: "s",
          type: "bool",
          usage: "prints bash command completion script to stdout",
        },
      ],
      isOffline: (_flags, args) => args[0]?.toLowerCase() === "bashauto",
      load: async () => (await import("./commands/sdk-install.ts")).installSdk,
    },
  ],
};

const shell = (name: "bash" | "zsh"): CommandSpec => ({
  name,
  short: `Generate the autocompletion script for ${name}`,
  flags: [],
  isOffline: () => true,
  load: async () => {
    const { printScript } = await import("./commands/completion.ts");
    return (context) => printScript(context, name);
  },
});

export const COMPLETION: CommandSpec = {
  name: "completion",
  short: "Generate the autocompletion script for the specified shell",
  flags: [],
  commands: [shell("bash"), shell("zsh")],
};
