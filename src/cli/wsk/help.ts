/** Help texts in the original's layout (wsk-cli 1.2). */
import { type CommandSpec, GLOBAL_FLAGS } from "./command-spec.ts";
import type { FlagSpec } from "./flag-set.ts";

/** Help of the command that `path` ends with, e.g. [wsk, action, get]. */
export function helpText(path: readonly CommandSpec[]): string {
  const command = path.at(-1);
  if (command === undefined) return "";
  return `${command.long ?? command.short}\n${usageText(path)}`;
}

/** The part of the help that starts with "Usage:". */
export function usageText(path: readonly CommandSpec[], withHelpFlag = true): string {
  const command = path.at(-1);
  if (command === undefined) return "";
  const line = path.map(({ name }) => name).join(" ");
  const isRoot = path.length === 1;
  const paragraphs = [
    `Usage:\n  ${useLine(line, command)}\n`,
    ...(command.commands === undefined
      ? []
      : [`Available Commands:\n${commandLines(command.commands)}`]),
    `Flags:\n${flagLines([...ownFlags(command, isRoot), ...(withHelpFlag ? [helpFlag(command)] : [])])}`,
    ...(isRoot ? [] : [`Global Flags:\n${flagLines(GLOBAL_FLAGS)}`]),
    ...(command.commands === undefined
      ? []
      : [`Use "${line} [command] --help" for more information about a command.\n`]),
  ];
  return paragraphs.join("\n");
}

function useLine(line: string, command: CommandSpec): string {
  if (command.commands !== undefined) return `${line} [command]`;
  return [line, ...(command.args === undefined ? [] : [command.args]), "[flags]"].join(" ");
}

/** Flags that redefine a global one are not shown, as in the original. */
function ownFlags(command: CommandSpec, isRoot: boolean): readonly FlagSpec[] {
  if (isRoot) return command.flags;
  const global = new Set(GLOBAL_FLAGS.map(({ name }) => name));
  return command.flags.filter(({ name }) => !global.has(name));
}

function helpFlag(command: CommandSpec): FlagSpec {
  return { name: "help", short: "h", type: "bool", usage: `help for ${command.name}` };
}

function commandLines(commands: readonly CommandSpec[]): string {
  const width = Math.max(11, ...commands.map(({ name }) => name.length));
  return [...commands]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, short }) => `  ${name.padEnd(width)} ${short}\n`)
    .join("");
}

function flagLines(flags: readonly FlagSpec[]): string {
  const rows = [...flags].sort((a, b) => (a.name < b.name ? -1 : 1)).map(flagRow);
  const width = Math.max(...rows.map(([head]) => head.length));
  return rows.map(([head, usage]) => `${head.padEnd(width)}   ${usage}\n`).join("");
}

const TYPE_NAMES = {
  bool: "",
  string: "string",
  int: "int",
  pairs: "strings",
  list: "stringArray",
};

function flagRow(flag: FlagSpec): readonly [string, string] {
  const named = /`([^`]*)`/.exec(flag.usage)?.[1];
  const value = named ?? TYPE_NAMES[flag.type];
  const head =
    flag.short === undefined ? `      --${flag.name}` : `  -${flag.short}, --${flag.name}`;
  return [value === "" ? head : `${head} ${value}`, flag.usage.replaceAll("`", "") + suffix(flag)];
}

function suffix({ default: value }: FlagSpec): string {
  if (value === undefined || value === 0 || value === "") return "";
  return typeof value === "string" ? ` (default "${value}")` : ` (default ${value})`;
}
