/** Sizes and times as nginx writes them: "50m", "1G", "10s". */

const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
};

/** Undefined when it is none. */
export function parseBytes(text: unknown): number | undefined {
  const [, digits, unit = ""] = /^(\d+)([kmg]?)$/i.exec(String(text)) ?? [];
  return digits === undefined ? undefined : Number(digits) * (BYTES[unit.toLowerCase()] ?? 1);
}

const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  "": 1,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
};

/** Undefined when it is none; "1h30m" is written with one unit: "90m". */
export function parseSeconds(text: unknown): number | undefined {
  const [, digits, unit = ""] = /^(\d+)(ms|[smhd]?)$/.exec(String(text)) ?? [];
  return digits === undefined ? undefined : Number(digits) * (SECONDS[unit] ?? 1);
}
