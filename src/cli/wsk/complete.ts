/**
 * What could stand at the cursor of a command line: the answer to the scripts of `wsk completion`,
 * one candidate per line with its description behind a tab, and at the end whether files come into
 * question.
 */
import { acceptedFlags, type CommandSpec } from "./command-spec.ts";
import { findCommand } from "./find-command.ts";
import type { FlagSpec } from "./flag-set.ts";

type Candidate = readonly [word: string, description: string];
type Answer = { readonly candidates: readonly Candidate[]; readonly withFiles: boolean };

const FILES = ":0";
const NO_FILES = ":4";

/** `words` are those behind the program's name up to the cursor; the last one may be unfinished. */
export function completionText(root: CommandSpec, words: readonly string[]): string {
  const { candidates, withFiles } = complete(root, words.slice(0, -1), words.at(-1) ?? "");
  const lines = candidates.map(([word, description]) => `${word}\t${description}`);
  return [...lines, withFiles ? FILES : NO_FILES].map((line) => `${line}\n`).join("");
}

function complete(root: CommandSpec, before: readonly string[], word: string): Answer {
  const { path, args } = findCommand(root, before);
  const command = path.at(-1) ?? root;
  const flags = acceptedFlags(command);
  const open = openFlag(flags, before);
  if (open !== undefined) return { candidates: [], withFiles: TAKES_FILE.has(open.name) };
  const fits = ([name]: Candidate): boolean => name.startsWith(word);
  if (word.startsWith("-")) {
    return { candidates: sorted(flagWords(flags).filter(fits)), withFiles: false };
  }
  const topic = command.name === "help" ? findCommand(root, args).path.at(-1) : command;
  const commands = (topic?.commands ?? []).map(({ name, short }): Candidate => [name, short]);
  const candidates = sorted([...commands, ...argumentWords(path)].filter(fits));
  return { candidates, withFiles: commands.length === 0 && candidates.length === 0 };
}

function sorted(candidates: readonly Candidate[]): readonly Candidate[] {
  return [...candidates].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Flags whose value is the name of a file. */
const TAKES_FILE = new Set([
  "param-file",
  "annotation-file",
  "config-file",
  "save-as",
  "cert",
  "key",
  "config",
  "deployment",
  "manifest",
]);

/** The flag whose value comes next; those of pairs take two words. */
function openFlag(flags: readonly FlagSpec[], before: readonly string[]): FlagSpec | undefined {
  const last = findFlag(flags, before.at(-1));
  if (last !== undefined && last.type !== "bool") return last;
  const previous = findFlag(flags, before.at(-2));
  return previous?.type === "pairs" ? previous : undefined;
}

function findFlag(flags: readonly FlagSpec[], word = ""): FlagSpec | undefined {
  return flags.find(({ name, short }) => word === `--${name}` || word === `-${short}`);
}

function flagWords(flags: readonly FlagSpec[]): readonly Candidate[] {
  const words = flags.map(({ name, usage }): Candidate => [`--${name}`, usage.replaceAll("`", "")]);
  return [...words, ["--help", "help for this command"]];
}

/** Arguments that are known beforehand. */
function argumentWords(path: readonly CommandSpec[]): readonly Candidate[] {
  if (path.map(({ name }) => name).join(" ") !== "wsk sdk install") return [];
  return [
    ["docker", "skeleton of a Docker action"],
    ["ios", "starter app"],
    ["bashauto", "bash completion script"],
  ];
}
