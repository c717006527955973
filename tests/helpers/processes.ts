/** Looks at processes through /proc: whose children they are, and whether they are gone. */
import { readdirSync, readFileSync } from "node:fs";

export type Process = {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks since boot; with the pid it names a process for good, as pids come back. */
  readonly started: string;
  /** The command line, arguments joined by blanks. */
  readonly command: string;
};

/** What /proc says of one process; undefined when there is none, or only its unread exit code. */
function look(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in brackets that may hold blanks and brackets itself.
    const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid, parent: Number(parent), started: rest[17] ?? "", command };
  } catch {
    return undefined; // it ended while we looked
  }
}

/** Children of `pid`, their children, and so on. */
export function descendants(pid: number): Process[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((name) => look(Number(name)) ?? []);
  const below = (parent: number): Process[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(pid);
}

/** True while this very process runs. */
export function isAlive(process: Process): boolean {
  return look(process.pid)?.started === process.started;
}
