/** Child processes of tests: a clean environment, and the end of what they write. */
import { spawn } from "node:child_process";
import { once } from "node:events";

/** How much of what a program wrote is kept, in characters: the end of it. */
const LOG_MAX = 8 * 1024 * 1024;

export class Tail {
  text = "";
  add(chunk: string): void {
    this.text = (this.text + chunk).slice(-LOG_MAX);
  }
}

/** What every child gets: enough to find programs, nothing of the tester's own settings. */
export function cleanEnv(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR, LANG } = process.env;
  return Object.fromEntries(
    Object.entries({ PATH, HOME, TMPDIR, LANG, ...more }).filter(([, value]) => value),
  );
}

/** Runs a program to its end; never rejects for an exit code. */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: {
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly input?: string;
  } = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(file, args, {
    env: cleanEnv(options.env),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const out = new Tail();
  const err = new Tail();
  child.stdout.setEncoding("utf8").on("data", (text: string) => out.add(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => err.add(text));
  child.stdin.on("error", () => {}); // a program may end without reading its input
  child.stdin.end(options.input ?? "");
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout: out.text, stderr: err.text };
}
