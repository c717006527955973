/** `meringue standalone`, `serve`: from the command line to a running server, and to its end. */
import type { Config } from "../../config/config.ts";
import { type DataFolder, openDataFolder } from "../../lib/data-folder.ts";
import type { RootLogger } from "../../lib/log.ts";
import { banner, gatewayBanner } from "./banner.ts";
import { type Context, EXIT, type Server } from "./context.ts";
import { announce, parseReadyFd } from "./ready-fd.ts";
import { type FlagValues, loadWith } from "./setting-flags.ts";
import { Shutdown } from "./shutdown.ts";

export type StandaloneOptions = {
  readonly values: FlagValues;
  /** Lines about flags that mean nothing here. */
  readonly notes: readonly string[];
  readonly clean: boolean;
  readonly verbose: boolean;
  readonly readyFd: string | undefined;
};

type Started = { readonly server: Server; readonly banner: string };
type Start = (config: Config, logger: RootLogger) => Promise<Started>;

/** Resolves with the exit code when the server has stopped; rejects when it cannot start. */
export function standalone(options: StandaloneOptions, context: Context): Promise<number> {
  return run(options, context, async (config, logger) => {
    const platform = await context.startPlatform(config, { logger });
    return { server: platform, banner: banner(platform, config) };
  });
}

/** As `standalone`, with nothing but the gateway. */
export function gatewayAlone(options: StandaloneOptions, context: Context): Promise<number> {
  return run(options, context, async (config, logger) => {
    const server = await context.startGateway(config, { logger });
    return { server, banner: gatewayBanner(server, config) };
  });
}

async function run(options: StandaloneOptions, context: Context, start: Start): Promise<number> {
  for (const note of options.notes) context.err(`meringue: ${note}\n`);
  const readyFd = parseReadyFd(options.readyFd);
  if (options.verbose && !options.values.flags.has("log.level")) {
    options.values.flags.set("log.level", "debug");
  }
  const { config } = await loadWith(options.values, context);
  const folder = await openDataFolder(config.data.folder);
  const logger = await context.createLogger(config.log.level);
  // From here on a signal ends what has been begun, also while it is still starting.
  const shutdown = new Shutdown(context, logger);
  const ignoreFaults = context.onFault((fault) => endByFault(fault, logger, context));
  try {
    if (options.clean) await cleanFolder(folder, context);
    const { server, banner: text } = await start(config, logger);
    await serve({ server, text, config, readyFd, shutdown }, context);
    return EXIT.ok;
  } finally {
    ignoreFaults();
    finish(folder, logger, shutdown);
  }
}

/** What state a fault leaves behind nobody knows: what is on disk is taken up by the next start. */
function endByFault(fault: unknown, logger: RootLogger, context: Context): void {
  logger.error("a fault of the program ends it", { err: fault });
  logger.flush();
  context.exitNow(EXIT.failed);
}

async function cleanFolder(folder: DataFolder, context: Context): Promise<void> {
  const left = await folder.clean();
  if (left.length === 0) return;
  context.err(`meringue: --clean left alone what is not the server's: ${left.join(", ")}\n`);
}

type Serving = {
  readonly server: Server;
  readonly text: string;
  readonly config: Config;
  readonly readyFd: number | undefined;
  readonly shutdown: Shutdown;
};

async function serve(serving: Serving, context: Context): Promise<void> {
  const { server, text, config, readyFd, shutdown } = serving;
  try {
    context.out(text);
    if (readyFd !== undefined) announce(server.listeners, readyFd);
    await shutdown.requested;
    await shutdown.drain(server, config.shutdown.drainMaxMs);
  } finally {
    await shutdown.stop(server);
  }
}

function finish(folder: DataFolder, logger: RootLogger, shutdown: Shutdown): void {
  shutdown.end();
  folder.release();
  logger.flush();
}
