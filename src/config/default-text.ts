/** Says a default in words (Markdown); the same on every machine. */
import { formatPrewarm } from "./parse-value.ts";
import type { Setting } from "./setting.ts";

/** "`off`; `60` with `--limits original`" */
export function defaultText(setting: Setting): string {
  const row = setting.default;
  if ("compute" in row) return row.text;
  if ("value" in row) return show(setting, row.value);
  return `${show(setting, row.open)}; ${show(setting, row.original)} with \`--limits original\``;
}

function show(setting: Setting, value: unknown): string {
  if (setting.type === "users" || setting.type === "keys") return "none";
  if (setting.type === "list" && (value as readonly string[]).length === 0) return "none";
  if (setting.type === "prewarm") return `\`${formatPrewarm(value as [])}\``;
  const friendly = typeof value === "number" ? friendlyNumber(value, setting) : undefined;
  return friendly === undefined ? `\`${value}\`` : `\`${value}\` (${friendly})`;
}

const STEPS = {
  ms: [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1000],
  ],
  bytes: [
    ["GB", 2 ** 30],
    ["MB", 2 ** 20],
    ["KB", 2 ** 10],
  ],
} as const;

/** 50331648 bytes → "48 MB" */
function friendlyNumber(value: number, setting: Setting): string | undefined {
  if (setting.type !== "int" || value === 0) return undefined;
  const steps = setting.unit === "ms" || setting.unit === "bytes" ? STEPS[setting.unit] : [];
  for (const [name, size] of steps) {
    if (value % size === 0) return `${value / size} ${name}`;
  }
  return undefined;
}
