/**
 * The command line of `meringue`. Each command loads its code when it is called, so that `--help`
 * and short commands start fast.
 */
import { Command, CommanderError, Option } from "commander";
import { ConfigError } from "../../config/load.ts";
import { addAdmin, widenOptions } from "./admin-commands.ts";
import { type Context, EXIT, UsageError } from "./context.ts";
import { addForeignFlags } from "./foreign-flags.ts";
import { addSettingFlags, type FlagValues } from "./setting-flags.ts";
import { version } from "./version.ts";

/** Runs one command line (without "node" and the file); resolves with the exit code. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  let code: number = EXIT.ok;
  const program = buildProgram(context, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(widenOptions(args), { from: "user" });
    return code;
  } catch (error) {
    return report(error, context, args.includes("-v") || args.includes("--verbose"));
  }
}

/** One line (or one per problem of the configuration); the stack only when asked for. */
function report(error: unknown, context: Context, verbose: boolean): number {
  // commander has written its own message, help or version already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const message = error instanceof Error ? error.message : String(error);
  context.err(`meringue: ${message}\n`);
  if (verbose && error instanceof Error) context.err(`${error.stack}\n`);
  const isUsage = error instanceof UsageError || error instanceof ConfigError;
  return isUsage ? EXIT.usage : EXIT.failed;
}

type SetCode = (code: number) => void;

function buildProgram(context: Context, setCode: SetCode): Command {
  const program = new Command("meringue")
    .description("A serverless platform, wire-compatible with Apache OpenWhisk.")
    .version(version(), "--version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out(text),
      writeErr: (text) => context.err(text),
    });
  addStandalone(program, context, setCode);
  addServe(program, context, setCode);
  addWaitready(program, context, setCode);
  addConfig(program, context, setCode);
  addRuntime(program, context);
  addAdmin(program, context, setCode);
  return program;
}

function addStandalone(program: Command, context: Context, setCode: SetCode): void {
  const command = program
    .command("standalone")
    .description("start the whole platform in one process")
    .version(version(), "--version", "show the version");
  const values = addSettingFlags(command);
  command
    .option("--clean", "delete what the server keeps in the data folder, then start")
    .option("-v, --verbose", "log at level debug; show the stack of errors")
    .addOption(
      new Option("--ready-fd <fd>", "write one JSON line per listener to this file descriptor"),
    );
  command.addOption(new Option("--user-events", "the original's name").hideHelp());
  command.on("option:user-events", () => values.flags.set("user_events.enabled", "on"));
  const notes = addForeignFlags(command);
  command.action(async (options: { clean?: true; verbose?: true; readyFd?: string }) => {
    const { standalone } = await import("./standalone.ts");
    const { clean = false, verbose = false, readyFd } = options;
    setCode(await standalone({ values, notes, clean, verbose, readyFd }, context));
  });
}

function addServe(program: Command, context: Context, setCode: SetCode): void {
  const command = program
    .command("serve")
    .description("start some of the platform's roles in this process");
  const values = addSettingFlags(command);
  command
    .option("--roles <list>", "all, or gateway", "all")
    .option("-v, --verbose", "log at level debug; show the stack of errors")
    .addOption(
      new Option("--ready-fd <fd>", "write one JSON line per listener to this file descriptor"),
    );
  command.action(async (options: { roles: string; verbose?: true; readyFd?: string }) => {
    const { verbose = false, readyFd } = options;
    const roles = parseRoles(options.roles);
    const { gatewayAlone, standalone } = await import("./standalone.ts");
    const serve = roles === "gateway" ? gatewayAlone : standalone;
    setCode(await serve({ values, notes: [], clean: false, verbose, readyFd }, context));
  });
}

/** Drivers that would let other roles find each other come later. */
function parseRoles(text: string): "all" | "gateway" {
  const roles = new Set(text.split(",").map((role) => role.trim()));
  if (roles.size === 1 && roles.has("gateway")) return "gateway";
  if (roles.has("all")) return "all";
  throw new UsageError(
    `serve --roles ${text}: this version can serve "all" roles in one process, or "gateway" alone`,
  );
}

function addWaitready(program: Command, context: Context, setCode: SetCode): void {
  program
    .command("waitready")
    .description("return when a server answers")
    .option("--url <url>", "its API; default: where the settings say that it listens here")
    .option("--timeout <seconds>", "give up after this long", "60")
    .action(async (options: { url?: string; timeout: string }) => {
      const { waitReady } = await import("./waitready.ts");
      setCode(await waitReady(options, context));
    });
}

function addConfig(program: Command, context: Context, setCode: SetCode): void {
  const config = program.command("config").description("look at the settings");
  const print = config.command("print").description("show every setting and where it is from");
  const printValues = addSettingFlags(print);
  print.option("--json", "as JSON, without the sources").action(async (options) => {
    const { printConfig } = await import("./config-commands.ts");
    await printConfig(printValues, { json: options.json === true }, context);
  });
  const check = config.command("check").description("say what is wrong with the settings");
  const checkValues = addSettingFlags(check);
  check.action(async () => {
    const { checkConfig } = await import("./config-commands.ts");
    await checkConfig(checkValues, context);
  });
  config
    .command("docs")
    .description("print the documentation of all settings (Markdown)")
    .option("--check <file>", "instead: exit 1 when this file differs from it")
    .action(async (options: { check?: string }) => {
      const { printDocs } = await import("./config-commands.ts");
      setCode(await printDocs(options, context));
    });
}

function addRuntime(program: Command, context: Context): void {
  const runtime = program.command("runtime").description("languages that actions can use");
  const both = (command: Command): FlagValues => addSettingFlags(command, ["data.folder"]);
  const list = runtime.command("list").description("list the interpreters found");
  const listValues = both(list);
  list.action(async () => {
    const { listRuntimes } = await import("./runtime-commands.ts");
    await listRuntimes(listValues, context);
  });
  const add = runtime
    .command("add <kind>")
    .description("install an interpreter from npm, e.g. nodejs:24");
  const addValues = both(add);
  add.action(async (kind: string) => {
    const { addRuntime: install } = await import("./runtime-commands.ts");
    await install(kind, addValues, context);
  });
}
