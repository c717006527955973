/** Shape of the command tree: what help, the flag parser and the dispatcher need of a command. */
import type { Context } from "./context.ts";
import type { FlagSet, FlagSpec } from "./flag-set.ts";

export type Run = (context: Context) => Promise<void>;

export type CommandSpec = {
  readonly name: string;
  /** arguments as the help shows them, e.g. "ACTION_NAME [ACTION]" */
  readonly args?: string;
  readonly short: string;
  /** replaces `short` in the command's own help */
  readonly long?: string;
  readonly flags: readonly FlagSpec[];
  readonly commands?: readonly CommandSpec[];
  /** loads the code of the command when it is run, and not before */
  readonly load?: () => Promise<Run>;
  /** whether the command can do without an API host, given its flags and arguments */
  readonly isOffline?: (flags: FlagSet, args: readonly string[]) => boolean;
};

/** Flags of every command. */
export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  { name: "verbose", short: "v", type: "bool", usage: "verbose output" },
  { name: "debug", short: "d", type: "bool", usage: "debug level output" },
  { name: "cert", type: "string", usage: "client cert" },
  { name: "key", type: "string", usage: "client key" },
  { name: "auth", short: "u", type: "string", usage: "authorization `KEY`" },
  { name: "apihost", type: "string", usage: "whisk API `HOST`" },
  { name: "apiversion", type: "string", usage: "whisk API `VERSION`" },
  { name: "insecure", short: "i", type: "bool", usage: "bypass certificate checking" },
];

/**
 * All flags a command accepts: its own, and the global ones that it does not redefine (a
 * redefinition also takes the short form away, as in `property get`).
 */
export function acceptedFlags(command: CommandSpec): readonly FlagSpec[] {
  const own = new Set(command.flags.map((flag) => flag.name));
  return [...command.flags, ...GLOBAL_FLAGS.filter((flag) => !own.has(flag.name))];
}
