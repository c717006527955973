// Runs command lines of the client in this process, with its own property file and folder. With
// MERINGUE_WSK another client is run in its place, to prove the tests themselves right: they name
// what the original's does, but for the differences in docs/wsk.md.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "../../../src/cli/wsk/io.ts";
import { runWsk } from "../../../src/cli/wsk/run.ts";
import { runProgram } from "../../helpers/program.ts";
import type { Recorder } from "./recorder.ts";

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

export type Session = Disposable & {
  readonly folder: string;
  /** path of a new file in the folder */
  readonly file: (name: string, content: string | Buffer) => string;
  readonly run: (...args: readonly string[]) => Promise<Ran>;
};

/** With a recorder the property file points to it, with the key "u:k". */
export function openSession(recorder?: Recorder, changes: Partial<Io> = {}): Session {
  const folder = mkdtempSync(join(tmpdir(), "meringue-wsk-"));
  const file = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  if (recorder !== undefined) file(".wskprops", `APIHOST=${recorder.host}\nAUTH=u:k\n`);
  const runOther = async (program: string, args: readonly string[]): Promise<Ran> => {
    const env = { HOME: folder, WSK_CONFIG_FILE: join(folder, ".wskprops") };
    const { code, stdout, stderr } = await runProgram(program, args, { env });
    return { code: code ?? -1, out: stdout, err: stderr };
  };
  const run = async (...args: readonly string[]): Promise<Ran> => {
    const other = process.env["MERINGUE_WSK"];
    if (other !== undefined) return runOther(other, args);
    const said = { out: "", err: "" };
    const code = await runWsk(args, {
      out: (text) => {
        said.out += text;
      },
      err: (text) => {
        said.err += text;
      },
      env: { HOME: folder },
      stdin: async () => Buffer.alloc(0),
      isColored: false,
      isWatched: false,
      now: Date.now,
      wait: async () => undefined,
      onStop: () => () => undefined,
      ...changes,
    });
    return { code, ...said };
  };
  return { folder, file, run, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

export const USAGE = "Run 'wsk --help' for usage.\n";
