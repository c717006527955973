/**
 * Reads of /proc: process trees, their CPU time and memory, and what the whole machine does.
 * Parsers are pure; times are seconds, memory is KiB.
 */
import { readdirSync, readFileSync } from "node:fs";
import { loadavg } from "node:os";

/** Length of a tick of /proc: USER_HZ is 100 on every Linux that Node.js supports. */
const TICK_S = 0.01;

export type ProcessStat = {
  readonly pid: number;
  readonly parent: number;
  /** "R", "S"…; "Z" has ended and only waits for its parent to notice. */
  readonly state: string;
  /** User and system time of the process and of its children already waited for. */
  readonly cpuS: number;
  /** Ticks since boot: with the pid it names one process for ever. */
  readonly started: number;
};

export type MachineCpu = {
  readonly busyS: number;
  readonly stealS: number;
  readonly totalS: number;
};

/** Parses /proc/<pid>/stat. The name in parentheses may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  // proc_pid_stat(5) counts from 1; the state, field 3, is first here.
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parent: field(4),
    state: fields[0] ?? "",
    cpuS: (field(14) + field(15) + field(16) + field(17)) * TICK_S,
    started: field(22),
  };
}

/** Parses the first line of /proc/stat, all cores together. Guest time is part of user time. */
export function parseMachineCpu(text: string): MachineCpu {
  const line = text.slice(0, text.indexOf("\n")).trim().split(/\s+/);
  if (line[0] !== "cpu") throw new Error("/proc/stat does not start with the cpu line");
  const ticks = line.slice(1, 9).map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] =
    ticks;
  const busy = user + nice + system + irq + softirq;
  return {
    busyS: busy * TICK_S,
    stealS: steal * TICK_S,
    totalS: (busy + idle + iowait + steal) * TICK_S,
  };
}

/** Proportional set size of /proc/<pid>/smaps_rollup in KiB. */
export function parsePss(text: string): number {
  const match = /^Pss:\s+(\d+) kB$/m.exec(text);
  if (match === null) throw new Error("smaps_rollup has no Pss line");
  return Number(match[1]);
}

/** `root` and everything below it, parents first. */
export function descendants(all: readonly ProcessStat[], root: number): ProcessStat[] {
  const tree = all.filter((process) => process.pid === root);
  for (const parent of tree) tree.push(...all.filter((process) => process.parent === parent.pid));
  return tree;
}

/** Text of a file of a process, undefined when the process has gone meanwhile. */
function readOf(pid: number | string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

/** Every process of the machine that this user can see. */
export function allProcesses(): ProcessStat[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readOf(name, "stat"))
    .filter((text) => text !== undefined)
    .map(parseStat);
}

/** True while this very process runs (not another one that got its number). */
export function isAlive(known: ProcessStat): boolean {
  const text = readOf(known.pid, "stat");
  if (text === undefined) return false;
  const now = parseStat(text);
  return now.started === known.started && now.state !== "Z";
}

/** The process and everything below it that lives now. */
export function tree(root: number): ProcessStat[] {
  return descendants(allProcesses(), root);
}

/** CPU seconds used so far, those of descendants that ended included. */
export type TreeCpu = { readonly treeS: number; readonly rootS: number };

export function treeCpu(root: number): TreeCpu {
  const processes = tree(root);
  const treeS = processes.reduce((sum, process) => sum + process.cpuS, 0);
  return { treeS, rootS: processes[0]?.cpuS ?? 0 };
}

/** Sum of Pss over these processes in KiB; a process that went away counts nothing. */
export function pssKb(pids: readonly number[]): number {
  const texts = pids.map((pid) => readOf(pid, "smaps_rollup"));
  // A process that is exiting has an empty rollup.
  return texts.reduce((sum, text) => sum + (text ? parsePss(text) : 0), 0);
}

/** Command line with its arguments, empty when the process has gone. */
export function commandLine(pid: number): string[] {
  return (readOf(pid, "cmdline") ?? "").split("\0").slice(0, -1);
}

export function machineCpu(): MachineCpu {
  return parseMachineCpu(readFileSync("/proc/stat", "utf8"));
}

/** What went on beside the measurement, between two moments. */
export type Surroundings = {
  /** Cores' worth of CPU used by processes that are not ours. */
  readonly foreignCores: number;
  /** Share of all CPU time that the hypervisor gave to others, 0 to 1. */
  readonly steal: number;
  /** Load average over one minute. */
  readonly load: number;
};

/** Starts watching; the returned function tells what happened since. */
export function watchSurroundings(): () => Surroundings {
  const cpu = machineCpu();
  const ours = treeCpu(process.pid).treeS;
  const at = performance.now();
  return () => {
    const now = machineCpu();
    const elapsedS = (performance.now() - at) / 1000;
    const foreignS = now.busyS - cpu.busyS - (treeCpu(process.pid).treeS - ours);
    return {
      // The two sides are rounded to ticks separately, so a quiet machine can read below zero.
      foreignCores: Math.max(0, foreignS) / elapsedS,
      steal: (now.stealS - cpu.stealS) / Math.max(TICK_S, now.totalS - cpu.totalS),
      load: loadavg()[0] ?? 0,
    };
  };
}
