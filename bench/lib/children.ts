/**
 * Every process and temporary folder of a run. Nothing outlives the bench: a server left over from
 * an earlier run takes CPU from the next and falsifies it.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { allProcesses, descendants, isAlive, type ProcessStat, tree } from "./proc.ts";
import { waitFor } from "./wait.ts";

const SETPRIV = "/usr/bin/setpriv";
/** Time for a clean end after SIGTERM, and for orphans to follow. */
const GRACE_MS = 5000;

const children = new Set<ChildProcess>();
const folders = new Set<string>();
/** True once the bench was asked to end: whoever notices late must not start anything new. */
let ending = false;

/** What a child sees: nothing of the caller's settings, so that runs are comparable. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), LANG: "C.UTF-8" };
}

/**
 * Starts a process that ends with the bench. `leash`: even when the bench itself is killed hard;
 * costs one more exec, so not for what is timed from its spawn on.
 */
export function start(
  command: string,
  args: readonly string[],
  options: SpawnOptions & { readonly leash?: boolean } = {},
): ChildProcess {
  if (ending) throw new Error("interrupted");
  const { leash = false, ...rest } = options;
  const prefix = leash && existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "KILL", "--"] : [];
  const [file = command, ...argv] = [...prefix, command, ...args];
  const child = spawn(file, argv, { env: cleanEnvironment(), ...rest });
  children.add(child);
  child.once("exit", () => children.delete(child));
  child.once("error", () => children.delete(child));
  return child;
}

/** Runs a tool to its end; its stdout. Rejects with its stderr when it fails. */
export async function run(command: string, args: readonly string[]): Promise<string> {
  const child = start(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  if (child.stdout === null || child.stderr === null) throw new Error("no pipes");
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  if (code !== 0)
    throw new Error(`${command} ended with ${code}: ${(err || out).trim().slice(0, 500)}`);
  return out;
}

function kill(known: ProcessStat): void {
  // The number may belong to a stranger by now.
  if (isAlive(known)) process.kill(known.pid, "SIGKILL");
}

/** Ends a child and everything below it; says so when it left processes behind. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const family = tree(child.pid);
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const deadline = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
  await exited;
  clearTimeout(deadline);
  const gone = () => !family.some(isAlive);
  if (await waitFor(gone, { timeoutMs: GRACE_MS })) return;
  const orphans = family.filter(isAlive);
  orphans.forEach(kill);
  console.error(`${orphans.length} processes outlived ${child.spawnfile} and were killed`);
}

/** Ends everything that runs and removes all temporary folders: the next rows start clean. */
export async function stopAll(): Promise<void> {
  await Promise.all([...children].map(stop));
  for (const folder of folders) removeFolder(folder);
}

/** A new empty folder, removed at the end. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "meringue-bench-"));
  folders.add(folder);
  return folder;
}

/** Removes a folder of `tempFolder` early. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
}

/** The last means: kills what is left of all children, by pid, and removes all folders. */
function cleanUp(): void {
  const all = allProcesses();
  for (const child of children) descendants(all, child.pid ?? -1).forEach(kill);
  for (const folder of folders) removeFolder(folder);
}

/** Makes Ctrl-C, SIGTERM and every other end of the bench take its children along. */
export function installCleanUp(): void {
  process.once("exit", cleanUp);
  const end = (signal: NodeJS.Signals, code: number): void => {
    process.once(signal, () => {
      ending = true;
      process.once(signal, () => process.exit(code));
      void stopAll().finally(() => process.exit(code));
    });
  };
  end("SIGINT", 130);
  end("SIGTERM", 143);
}
