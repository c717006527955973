import { expect, test } from "vitest";
import {
  descendants,
  type ProcessStat,
  parseMachineCpu,
  parsePss,
  parseStat,
} from "../../../bench/lib/proc.ts";

const STAT_TAIL =
  "4194304 3043 1001 12 0 150 50 20 5 20 0 11 0 98765 1137147904 14032 18446744073709551615 1 1 0 0 0";

test.for(["node", "tmux: server", "a) S 1 (b", "bwrap (deleted)"])(
  "reads the fields behind the name %s",
  (name) => {
    expect(parseStat(`4711 (${name}) S 42 4711 4711 34816 4711 ${STAT_TAIL}\n`)).toEqual({
      pid: 4711,
      parent: 42,
      state: "S",
      // 150 user, 50 system, 20 and 5 of children that ended: ticks of 10 ms
      cpuS: 2.25,
      started: 98765,
    });
  },
);

test("tells a process that has ended", () => {
  expect(parseStat(`7 (sh) Z 1 7 7 0 -1 ${STAT_TAIL}`).state).toBe("Z");
});

test("sums the CPU time of the machine", () => {
  const text = [
    "cpu  3040 10 2094 163284 642 5 41 13 300 0",
    "cpu0 1157 0 847 82480 20 0 7 2 0 0",
  ].join("\n");
  const { busyS, stealS, totalS } = parseMachineCpu(text);
  expect(busyS).toBeCloseTo(51.9);
  expect(stealS).toBeCloseTo(0.13);
  expect(totalS).toBeCloseTo(1691.29);
});

test("refuses what is not the machine's CPU time", () => {
  expect(() => parseMachineCpu("intr 1 2 3\n")).toThrow("cpu line");
});

test("reads Pss and none of its parts", () => {
  const text = [
    "5615f8dfc000-7ffc13f70000 ---p 00000000 00:00 0                          [rollup]",
    "Rss:               40344 kB",
    "Pss_Dirty:          5700 kB",
    "Pss:                7262 kB",
    "Pss_Anon:           5612 kB",
    "SwapPss:               0 kB",
  ].join("\n");
  expect(parsePss(text)).toBe(7262);
  expect(() => parsePss("Rss: 1 kB\n")).toThrow("no Pss");
});

test("a tree holds the root and all below it, whatever the order, and no neighbour", () => {
  const process = (pid: number, parent: number): ProcessStat => ({
    pid,
    parent,
    state: "S",
    cpuS: 0,
    started: 1,
  });
  const all = [process(9, 5), process(2, 1), process(5, 2), process(3, 1), process(1, 0)];
  expect(descendants(all, 2).map(({ pid }) => pid)).toEqual([2, 5, 9]);
  expect(descendants(all, 77)).toEqual([]);
});
