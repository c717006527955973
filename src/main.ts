/** The program `meringue`: hands the process to the command line and names the concrete parts. */
import { join } from "node:path";
import type { Context, StopSignal } from "./cli/meringue/context.ts";
import { run } from "./cli/meringue/program.ts";
import { thisMachine } from "./config/machine.ts";

const EXIT_GRACE_MS = 1000;
const SIGNALS: readonly StopSignal[] = ["SIGINT", "SIGTERM"];

// What a command needs is loaded when it is called: `--help` needs next to nothing.
const context: Context = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  // biome-ignore lint/style/noProcessEnv: the one place where the environment enters
  env: process.env,
  machine: thisMachine(),
  createLogger: async (level) => {
    const { createLogger } = await import("./lib/log.ts");
    return createLogger({ level });
  },
  startPlatform: async (config, options) => {
    const { startPlatform } = await import("./platform.ts");
    const { env, machine } = context;
    const folder = machine.currentFolder;
    return startPlatform(config, { ...options, path: env["PATH"] ?? "", env, folder });
  },
  startGateway: async (config, options) => {
    const { startGatewayAlone } = await import("./platform/gateway.ts");
    const { env, machine } = context;
    return startGatewayAlone(config, { ...options, env, folder: machine.currentFolder });
  },
  runtimes: async () => {
    const { addRuntime, discoverRuntimes } = await import("./container/interpreters.ts");
    const folderIn = (dataFolder: string): string => join(dataFolder, "runtimes");
    const machine = { path: context.env["PATH"] ?? "", platformNode: process.execPath };
    return {
      discoverRuntimes: ({ dataFolder }) =>
        discoverRuntimes({ ...machine, folder: folderIn(dataFolder) }),
      addRuntime: (kind, dataFolder) => addRuntime(kind, folderIn(dataFolder)),
    };
  },
  openAdminStore: async (folder) => {
    const { createSqliteStore } = await import("./store/sqlite.ts");
    const store = createSqliteStore({
      folder,
      logger: (_level, message) => context.err(`meringue: ${message}\n`),
    });
    await store.start();
    return store;
  },
  onSignal(handler) {
    for (const signal of SIGNALS) process.on(signal, handler);
    return () => {
      for (const signal of SIGNALS) process.off(signal, handler);
    };
  },
  onFault(handler) {
    process.on("uncaughtException", handler);
    return () => process.off("uncaughtException", handler);
  },
  exitNow: (code) => process.exit(code),
};

// A reader that went away (`meringue … | head`) is no reason to stop serving.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

process.exitCode = await run(process.argv.slice(2), context);
// Everything is stopped by now. What a fault left open must not keep the process alive.
setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();
