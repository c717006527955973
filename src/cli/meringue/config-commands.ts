/** `meringue config print|check|docs`. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { configurationPage } from "../../config/documentation.ts";
import { printJson, printYaml } from "../../config/print.ts";
import { type Context, EXIT } from "./context.ts";
import { type FlagValues, loadWith } from "./setting-flags.ts";

/** Every setting with its source; rejects with a `ConfigError`. */
export async function printConfig(
  values: FlagValues,
  options: { readonly json: boolean },
  context: Context,
): Promise<void> {
  const loaded = await loadWith(values, context);
  context.out(options.json ? printJson(loaded) : printYaml(loaded));
}

/** Says nothing but "ok"; rejects with a `ConfigError` that names every problem. */
export async function checkConfig(values: FlagValues, context: Context): Promise<void> {
  await loadWith(values, context);
  context.out("ok\n");
}

export async function printDocs(
  options: { readonly check?: string },
  context: Context,
): Promise<number> {
  if (options.check === undefined) {
    context.out(configurationPage());
    return EXIT.ok;
  }
  const path = resolve(context.machine.currentFolder, options.check);
  if ((await readFile(path, "utf8")) === configurationPage()) return EXIT.ok;
  context.err(`meringue: ${options.check} differs from what \`meringue config docs\` prints\n`);
  return EXIT.failed;
}
