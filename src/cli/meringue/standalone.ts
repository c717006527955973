/** `meringue standalone`: from the command line to a running platform, and to its end. */
import type { Config } from "../../config/config.ts";
import { type DataFolder, openDataFolder } from "../../lib/data-folder.ts";
import type { RootLogger } from "../../lib/log.ts";
import { banner } from "./banner.ts";
import { type Context, EXIT, type Platform } from "./context.ts";
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

/** Resolves with the exit code when the server has stopped; rejects when it cannot start. */
export async function standalone(options: StandaloneOptions, context: Context): Promise<number> {
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
    const platform = await context.startPlatform(config, { logger });
    await serve({ platform, config, readyFd, shutdown }, context);
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
  readonly platform: Platform;
  readonly config: Config;
  readonly readyFd: number | undefined;
  readonly shutdown: Shutdown;
};

async function serve(serving: Serving, context: Context): Promise<void> {
  const { platform, config, readyFd, shutdown } = serving;
  try {
    context.out(banner(platform, config));
    if (readyFd !== undefined) announce(platform.listeners, readyFd);
    await shutdown.requested;
    await shutdown.drain(platform, config.shutdown.drainMaxMs);
  } finally {
    await shutdown.stop(platform);
  }
}

function finish(folder: DataFolder, logger: RootLogger, shutdown: Shutdown): void {
  shutdown.end();
  folder.release();
  logger.flush();
}
