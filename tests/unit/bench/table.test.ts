import { expect, test } from "vitest";
import type { Result } from "../../../bench/lib/row.ts";
import {
  formatNumber,
  renderResults,
  renderTable,
  summarize,
  toJsonRow,
} from "../../../bench/lib/table.ts";

const quiet = { foreignCores: 0.02, steal: 0, load: 0.5 };
const busy = { foreignCores: 0.6, steal: 0.1, load: 3 };

const RESULTS: readonly Result[] = [
  {
    id: "invoke-c64-k64",
    about: "",
    unit: "x raw",
    target: { bound: "least", required: 0.4, stretch: 0.55 },
    verdict: "pass",
    outcome: {
      id: "invoke-c64-k64",
      value: 0.451,
      samples: [0.4, 0.451, 0.5],
      note: "36000/s, raw 80000/s",
      surroundings: [quiet, busy, busy],
    },
  },
  {
    id: "list-100k",
    about: "",
    unit: "ms",
    target: { bound: "most", required: 20 },
    verdict: "miss",
    outcome: { id: "list-100k", value: 31.26, samples: [31.26], surroundings: [quiet] },
  },
  { id: "half", about: "", unit: "ms", verdict: "skipped", reason: "wrk is not\n  installed" },
  { id: "cold", about: "", unit: "x", verdict: "failed", reason: "no server" },
];

test.for([
  { value: 0, text: "0" },
  { value: 0.03141, text: "0.0314" },
  { value: 0.999, text: "0.999" },
  { value: 2.5, text: "2.50" },
  { value: 61234.5, text: "61235" },
  { value: -12.34, text: "-12.3" },
])("$value is printed as $text", ({ value, text }) => {
  expect(formatNumber(value)).toBe(text);
});

test("columns align and the last one is not padded", () => {
  const rows = [
    ["a", "1", "first"],
    ["long", "22", ""],
  ];
  expect(renderTable(["id", "n", "note"], rows, new Set([1])).split("\n")).toEqual([
    "id     n  note",
    "----  --  -----",
    "a      1  first",
    "long  22",
  ]);
});

test("each row shows its target, its verdict, and whether neighbours disturbed it", () => {
  const lines = renderResults(RESULTS).split("\n").slice(2);
  expect(lines[0]).toMatch(
    /^invoke-c64-k64 +0\.451 +x raw +>= 0\.4 \(0\.55\) +pass\* +0\.400\.\.0\.500 /,
  );
  expect(lines[1]).toMatch(/^list-100k +31\.3 +ms +<= 20 +MISS$/);
  expect(lines[2]).toMatch(/^half +ms +skip +wrk is not installed$/);
  expect(lines[3]).toMatch(/^cold +x +FAIL +no server$/);
});

test("the summary counts every kind of verdict", () => {
  expect(summarize(RESULTS)).toBe(
    "1 targets met (0 stretch), 1 missed, 1 failed, 1 skipped, 0 informational",
  );
});

test("JSON rows say null where there is nothing to say, never pass", () => {
  const [met, missed, skipped, failed] = RESULTS.map(toJsonRow);
  expect(met).toMatchObject({
    id: "invoke-c64-k64",
    value: 0.451,
    unit: "x raw",
    target: ">= 0.4",
    stretch: ">= 0.55",
    pass: true,
    samples: [0.4, 0.451, 0.5],
  });
  expect(missed).toMatchObject({ pass: false, target: "<= 20", stretch: null });
  expect(skipped).toMatchObject({ value: null, target: null, pass: null, samples: [] });
  expect(failed).toMatchObject({ value: null, pass: false, note: "no server" });
});
