/** Finds the command among flags and other arguments, by the original's rules (wsk-cli 1.2). */
import { acceptedFlags, type CommandSpec } from "./command-spec.ts";
import { FlagSet } from "./flag-set.ts";

export type Found = {
  /** from the root to the command found */
  readonly path: readonly CommandSpec[];
  /** the arguments without the names of the commands */
  readonly args: readonly string[];
};

/** Walks down the tree as far as the arguments name commands. */
export function findCommand(root: CommandSpec, args: readonly string[]): Found {
  const path = [root];
  let rest = args;
  for (;;) {
    const command = path.at(-1) ?? root;
    const name = withoutFlags(rest, command)[0];
    const next = command.commands?.find((candidate) => candidate.name === name);
    if (next === undefined || name === undefined) return { path, args: rest };
    path.push(next);
    const at = rest.indexOf(name);
    rest = [...rest.slice(0, at), ...rest.slice(at + 1)];
  }
}

/** `unknown command …` when the root was given something that is no command. */
export function unknownCommand(root: CommandSpec, args: readonly string[]): string | undefined {
  const name = withoutFlags(args, root)[0];
  if (name === undefined) return undefined;
  const similar = (root.commands ?? [])
    .map((command) => command.name)
    .filter((known) => isSimilar(name, known));
  const hint = similar.map((known) => `\t${known}\n`).join("");
  const question = hint === "" ? "" : `\n\nDid you mean this?\n${hint}`;
  return `unknown command ${JSON.stringify(name)} for "${root.name}"${question}`;
}

/** The arguments that are neither flags nor, as far as the command knows, values of flags. */
function withoutFlags(args: readonly string[], command: CommandSpec): readonly string[] {
  const flags = new FlagSet(acceptedFlags(command));
  const found: string[] = [];
  const queue = [...args];
  for (let arg = queue.shift(); arg !== undefined && arg !== "--"; arg = queue.shift()) {
    if (arg === "") continue;
    if (!arg.startsWith("-")) found.push(arg);
    else if (takesNext(arg, flags)) queue.shift();
  }
  return found;
}

function takesNext(arg: string, flags: FlagSet): boolean {
  if (arg.includes("=")) return false;
  // Flags that are not known here are taken to have a value, --help included.
  if (arg.startsWith("--")) return flags.byName(arg.slice(2))?.type !== "bool";
  return arg.length === 2 && flags.byShort(arg.slice(1))?.type !== "bool";
}

const DISTANCE_MAX = 2;

function isSimilar(typed: string, known: string): boolean {
  const a = typed.toLowerCase();
  return known.startsWith(a) || distance(a, known) <= DISTANCE_MAX;
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
