/** Numbers with a unit, as people write them: "48 MiB", "10 min". */
const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  k: 2 ** 10,
  kb: 2 ** 10,
  kib: 2 ** 10,
  m: 2 ** 20,
  mb: 2 ** 20,
  mib: 2 ** 20,
  g: 2 ** 30,
  gb: 2 ** 30,
  gib: 2 ** 30,
};
const MEGABYTES: Readonly<Record<string, number>> = {
  m: 1,
  mb: 1,
  mib: 1,
  g: 2 ** 10,
  gb: 2 ** 10,
  gib: 2 ** 10,
};
const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const UNITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  bytes: BYTES,
  MB: MEGABYTES,
  ms: MILLISECONDS,
};

/**
 * Whole number in the setting's own unit, or undefined when `text` is not one. As with the
 * original, "KB" and "KiB" both mean 1024 bytes. A bare number is in the setting's own unit.
 */
export function parseQuantity(text: string, unit: string | undefined): number | undefined {
  const match = /^\s*(-?\d+)\s*([a-z]*)\s*$/i.exec(text);
  if (match === null) return undefined;
  const number = Number(match[1]);
  const suffix = (match[2] ?? "").toLowerCase();
  const factor = suffix === "" ? 1 : UNITS[unit ?? ""]?.[suffix];
  const value = factor === undefined ? Number.NaN : number * factor;
  return Number.isSafeInteger(value) ? value : undefined;
}
