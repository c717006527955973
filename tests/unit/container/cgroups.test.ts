import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  cgroupOrders,
  closeCgroups,
  cpuShares,
  openCgroups,
  parseOwnGroups,
} from "../../../src/container/cgroups.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "cgroups-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const LIMITS = { memoryMb: 256, processesMax: 1024, cpuShares: 64 };

test("shares follow memory, as in the original", () => {
  expect(cpuShares(256, 4096)).toBe(64);
  expect(cpuShares(4096, 4096)).toBe(1024);
  expect(cpuShares(8192, 4096)).toBe(1024);
  expect(cpuShares(1, 1024 * 1024)).toBe(2);
});

test("own groups of both versions are read", () => {
  const groups = parseOwnGroups("9:cpu,cpuacct:/a\n4:memory:/b/c:d\n0::/e\n");
  expect([...groups]).toEqual([
    ["cpu", "/a"],
    ["cpuacct", "/a"],
    ["memory", "/b/c:d"],
    ["", "/e"],
  ]);
});

test("version 1: a folder per controller, below the platform's own group", () => {
  const root = folder();
  for (const name of ["memory/own", "pids", "cpu"])
    mkdirSync(join(root, name), { recursive: true });
  const home = openCgroups("m1", root, "3:memory:/own\n2:pids:/\n1:cpu:/\n");
  if (home === undefined) throw new Error("no groups");
  expect(home.version).toBe(1);
  const orders = cgroupOrders(home, "c1", LIMITS);
  expect(orders).toEqual([
    {
      path: join(root, "memory/own/m1/c1"),
      files: [
        ["memory.limit_in_bytes", "268435456"],
        ["memory.memsw.limit_in_bytes", "268435456"],
      ],
    },
    { path: join(root, "pids/m1/c1"), files: [["pids.max", "1024"]] },
    { path: join(root, "cpu/m1/c1"), files: [["cpu.shares", "64"]] },
  ]);
  closeCgroups(home);
  expect(existsSync(join(root, "memory/own/m1"))).toBe(false);
});

test("groups of platforms that are gone are swept, others stay", () => {
  const root = folder();
  const gone = join(root, "memory/meringue-999999999-abc/c1");
  const alive = join(root, `memory/meringue-${process.pid}-abc`);
  for (const path of [gone, alive, join(root, "memory/other")])
    mkdirSync(path, { recursive: true });
  openCgroups("m1", root, "3:memory:/\n");
  expect([existsSync(join(gone, "..")), existsSync(alive)]).toEqual([false, true]);
  expect(existsSync(join(root, "memory/other"))).toBe(true);
});

test("version 1 without memory is none, and leaves nothing", () => {
  const root = folder();
  mkdirSync(join(root, "pids"));
  expect(openCgroups("m1", root, "2:pids:/\n")).toBeUndefined();
  expect(existsSync(join(root, "pids/m1"))).toBe(false);
});

test("version 2: one folder, where the controllers are delegated", () => {
  const root = folder();
  writeFileSync(join(root, "cgroup.controllers"), "cpu io memory pids\n");
  writeFileSync(join(root, "cgroup.subtree_control"), "");
  // The kernel makes the files of a new group; here the folder must be there before.
  expect(openCgroups("m2", root, "0::/\n")).toBeUndefined();
  expect(readFileSync(join(root, "cgroup.subtree_control"), "utf8")).toBe("+memory +pids +cpu");
  const home = {
    version: 2 as const,
    folders: new Map([
      ["memory", join(root, "m2")],
      ["pids", join(root, "m2")],
      ["cpu", join(root, "m2")],
    ] as const),
  };
  expect(cgroupOrders(home, "c1", { ...LIMITS, cpuShares: 1024 })).toEqual([
    {
      path: join(root, "m2/c1"),
      files: [
        ["memory.max", "268435456"],
        ["memory.swap.max", "0"],
        ["pids.max", "1024"],
        ["cpu.weight", "40"],
      ],
    },
  ]);
});
