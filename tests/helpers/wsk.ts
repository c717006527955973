/**
 * The built client with a home of its own, set up for the built server. With MERINGUE_E2E_URL it
 * talks to a platform that is already running (key in MERINGUE_E2E_AUTH); with MERINGUE_WSK another
 * client does, the original's say.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPlatform, wskBin } from "./platform.ts";
import { runProgram } from "./program.ts";

/** The key of "guest", public since the original's standalone server. */
const GUEST_KEY =
  "23bc46b1-71f6-4ed5-8c54-816aa4f8c502:123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP";

export type WskRun = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type WskHome = AsyncDisposable & {
  /** of the platform */
  readonly host: string;
  /** home and working folder of every run */
  readonly folder: string;
  readonly wsk: (...args: readonly string[]) => Promise<WskRun>;
  /** Runs a command line for bash, with `wsk` on the PATH. */
  readonly bash: (line: string, input?: string) => Promise<WskRun>;
  readonly file: (name: string, content: string | Uint8Array) => Promise<void>;
};

export async function openWskHome(): Promise<WskHome> {
  const folder = await mkdtemp(join(tmpdir(), "meringue-wsk-"));
  const running = process.env["MERINGUE_E2E_URL"];
  const platform = running === undefined ? await startPlatform() : undefined;
  const host = platform?.url ?? running ?? "";
  const place = { env: { HOME: folder }, cwd: folder };
  const program = process.env["MERINGUE_WSK"] ?? wskBin;
  const wsk = (...args: readonly string[]) => runProgram(program, args, place);
  const auth = process.env["MERINGUE_E2E_AUTH"] ?? GUEST_KEY;
  const set = await wsk("property", "set", "--apihost", host, "--auth", auth);
  if (set.code !== 0) throw new Error(`wsk property set: ${set.stderr}`);
  return {
    host,
    folder,
    wsk,
    bash: (line, input = "") =>
      runProgram("bash", ["-c", `wsk() { "${program}" "$@"; }; ${line}`], { ...place, input }),
    file: (name, content) => writeFile(join(folder, name), content),
    [Symbol.asyncDispose]: async () => {
      await platform?.[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
