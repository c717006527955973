import { describe, expect, test } from "vitest";
import { exitCode, judge, type Result, type RowSpec } from "../../../bench/lib/row.ts";

const row = (bound: "least" | "most", required: number, stretch?: number): RowSpec => ({
  id: "row",
  about: "",
  unit: "x",
  target: { bound, required, ...(stretch === undefined ? {} : { stretch }) },
});

describe("judge", () => {
  test.for([
    { spec: row("least", 0.4, 0.55), value: 0.399, verdict: "miss" },
    { spec: row("least", 0.4, 0.55), value: 0.4, verdict: "pass" },
    { spec: row("least", 0.4, 0.55), value: 0.55, verdict: "stretch" },
    { spec: row("most", 3.2, 2.5), value: 3.21, verdict: "miss" },
    { spec: row("most", 3.2, 2.5), value: 3.2, verdict: "pass" },
    { spec: row("most", 3.2, 2.5), value: 2.5, verdict: "stretch" },
    { spec: row("most", 20), value: 1, verdict: "pass" },
    { spec: row("least", 1), value: Number.NaN, verdict: "miss" },
    { spec: { id: "row", about: "", unit: "ms" }, value: 1e9, verdict: "info" },
  ])("$spec.target: $value is $verdict", ({ spec, value, verdict }) => {
    expect(judge(spec, { id: "row", value, samples: [value] }).verdict).toBe(verdict);
  });
});

describe("exit code", () => {
  const result = (verdict: Result["verdict"]): Result => ({ ...row("least", 1), verdict });

  test.for([
    { verdicts: [], code: 0 },
    { verdicts: ["pass", "stretch", "info", "skipped"], code: 0 },
    { verdicts: ["pass", "miss"], code: 1 },
    { verdicts: ["failed", "pass"], code: 1 },
  ] as const)("of $verdicts is $code", ({ verdicts, code }) => {
    expect(exitCode(verdicts.map(result))).toBe(code);
  });
});
