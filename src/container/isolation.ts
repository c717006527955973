/**
 * Which isolation level really works on this machine: every level is tried by running a trivial
 * program in exactly the sandbox that functions get.
 */
import { execFile } from "node:child_process";
import type { NetworkLevel } from "./driver.ts";
import type { Machine } from "./machine.ts";
import { type Level, type SandboxPlan, sandboxCommand } from "./sandbox.ts";

export type IsolationChoice = "auto" | "bwrap" | "unshare" | "none" | "required";

export type Probed = { readonly level: Level; readonly warnings: readonly string[] };

const PROBE_TIMEOUT_MS = 10_000;
const REASON_CHARS_MAX = 200;

/** Levels to try, strongest first. Pure. */
export function candidates(
  choice: IsolationChoice,
  network: NetworkLevel,
  machine: Machine,
): readonly Level[] {
  const { isRoot, tools } = machine;
  const own = isRoot && tools.setpriv !== undefined;
  const levels: Level[] = [];
  if (tools.bwrap !== undefined) {
    if (own) levels.push({ isolation: "bwrap", uidMode: "own", network });
    levels.push({ isolation: "bwrap", uidMode: "namespace", network });
  }
  if (choice === "required" || choice === "bwrap") return levels;
  const weak: Level[] = [];
  if (tools.unshare !== undefined) {
    if (own) weak.push({ isolation: "unshare", uidMode: "own", network: "host" });
    if (!isRoot) weak.push({ isolation: "unshare", uidMode: "namespace", network: "host" });
  }
  if (choice === "unshare") return weak;
  const plain: Level[] = [];
  if (own) plain.push({ isolation: "none", uidMode: "own", network: "host" });
  plain.push({ isolation: "none", uidMode: "same", network: "host" });
  return choice === "none" ? plain : [...levels, ...weak, ...plain];
}

/**
 * Tries the candidates in order.
 * @throws Error when a level was asked for by name, or is required, and cannot be had,
 *   or the network that was asked for cannot
 */
export async function probeIsolation(
  choice: IsolationChoice,
  network: NetworkLevel,
  machine: Machine,
  plan: (level: Level) => SandboxPlan,
): Promise<Probed> {
  const failures: string[] = [];
  if (machine.tools.bwrap === undefined) failures.push("bwrap: bubblewrap is not installed");
  for (const level of candidates(choice, network, machine)) {
    const problem = await tryLevel(plan(level));
    if (problem === undefined) {
      requireNetwork(network, level, failures);
      return { level, warnings: warningsOf(choice, level, failures) };
    }
    failures.push(`${level.isolation}: ${problem}`);
  }
  const wanted = choice === "required" ? "bwrap (isolation is required)" : choice;
  throw new Error(`isolation level ${wanted} is not available: ${failures.join("; ")}`);
}

/** Whoever asks for no network counts on it: less is a refusal, not a warning. */
function requireNetwork(asked: NetworkLevel, level: Level, failures: readonly string[]): void {
  if (asked === level.network) return;
  const why = failures.length > 0 ? ` (${failures.join("; ")})` : "";
  throw new Error(
    `network "${asked}" needs isolation level bwrap, and functions have ${level.isolation}${why}`,
  );
}

function tryLevel(plan: SandboxPlan): Promise<string | undefined> {
  const { command, args, env, cwd } = sandboxCommand({ ...plan, command: ["/bin/true"] });
  return new Promise((resolve) => {
    const options = { env, cwd, timeout: PROBE_TIMEOUT_MS };
    execFile(command, [...args], options, (error, _stdout, stderr) => {
      if (error === null) resolve(undefined);
      else resolve((stderr.trim() || error.message).slice(0, REASON_CHARS_MAX));
    });
  });
}

/** One line each for the operator: what is weaker than asked, and why. Pure. */
export function warningsOf(
  choice: IsolationChoice,
  level: Level,
  failures: readonly string[],
): string[] {
  const warnings: string[] = [];
  const why = failures.length > 0 ? ` (${failures.join("; ")})` : "";
  if (level.isolation === "unshare") {
    warnings.push(
      `functions are isolated by process namespaces only: they can read this machine's files${choice === "unshare" ? "" : why}`,
    );
  }
  if (level.isolation === "none") {
    warnings.push(
      `functions are not isolated: they see this machine's files and processes${choice === "none" ? "" : why}`,
    );
  }
  if (level.uidMode === "same") {
    warnings.push("functions run as the user of the platform, because it cannot change users");
  }
  return warnings;
}
