/** What a server's process tree tells about the functions that run in it. */
import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import { commandLine, tree, treeCpuS } from "./proc.ts";
import type { Server } from "./server.ts";
import { waitFor } from "./wait.ts";

/** The program that a Node.js function process runs: runtimes/nodejs/launcher.cjs. */
const LAUNCHER = "launcher.cjs";
/** A tree has settled when it used no tick of CPU for this long. */
const SETTLE_POLL_MS = 100;
const SETTLE_MAX_MS = 3000;

/**
 * Waits until a server has done what it does after its replies (writing records, starting
 * processes ahead). Returns the CPU seconds of its tree so far.
 */
export async function settledCpuS(pid: number): Promise<number> {
  let cpuS = treeCpuS(pid);
  const settled = (): boolean => {
    const before = cpuS;
    cpuS = treeCpuS(pid);
    // Half a tick: sums of floats are not exact.
    return cpuS - before < 0.005;
  };
  await waitFor(settled, { timeoutMs: SETTLE_MAX_MS, everyMs: SETTLE_POLL_MS });
  return cpuS;
}

export function pidsOf(server: Server): number[] {
  return tree(server.pid).map((process) => process.pid);
}

/** The Node.js that runs functions here: the executable of a process that runs the launcher. */
export function interpreterOf(pids: readonly number[]): string {
  for (const pid of pids) {
    if (!commandLine(pid).some((argument) => argument.endsWith(LAUNCHER))) continue;
    // A sandbox program has the launcher among its arguments, too.
    const executable = readlinkSync(`/proc/${pid}/exe`);
    if (basename(executable).startsWith("node")) return executable;
  }
  throw new Error(`no Node.js with a ${LAUNCHER} among the processes ${pids.join(", ")}`);
}
