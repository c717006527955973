/** Reads settings from environment variables named `MERINGUE_…`. */
import { didYouMean } from "../lib/suggest.ts";
import { SETTINGS } from "./schema.ts";
import { envName } from "./setting.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

const KEY_OF: ReadonlyMap<string, string> = new Map(
  SETTINGS.map((setting) => [envName(setting), setting.key]),
);

/** An orchestrator names every service of its namespace to every program in it. */
function isServiceLink(name: string, value: string): boolean {
  if (/^MERINGUE_(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP|SCTP))/.test(name)) return true;
  return name === "MERINGUE_PORT" && /^(tcp|udp|sctp):/.test(value);
}

export function readEnvironment(env: Environment): {
  readonly values: ReadonlyMap<string, string>;
  readonly problems: readonly string[];
} {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !name.startsWith("MERINGUE_")) continue;
    const key = KEY_OF.get(name);
    if (key !== undefined) values.set(key, value);
    else if (!isServiceLink(name, value)) {
      problems.push(`environment ${name} is unknown${didYouMean(name, KEY_OF.keys())}`);
    }
  }
  return { values, problems };
}
