/** Composition of what functions run in: the machine's interpreters, and the container driver. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import type { ContainerDriver, RuntimeCatalog } from "../container/driver.ts";
import { discoverRuntimes } from "../container/interpreters.ts";
import { createProcessDriver } from "../container/process.ts";
import type { Logger } from "../lib/log.ts";

/** Longest path of a unix socket, less the name of the socket itself. */
const RUN_FOLDER_LENGTH_MAX = 80;

export type Containers = {
  /** Settled when the machine has been searched; the driver's start waits for it. */
  readonly discovering: Promise<RuntimeCatalog>;
  /** Not started yet. */
  readonly driver: ContainerDriver;
};

/** `path`: where interpreters are looked for. `apiUrl`: where functions find the API. */
export function createContainers(
  config: Config,
  options: { readonly path: string; readonly apiUrl: string; readonly logger: Logger },
): Containers {
  const { path, apiUrl, logger } = options;
  const discovering = discoverRuntimes({
    path,
    platformNode: process.execPath,
    folder: join(config.data.folder, "runtimes"),
  });
  const driver = createProcessDriver({
    isolation: config.isolation,
    network: config.network,
    runtimes: discovering,
    folder: runFolder(config.data.folder),
    apiHostUrl: apiUrl,
    limits: { uidBase: config.container.uidBase, poolMemoryMb: config.pool.memoryMb },
    logger: (level, message, fields) => logger[level](message, fields),
  });
  return { discovering, driver };
}

/** Unix sockets have short names, so a deep data folder cannot hold them. */
function runFolder(dataFolder: string): string {
  const folder = join(dataFolder, "run");
  if (folder.length <= RUN_FOLDER_LENGTH_MAX) return folder;
  return join(tmpdir(), `meringue-${process.pid}`);
}
