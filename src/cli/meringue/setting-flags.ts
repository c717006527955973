/** Flags of a command that are derived from the table of settings. */
import { type Command, Option } from "commander";
import type { SettingKey } from "../../config/config.ts";
import { defaultText } from "../../config/default-text.ts";
import { type Loaded, loadConfig } from "../../config/load.ts";
import { SETTINGS } from "../../config/schema.ts";
import { flagName, type Setting } from "../../config/setting.ts";
import type { Context } from "./context.ts";

/** Filled while the command line is parsed. */
export type FlagValues = {
  readonly flags: Map<string, string>;
  file: string | undefined;
};

/** Shown before the long list of the others. */
const COMMON: ReadonlySet<SettingKey> = new Set<SettingKey>([
  "api.port",
  "api.host",
  "data.folder",
  "runtimes.manifest",
  "isolation",
  "network",
  "durability",
  "limits",
]);

/** Adds `-c` and a flag for each setting, or only for those of `keys`. */
export function addSettingFlags(command: Command, keys?: readonly SettingKey[]): FlagValues {
  const values: FlagValues = { flags: new Map(), file: undefined };
  command.option("-c, --config-file <file>", "settings in YAML or JSON");
  command.on("option:config-file", (path: string) => {
    values.file = path;
  });
  for (const setting of SETTINGS) {
    const name = flagName(setting);
    if (name === undefined || (keys !== undefined && !keys.includes(setting.key))) continue;
    const option = new Option(
      `${shortFlag(setting)}--${name} <${placeholder(setting)}>`,
      help(setting),
    );
    if (!COMMON.has(setting.key)) option.helpGroup("Settings:");
    command.addOption(option);
    command.on(`option:${name}`, (text: string) => values.flags.set(setting.key, text));
  }
  return values;
}

/** Rejects with a `ConfigError`. */
export function loadWith(values: FlagValues, context: Context): Promise<Loaded> {
  const { env, machine } = context;
  const { flags, file } = values;
  return loadConfig({ env, machine, flags, ...(file === undefined ? {} : { file }) });
}

function shortFlag(setting: Setting): string {
  return setting.short === undefined ? "" : `-${setting.short}, `;
}

function placeholder(setting: Setting): string {
  if (setting.type === "int") return setting.unit?.replace(" ", "-") ?? "number";
  if (setting.type === "list" || setting.type === "keys") return "list";
  return { enum: "word", text: "host", path: "path", prewarm: "list", users: "json" }[setting.type];
}

/** First sentence of the documentation, the words that may be given, and the default. */
function help(setting: Setting): string {
  const [first = ""] = setting.doc.split(/(?<=[.;:]) /);
  const values = setting.type === "enum" ? `: ${setting.values.join(", ")}` : "";
  const text = `${first.replace(/[.;:]$/, "")}${values} (default: ${defaultText(setting)})`;
  return text.replaceAll("`", "");
}
