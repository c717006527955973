/** docs/api as its readers follow it: every command of every page, in one shell a page. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandsOf, matchesOutput } from "../helpers/doc-page.ts";
import { root, startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";

const SERVER = "http://127.0.0.1:3233";
const END = "---- end of a command ----";
const pages = readdirSync(join(root, "docs", "api")).filter((name) => name.endsWith(".md"));
/** API and AUTH, which all pages use. */
const setup = commandsOf("api/README.md")
  .map(({ command }) => command)
  .filter((command) => /^(API|AUTH)=/.test(command));

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform[Symbol.asyncDispose]());

describe.skipIf(!(await hasJq()))("needs jq", () => {
  test.each(pages)("docs/api/%s", async (page) => {
    const commands = commandsOf(`api/${page}`);
    const lines = commands.flatMap(({ command }) => [command, `echo; echo '${END}'`]);
    const script = [...setup, ...lines].join("\n").replaceAll(SERVER, platform.url);
    const { stdout, stderr } = await runProgram("bash", ["-c", script]);
    expect(stderr).toBe("");
    const printed = stdout.split(`\n${END}\n`).slice(0, -1);
    const wrong = commands.flatMap(({ command, output }, at) => {
      const actual = (printed[at] ?? "").replaceAll(platform.url, SERVER);
      return matchesOutput(output, actual) ? [] : [{ command, output, actual }];
    });
    expect(wrong).toEqual([]);
    expect(commands.length).toBeGreaterThan(0);
  });
});

async function hasJq(): Promise<boolean> {
  const { code } = await runProgram("bash", ["-c", "command -v jq"]);
  return code === 0;
}
