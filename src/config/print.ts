/** Shows a loaded configuration as a settings file, each line with where its value is from. */
import { isScalar, Document as YamlDocument } from "yaml";
import { camelCase } from "../lib/tree-type.ts";
import type { Config } from "./config.ts";
import type { Loaded } from "./load.ts";
import { formatPrewarm } from "./parse-value.ts";
import { SETTINGS } from "./schema.ts";
import type { Prewarm, Setting } from "./setting.ts";

const HIDDEN = "***";

/** YAML that is itself a settings file, but for secrets, which are shown as `***`. */
export function printYaml(loaded: Loaded): string {
  const document = new YamlDocument(plainTree(loaded.config));
  for (const setting of SETTINGS) {
    const node = document.getIn(setting.key.split("."), true);
    if (isScalar(node)) node.comment = ` ${loaded.origins.get(setting.key) ?? "default"}`;
  }
  return document.toString({ lineWidth: 0 });
}

export function printJson(loaded: Loaded): string {
  return `${JSON.stringify(plainTree(loaded.config), null, 2)}\n`;
}

/** Nested values under the names of the file. */
function plainTree(config: Config): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  for (const setting of SETTINGS) {
    const path = setting.key.split(".");
    let group = root;
    for (const name of path.slice(0, -1)) {
      group[name] ??= {};
      group = group[name] as Record<string, unknown>;
    }
    group[path.at(-1) ?? ""] = plainValue(setting, valueAt(config, path));
  }
  return root;
}

function plainValue(setting: Setting, value: unknown): unknown {
  // The values have the types that `ValueOf` in config.ts gives to these rows.
  if (setting.type === "users") return hideKeys(value as Config["users"]);
  if (setting.type === "prewarm") return formatPrewarm(value as readonly Prewarm[]);
  if (setting.type === "list") return (value as readonly string[]).join(",");
  if (setting.type === "keys") return (value as readonly string[]).map(() => HIDDEN);
  return setting.secret === true ? HIDDEN : value;
}

function hideKeys(users: Config["users"]): unknown {
  return users.map((user) => ({
    ...user,
    namespaces: user.namespaces.map((space) => ({ ...space, key: HIDDEN })),
  }));
}

function valueAt(config: Config, path: readonly string[]): unknown {
  let node: unknown = config;
  for (const name of path) node = (node as Record<string, unknown>)[camelCase(name)];
  return node;
}
