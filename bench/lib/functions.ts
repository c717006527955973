/** What a server's process tree tells about the functions that run in it. */
import { readlinkSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine, type TreeCpu, tree, treeCpu } from "./proc.ts";
import type { Server } from "./server.ts";

/** The program that a Node.js function process runs: runtimes/nodejs/launcher.cjs. */
const LAUNCHER = "launcher.cjs";
/** A tree has settled when it used no tick of CPU for this long. */
const SETTLE_POLL_MS = 50;
const SETTLE_MAX_MS = 3000;

/**
 * Waits until a server has done what it does after its replies (writing records, starting
 * processes ahead). Returns the CPU time used so far.
 */
export async function settledCpu(pid: number): Promise<TreeCpu> {
  const deadline = performance.now() + SETTLE_MAX_MS;
  let cpu = treeCpu(pid);
  for (;;) {
    const before = cpu.treeS;
    await sleep(SETTLE_POLL_MS);
    cpu = treeCpu(pid);
    // Half a tick: sums of floats are not exact.
    if (cpu.treeS - before < 0.005 || performance.now() > deadline) return cpu;
  }
}

export function pidsOf(server: Server): number[] {
  return tree(server.pid).map((process) => process.pid);
}

/** How a function process is started, without what the sandbox adds. */
export type FunctionCommand = {
  /** Real path of the Node.js. */
  readonly interpreter: string;
  readonly flags: readonly string[];
};

/** Reads the command from a process that runs the launcher now. */
export function functionCommand(pids: readonly number[]): FunctionCommand {
  for (const pid of pids) {
    const command = commandLine(pid);
    const launcher = command.findIndex((argument) => argument.endsWith(LAUNCHER));
    if (launcher < 0) continue;
    // A sandbox program has the launcher among its arguments, too.
    const interpreter = readlinkSync(`/proc/${pid}/exe`);
    if (!basename(interpreter).startsWith("node")) continue;
    return { interpreter, flags: command.slice(1, launcher) };
  }
  throw new Error(`no Node.js with a ${LAUNCHER} among the processes ${pids.join(", ")}`);
}
