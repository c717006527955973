// `wsk completion`: what the shells are told (wsk-cli 13).
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runProgram } from "../../helpers/program.ts";
import { openSession, USAGE } from "./session.ts";

const CLIENT = join(import.meta.dirname, "../../../src/cli/wsk.ts");

/** The candidates without their descriptions, and whether files come into question. */
async function candidates(...words: readonly string[]): Promise<string> {
  using session = openSession();
  const { code, out, err } = await session.run("__complete", ...words);
  expect([code, err]).toEqual([0, ""]);
  const lines = out.trimEnd().split("\n");
  return lines.map((line) => line.split("\t")[0]).join(" ");
}

test.for<readonly [words: readonly string[], expected: string]>([
  [["tr"], "trigger :4"],
  [["a"], "action activation api :4"],
  [["-i", "rule", "d"], "delete disable :4"],
  [["-u", "key", "rule", "st"], "status :4"],
  [["rule", "list", "--n"], "--name-sort :4"],
  [["rule", "list", "--limit", ""], ":4"],
  [["action", "create", "n", ""], ":0"],
  [["action", "create", "n", "--param-file", "x"], ":0"],
  [["action", "create", "-p", "key", "va"], ":4"],
  [["action", "create", "-p", "key", "value", "--ki"], "--kind :4"],
  [["sdk", "install", ""], "bashauto docker ios :4"],
  [["help", "ac"], "action activation :4"],
  [["help", "rule", "en"], "enable :4"],
  [["zzz"], ":4"],
  // Options of one letter are typed faster than completed.
  [["action", "create", "-P"], ":4"],
])("at the end of %j stands %s", async ([words, expected]) => {
  expect(await candidates(...words)).toBe(expected);
});

test("a candidate comes with its description", async () => {
  using session = openSession();
  expect((await session.run("__complete", "tri")).out).toBe("trigger\twork with triggers\n:4\n");
});

test("scripts need no host and take no arguments", async () => {
  using session = openSession();
  const zsh = await session.run("completion", "zsh");
  expect(zsh).toMatchObject({ code: 0, err: "" });
  expect(zsh.out).toMatch(/^#compdef wsk\n/);
  expect(await session.run("completion", "bash", "x")).toEqual({
    code: 1,
    out: "",
    err: `error: Invalid argument(s): x. No arguments are required.\n${USAGE}`,
  });
});

test("bash completes through the script", async () => {
  const folder = mkdtempSync(join(tmpdir(), "meringue-completion-"));
  try {
    writeFileSync(join(folder, "wsk"), `#!/bin/sh\nexec "${process.execPath}" "${CLIENT}" "$@"\n`, {
      mode: 0o755,
    });
    const line = `
      source <(wsk completion bash)
      complete -p wsk
      try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _wsk_complete; echo "\${COMPREPLY[*]}"; }
      try wsk package re
      try wsk action create --web
      try wsk nothing
    `;
    const env = { PATH: `${folder}:${process.env["PATH"]}`, HOME: folder };
    const ran = await runProgram("bash", ["-c", line], { env });
    expect(ran).toEqual({
      code: 0,
      stdout: "complete -F _wsk_complete wsk\nrefresh\n--web --web-secure\n\n",
      stderr: "",
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
