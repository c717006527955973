/** Control groups for containers: where they can be made, and what is written into them. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** One group to make for a container, its limits in the order they must be written. */
export type CgroupOrder = {
  readonly path: string;
  readonly files: readonly (readonly [name: string, value: string])[];
};

export type CgroupController = "memory" | "pids" | "cpu";

/** Folder per controller below which groups can be made. */
export type CgroupHome = {
  readonly version: 1 | 2;
  readonly folders: ReadonlyMap<CgroupController, string>;
};

export type CgroupLimits = {
  readonly memoryMb: number;
  readonly processesMax: number;
  /** cgroup v1 scale, 1024 = one full share. */
  readonly cpuShares: number;
};

const CONTROLLERS: readonly CgroupController[] = ["memory", "pids", "cpu"];
const BYTES_PER_MB = 1024 * 1024;
const CPU_SHARES_MIN = 2;
const CPU_SHARES_MAX = 262_144;
const CPU_WEIGHT_MAX = 10_000;

/** Share of one container when all memory is used (openwhisk-execution.md b.1). */
export function cpuShares(memoryMb: number, poolMemoryMb: number): number {
  const fitting = Math.max(1, Math.floor(poolMemoryMb / memoryMb));
  return Math.max(Math.floor(1024 / fitting), CPU_SHARES_MIN);
}

/** The groups of one container, named `name` (unique on this machine). */
export function cgroupOrders(home: CgroupHome, name: string, limits: CgroupLimits): CgroupOrder[] {
  if (home.version === 2) return unifiedOrder(home, name, limits);
  const orders: CgroupOrder[] = [];
  for (const [controller, folder] of home.folders) {
    orders.push({ path: join(folder, name), files: filesV1(controller, limits) });
  }
  return orders;
}

function filesV1(controller: CgroupController, limits: CgroupLimits): CgroupOrder["files"] {
  const bytes = String(limits.memoryMb * BYTES_PER_MB);
  switch (controller) {
    case "memory":
      return [
        ["memory.limit_in_bytes", bytes],
        ["memory.memsw.limit_in_bytes", bytes],
      ];
    case "pids":
      return [["pids.max", String(limits.processesMax)]];
    case "cpu":
      return [["cpu.shares", String(limits.cpuShares)]];
  }
}

function unifiedOrder(home: CgroupHome, name: string, limits: CgroupLimits): CgroupOrder[] {
  const [folder] = home.folders.values();
  if (folder === undefined) return [];
  const files: [string, string][] = [];
  if (home.folders.has("memory")) {
    files.push(["memory.max", String(limits.memoryMb * BYTES_PER_MB)], ["memory.swap.max", "0"]);
  }
  if (home.folders.has("pids")) files.push(["pids.max", String(limits.processesMax)]);
  if (home.folders.has("cpu")) files.push(["cpu.weight", String(cpuWeight(limits.cpuShares))]);
  return [{ path: join(folder, name), files }];
}

/** The kernel's own mapping of shares (2–262144) to weights (1–10000). */
function cpuWeight(shares: number): number {
  const part = (shares - CPU_SHARES_MIN) / (CPU_SHARES_MAX - CPU_SHARES_MIN);
  return Math.max(1, Math.round(1 + part * (CPU_WEIGHT_MAX - 1)));
}

/** Lines `id:controllers:path` of /proc/self/cgroup. */
export function parseOwnGroups(text: string): ReadonlyMap<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (names === undefined || path === undefined) continue;
    for (const name of names.split(",")) groups.set(name, path);
  }
  return groups;
}

/**
 * Finds the controllers that this process may use and makes a folder `name` in each.
 * @returns undefined when there is none, or memory is not among them
 */
export function openCgroups(
  name: string,
  root = "/sys/fs/cgroup",
  ownGroups = readText("/proc/self/cgroup"),
): CgroupHome | undefined {
  const groups = parseOwnGroups(ownGroups);
  return openV1(name, root, groups) ?? openV2(name, root, groups.get(""));
}

function openV1(
  name: string,
  root: string,
  groups: ReadonlyMap<string, string>,
): CgroupHome | undefined {
  const folders = new Map<CgroupController, string>();
  for (const controller of CONTROLLERS) {
    const own = groups.get(controller);
    if (own === undefined) continue;
    sweepDead(join(root, controller, own));
    const folder = join(root, controller, own, name);
    if (makeFolder(folder)) folders.set(controller, folder);
  }
  if (folders.has("memory")) return { version: 1, folders };
  closeFolders(folders);
  return undefined;
}

function openV2(name: string, root: string, own: string | undefined): CgroupHome | undefined {
  if (own === undefined) return undefined;
  const parent = join(root, own);
  const offered = readText(join(parent, "cgroup.controllers")).trim().split(" ");
  const wanted = CONTROLLERS.filter((controller) => offered.includes(controller));
  if (!wanted.includes("memory")) return undefined;
  sweepDead(parent);
  const folder = join(parent, name);
  const delegated = wanted.map((controller) => `+${controller}`).join(" ");
  if (!writeText(join(parent, "cgroup.subtree_control"), delegated)) return undefined;
  if (!makeFolder(folder)) return undefined;
  if (!writeText(join(folder, "cgroup.subtree_control"), delegated)) return undefined;
  return { version: 2, folders: new Map(wanted.map((controller) => [controller, folder])) };
}

/** Empty folders of platforms that were killed together with their spawner: named by their pid. */
function sweepDead(parent: string): void {
  for (const home of listFolders(parent)) {
    const pid = /^meringue-(\d+)-/.exec(home)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    for (const group of listFolders(join(parent, home))) removeFolder(join(parent, home, group));
    removeFolder(join(parent, home));
  }
}

function listFolders(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

/** Removes the folders; a container's own group inside must be gone. */
export function closeCgroups(home: CgroupHome): void {
  closeFolders(home.folders);
}

function closeFolders(folders: ReadonlyMap<CgroupController, string>): void {
  for (const folder of new Set(folders.values())) removeFolder(folder);
}

/** Only an empty group can be removed. */
function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Still used: the next start removes it.
  }
}

function makeFolder(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function writeText(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: "r+" });
    return true;
  } catch {
    return false;
  }
}
