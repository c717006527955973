/**
 * Runs one command line: cuts the parameters out, finds the command, reads its flags, runs it, and
 * turns what goes wrong into text and exit code (wsk-cli 1).
 */
import { acceptedFlags, type CommandSpec } from "./command-spec.ts";
import { ROOT } from "./command-tree.ts";
import { cutOptions } from "./cut-options.ts";
import { findCommand, unknownCommand } from "./find-command.ts";
import { FlagSet, HelpWanted } from "./flag-set.ts";
import { helpText, usageText } from "./help.ts";
import { type Io, paint } from "./io.ts";
import { effectiveProperties, propertyFile, readPropertyFile } from "./properties.ts";
import { EXIT, toWskError, WskError } from "./wsk-error.ts";

const USAGE_LINE = "Run 'wsk --help' for usage.\n";

/** Gives the exit code; everything said goes through `io`. */
export async function runWsk(argv: readonly string[], io: Io): Promise<number> {
  try {
    await dispatch(argv, io);
    return 0;
  } catch (cause) {
    return report(toWskError(cause), io);
  }
}

function report(error: WskError, io: Io): number {
  if (error.display === "prefixed")
    io.err(`${paint(io.isColored).red("error: ")}${error.message}\n`);
  if (error.display === "plain") io.err(`${error.message}\n`);
  if (error.hasUsage) io.err(USAGE_LINE);
  return error.exitCode;
}

/** What the scripts of `wsk completion` call. */
const COMPLETE = "__complete";

async function dispatch(argv: readonly string[], io: Io): Promise<void> {
  if (argv[0] === COMPLETE) {
    const { completionText } = await import("./complete.ts");
    return io.out(completionText(ROOT, argv.slice(1)));
  }
  const cut = await cutOptions(argv);
  const { path, args } = findCommand(ROOT, cut.args);
  const command = path.at(-1) ?? ROOT;
  const unknown = command === ROOT ? unknownCommand(ROOT, args) : undefined;
  if (unknown !== undefined) {
    io.err(`Error: ${unknown}\n${USAGE_LINE}`);
    throw new WskError(unknown, EXIT.general, { display: "plain" });
  }
  const flags = new FlagSet(acceptedFlags(command));
  const rest = readFlags(flags, args, command, io);
  if (rest === undefined) return io.out(helpText(path));
  if (command.name === "help") return help(rest, io);
  if (command.load === undefined) return io.out(helpText(path));
  await runCommand({ command, flags, args: rest, cut }, io);
}

/** Undefined when help was asked for. */
function readFlags(
  flags: FlagSet,
  args: readonly string[],
  command: CommandSpec,
  io: Io,
): readonly string[] | undefined {
  try {
    return flags.parse(args);
  } catch (cause) {
    if (cause instanceof HelpWanted) return undefined;
    // Commands with sub-commands say it twice, as in the original.
    if (command.commands !== undefined) io.err(`Error: ${toWskError(cause).message}\n`);
    throw cause;
  }
}

/** `wsk help COMMAND…` */
function help(topic: readonly string[], io: Io): void {
  const { path, args } = findCommand(ROOT, topic);
  if (path.length === 1 && unknownCommand(ROOT, args) !== undefined) {
    const quoted = topic.map((word) => `\`${word}\``).join(" ");
    io.err(`Unknown help topic [${quoted}]\n${usageText([ROOT], false)}`);
  } else io.out(helpText(path));
}

type Invocation = {
  readonly command: CommandSpec;
  readonly flags: FlagSet;
  readonly args: readonly string[];
  readonly cut: Awaited<ReturnType<typeof cutOptions>>;
};

async function runCommand({ command, flags, args, cut }: Invocation, io: Io): Promise<void> {
  const { connect } = await import("./connect.ts");
  const file = propertyFile(io.env);
  // Where a flag is a switch (`property get --auth`) it names a property and does not set it.
  const given = (name: string): string =>
    flags.byName(name)?.type === "string" ? flags.text(name) : "";
  const properties = effectiveProperties(await readPropertyFile(file), io.env, given);
  const connection = connect(properties, flags, io, command.isOffline?.(flags, args) !== true);
  try {
    const run = await command.load?.();
    await run?.({
      args,
      flags,
      cut,
      properties,
      propertyFile: file,
      client: connection.client,
      io,
      paint: paint(io.isColored),
    });
  } finally {
    connection.close();
  }
}
