/** The printed table, and the same rows as JSON. */
import { isNoisy } from "./quiet.ts";
import type { Result, Target } from "./row.ts";

/** Of a reason in the table; stderr and the JSON have all of it. */
const REASON_CHARS = 120;
const SIGN = { least: ">=", most: "<=" } as const;
const VERDICT: Readonly<Record<Result["verdict"], string>> = {
  stretch: "PASS+",
  pass: "pass",
  miss: "MISS",
  info: "-",
  skipped: "skip",
  failed: "FAIL",
};

/** Columns as wide as their widest cell; numbers stand right, the last column is not padded. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number>,
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        if (right.has(column)) return cell.padStart(width);
        return column === cells.length - 1 ? cell : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(header), rule, ...rows.map(line)].join("\n");
}

/** Three significant digits, without an exponent. */
export function formatNumber(value: number): string {
  if (value === 0) return "0";
  const digits = 2 - Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(6, Math.max(0, digits)));
}

export function formatTarget(target: Target | undefined): string {
  if (target === undefined) return "";
  const stretch = target.stretch === undefined ? "" : ` (${target.stretch})`;
  return `${SIGN[target.bound]} ${target.required}${stretch}`;
}

function range(samples: readonly number[]): string {
  if (samples.length < 2) return "";
  return `${formatNumber(Math.min(...samples))}..${formatNumber(Math.max(...samples))}`;
}

/** "*" behind the verdict: neighbours took CPU during at least half of the samples. */
function noiseMark({ outcome }: Result): string {
  const seen = outcome?.surroundings ?? [];
  return seen.length > 0 && seen.filter(isNoisy).length * 2 >= seen.length ? "*" : "";
}

export function renderResults(results: readonly Result[]): string {
  const header = ["row", "value", "unit", "target (stretch)", "", "min..max", "figures"];
  const rows = results.map((result) => {
    const { id, unit, target, outcome, reason } = result;
    return [
      id,
      outcome === undefined ? "" : formatNumber(outcome.value),
      unit,
      formatTarget(target),
      `${VERDICT[result.verdict]}${noiseMark(result)}`,
      outcome === undefined ? "" : range(outcome.samples),
      outcome?.note ?? reason?.replace(/\s+/g, " ").slice(0, REASON_CHARS) ?? "",
    ];
  });
  return renderTable(header, rows, new Set([1]));
}

/** One line below the table. */
export function summarize(results: readonly Result[]): string {
  const count = (...verdicts: Result["verdict"][]): number =>
    results.filter(({ verdict }) => verdicts.includes(verdict)).length;
  const met = `${count("pass", "stretch")} targets met (${count("stretch")} stretch)`;
  const rest = `${count("miss")} missed, ${count("failed")} failed, ${count("skipped")} skipped`;
  return `${met}, ${rest}, ${count("info")} informational`;
}

/** What `--json` writes: `pass` is null for informational and skipped rows, false for failed ones. */
export function toJsonRow(result: Result): Readonly<Record<string, unknown>> {
  const { id, unit, target, verdict, outcome, reason } = result;
  const pass =
    verdict === "info" || verdict === "skipped"
      ? null
      : verdict === "pass" || verdict === "stretch";
  return {
    id,
    value: outcome?.value ?? null,
    unit,
    target: target === undefined ? null : `${SIGN[target.bound]} ${target.required}`,
    stretch: target?.stretch === undefined ? null : `${SIGN[target.bound]} ${target.stretch}`,
    pass,
    samples: outcome?.samples ?? [],
    verdict,
    note: outcome?.note ?? reason ?? null,
    surroundings: outcome?.surroundings ?? [],
  };
}
