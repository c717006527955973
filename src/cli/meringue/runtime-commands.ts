/** `meringue runtime list|add`. */
import type { Runtime } from "../../container/driver.ts";
import { prepareDataFolder } from "../../lib/data-folder.ts";
import { type Context, UsageError } from "./context.ts";
import { type FlagValues, loadWith } from "./setting-flags.ts";

export async function listRuntimes(values: FlagValues, context: Context): Promise<void> {
  const { config } = await loadWith(values, context);
  const { discoverRuntimes } = await context.runtimes();
  const catalog = await discoverRuntimes({ dataFolder: config.data.folder });
  const kinds = [...catalog.values()];
  if (kinds.length === 0) context.out("no interpreters found\n");
  for (const runtime of kinds) context.out(line(runtime));
}

/** Installs into the data folder, also while a server uses it: it is found at the next start. */
export async function addRuntime(
  kind: string,
  values: FlagValues,
  context: Context,
): Promise<void> {
  if (!/^[a-z]+:\d+(\.\d+)*$/.test(kind)) {
    throw new UsageError(`${kind}: not a kind such as nodejs:24`);
  }
  const { config } = await loadWith(values, context);
  await prepareDataFolder(config.data.folder);
  const { addRuntime: install } = await context.runtimes();
  context.out(line(await install(kind, config.data.folder)));
}

function line(runtime: Runtime): string {
  return `${runtime.kind.padEnd(14)} ${runtime.version.padEnd(10)} ${runtime.interpreter}\n`;
}
