/** Limits of an action; what cannot be is left out with a warning, as the original does. */
import type { LimitsEntry } from "./manifest.ts";
import type { LimitsPlan, PlanContext } from "./plan.ts";

/** Below `least` a limit is ignored, above `most` the platform decides. */
const RANGES = {
  timeout: { least: 100, most: 600_000, unit: "milliseconds" },
  memorySize: { least: 128, most: 2048, unit: "MB" },
  logSize: { least: 0, most: 10, unit: "MB" },
} as const;

const UNCHANGEABLE = [
  "concurrentActivations",
  "userInvocationRate",
  "codeSize",
  "parameterSize",
] as const;

/** undefined when no limit is left. */
export function planLimits(
  entry: LimitsEntry | undefined,
  { warn }: PlanContext,
): LimitsPlan | undefined {
  if (entry === undefined) return undefined;
  for (const name of UNCHANGEABLE) {
    if (entry[name] === undefined) continue;
    warn(`Action Limit [${name}] is currently not changeable. Ignoring...`);
  }
  const timeout = checked("timeout", entry, warn);
  const memory = checked("memorySize", entry, warn);
  const logs = checked("logSize", entry, warn);
  if (timeout === undefined && memory === undefined && logs === undefined) return undefined;
  return {
    ...(timeout === undefined ? {} : { timeout }),
    ...(memory === undefined ? {} : { memory }),
    ...(logs === undefined ? {} : { logs }),
  };
}

function checked(
  name: keyof typeof RANGES,
  entry: LimitsEntry,
  warn: (text: string) => void,
): number | undefined {
  const value = entry[name];
  if (value === undefined) return undefined;
  const { least, most, unit } = RANGES[name];
  if (value >= least && value <= most) return value;
  warn(
    `Action limit: ${name} may be outside the default range of [${least}, ${most}] ${unit}. ` +
      "Please verify your provider supports this value.",
  );
  if (value > most) return value;
  warn(`Invalid action limit [${name}] in manifest is ignored.`);
  return undefined;
}
