/**
 * From defaults, file, environment and flags (the later wins) to one frozen `Config`.
 * All problems of all sources come in one `ConfigError`.
 */
import { dirname, resolve } from "node:path";
import { camelCase } from "../lib/tree-type.ts";
import type { Config, SettingKey, User } from "./config.ts";
import { crossProblems } from "./cross-checks.ts";
import { type Environment, readEnvironment } from "./environment.ts";
import { readSettingsFile } from "./file.ts";
import type { Machine } from "./machine.ts";
import { parseValue } from "./parse-value.ts";
import { SETTINGS } from "./schema.ts";
import {
  type DefaultContext,
  envName,
  flagName,
  type LimitsMode,
  type Setting,
} from "./setting.ts";
import { withStockUsers } from "./stock-users.ts";

export type Sources = {
  /** Path of the settings file, if one was named. */
  readonly file?: string;
  readonly env: Environment;
  /** Text given with a flag, by setting key. */
  readonly flags: ReadonlyMap<string, string>;
  readonly machine: Machine;
};

export type Origin = "default" | "file" | "environment" | "flag";

export type Loaded = {
  readonly config: Config;
  readonly origins: ReadonlyMap<SettingKey, Origin>;
};

export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super([`${count} in the configuration`, ...problems.map((line) => `  ${line}`)].join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** Rejects with a `ConfigError`. */
export async function loadConfig(sources: Sources): Promise<Loaded> {
  const { machine } = sources;
  const path =
    sources.file === undefined ? undefined : resolve(machine.currentFolder, sources.file);
  const file = path === undefined ? undefined : await readSettingsFile(path);
  const environment = readEnvironment(sources.env);
  const problems = [...(file?.problems ?? []), ...environment.problems];
  const given = (setting: Setting): Given | undefined => {
    const { key } = setting;
    const here = machine.currentFolder;
    const flag = sources.flags.get(key);
    if (flag !== undefined) {
      return { raw: flag, origin: "flag", base: here, where: `flag --${flagName(setting)}` };
    }
    const variable = environment.values.get(key);
    if (variable !== undefined) {
      const where = `environment ${envName(setting)}`;
      return { raw: variable, origin: "environment", base: here, where };
    }
    if (path === undefined || file === undefined || !file.values.has(key)) return undefined;
    return { raw: file.values.get(key), origin: "file", base: dirname(path), where: path };
  };
  const resolved = resolveAll(given, machine);
  problems.push(...resolved.problems);
  const config = buildConfig(resolved.values);
  // A setting that is wrong in itself stands at its default here: further lines would mislead.
  if (problems.length === 0) problems.push(...crossProblems(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, origins: resolved.origins };
}

/** A value as some source gave it. */
type Given = {
  readonly raw: unknown;
  readonly origin: Origin;
  /** Folder that a relative path counts from. */
  readonly base: string;
  /** Source, for problems. */
  readonly where: string;
};

type Resolved = {
  readonly values: ReadonlyMap<string, unknown>;
  readonly origins: ReadonlyMap<SettingKey, Origin>;
  readonly problems: readonly string[];
};

/** In the order of the table, so that a computed default finds the rows before it. */
function resolveAll(given: (setting: Setting) => Given | undefined, machine: Machine): Resolved {
  const values = new Map<string, unknown>();
  const origins = new Map<SettingKey, Origin>();
  const problems: string[] = [];
  for (const setting of SETTINGS) {
    const source = given(setting);
    origins.set(setting.key, "default");
    values.set(setting.key, defaultOf(setting, values, machine));
    if (source === undefined) continue;
    const folders = { home: machine.homeFolder, base: source.base };
    const parsed = parseValue(setting, source.raw, folders);
    if ("value" in parsed) {
      values.set(setting.key, parsed.value);
      origins.set(setting.key, source.origin);
    } else {
      const place = `${setting.key} (${source.where})`;
      problems.push(...parsed.problems.map((text) => `${place}: ${text}`));
    }
  }
  return { values, origins, problems };
}

/** The default here and now; a path is expanded like a given one. */
function defaultOf(
  setting: Setting,
  earlier: ReadonlyMap<string, unknown>,
  machine: Machine,
): unknown {
  const limits = (earlier.get("limits") ?? "open") as LimitsMode;
  const row = setting.default;
  let value: unknown;
  if ("value" in row) value = row.value;
  else if ("compute" in row) value = row.compute(defaultContext(limits, earlier, machine));
  else value = row[limits];
  if (setting.type !== "path") return value;
  const folders = { home: machine.homeFolder, base: machine.currentFolder };
  const parsed = parseValue(setting, value, folders);
  return "value" in parsed ? parsed.value : value;
}

function defaultContext(
  limits: LimitsMode,
  earlier: ReadonlyMap<string, unknown>,
  machine: Machine,
): DefaultContext {
  return {
    limits,
    machineMemoryMb: machine.memoryMb,
    number(key) {
      const value = earlier.get(key);
      if (typeof value === "number") return value;
      throw new TypeError(`${key} is no number or stands later in the table`);
    },
    text(key) {
      const value = earlier.get(key);
      if (typeof value === "string") return value;
      throw new TypeError(`${key} is no text or stands later in the table`);
    },
  };
}

function buildConfig(values: ReadonlyMap<string, unknown>): Config {
  const root: Record<string, unknown> = {};
  for (const [key, value] of values) {
    const names = key.split(".").map(camelCase);
    let group = root;
    for (const name of names.slice(0, -1)) {
      group[name] ??= {};
      group = group[name] as Record<string, unknown>;
    }
    const last = names.at(-1) ?? key;
    group[last] = key === "users" ? withStockUsers(value as readonly User[]) : value;
  }
  // Built from the very table that `Config` is derived from.
  return deepFreeze(root) as Config;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
