/** What a row of the table is: its target, and how a measurement is judged against it. */
import type { Surroundings } from "./proc.ts";

export type Target = {
  /** "least": higher is better, the value must reach it; "most": it must not exceed it. */
  readonly bound: "least" | "most";
  readonly required: number;
  readonly stretch?: number;
};

export type RowSpec = {
  readonly id: string;
  /** One line for `--list`. */
  readonly about: string;
  readonly unit: string;
  /** Absent: informational. */
  readonly target?: Target;
};

export type Outcome = {
  readonly id: string;
  readonly value: number;
  /** In the row's unit, in the order they were taken. */
  readonly samples: readonly number[];
  /** Absolute figures behind the value. */
  readonly note?: string;
  /** One per sample where it was watched. */
  readonly surroundings?: readonly Surroundings[];
};

/** Rows that are measured together. Processes and folders of a group end with it (`stopAll`). */
export type Group = {
  readonly rows: readonly RowSpec[];
  /** Measures the rows in `wanted`. Throws `Skip` when something of the machine is missing. */
  run(wanted: ReadonlySet<string>, options: BenchOptions): Promise<readonly Outcome[]>;
};

export type BenchOptions = {
  readonly quick: boolean;
  /** Tells the person waiting what goes on. */
  readonly progress: (line: string) => void;
};

/** Thrown when rows cannot be measured on this machine; the message names what is missing. */
export class Skip extends Error {}

export type Result = RowSpec & {
  /** "info": measured, no target. "failed": the measurement itself did not work. */
  readonly verdict: "stretch" | "pass" | "miss" | "info" | "skipped" | "failed";
  readonly outcome?: Outcome;
  /** Why it was skipped or failed. */
  readonly reason?: string;
};

const reaches = (bound: Target["bound"], value: number, limit: number): boolean =>
  bound === "least" ? value >= limit : value <= limit;

/** Judges one measurement. */
export function judge(spec: RowSpec, outcome: Outcome): Result {
  const { target } = spec;
  if (target === undefined) return { ...spec, outcome, verdict: "info" };
  const { bound, required, stretch } = target;
  if (!reaches(bound, outcome.value, required)) return { ...spec, outcome, verdict: "miss" };
  const stretched = stretch !== undefined && reaches(bound, outcome.value, stretch);
  return { ...spec, outcome, verdict: stretched ? "stretch" : "pass" };
}

/** 1 when a required target was missed or a measurement broke; skipped rows do not count. */
export function exitCode(results: readonly Result[]): number {
  return results.some(({ verdict }) => verdict === "miss" || verdict === "failed") ? 1 : 0;
}
