/** docs/api-gateway.md as its readers follow it: files from its js blocks, every command in a shell. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { blocksOf, commandsOf, matchesOutput } from "../helpers/doc-page.ts";
import { guestKey } from "../helpers/identities.ts";
import { startPlatform, urlOf, wskBin } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const PAGE = "api-gateway.md";
const END = "---- end of a command ----";
const API = "http://127.0.0.1:3233";
const GATEWAY = "http://127.0.0.1:3234";

test.skipIf(!(await hasJq()))("docs/api-gateway.md", { timeout: 60_000 }, async () => {
  await using folder = await tempDir();
  await using platform = await startPlatform({ apiGateway: true });
  const gateway = urlOf(platform, "api-gateway");
  for (const { language, text } of blocksOf(PAGE)) {
    const name = language === "json" ? "swagger.json" : /^\/\/ (\S+)\n/u.exec(text)?.[1];
    if (name !== undefined) await writeFile(join(folder.path, name), text);
  }
  const commands = commandsOf(PAGE);
  const lines = commands.flatMap(({ command }) => [command, `echo; echo '${END}'`]);
  const setup = [
    `wsk() { "${wskBin}" "$@"; }`,
    `AUTH='${guestKey}'`,
    `wsk property set --apihost '${platform.url}' --auth "$AUTH" > property.txt`,
  ];
  const here = (text: string): string =>
    text.replaceAll(API, platform.url).replaceAll(GATEWAY, gateway);
  const script = [...setup, ...lines.map(here)].join("\n");
  const place = { env: { HOME: folder.path }, cwd: folder.path };
  const { stdout, stderr } = await runProgram("bash", ["-c", script], place);
  expect(stderr).toBe("");
  const printed = stdout.split(`\n${END}\n`).slice(0, -1);
  const wrong = commands.flatMap(({ command, output }, at) => {
    const actual = (printed[at] ?? "").replaceAll(platform.url, API).replaceAll(gateway, GATEWAY);
    return matchesOutput(output, actual) ? [] : [{ command, output, actual }];
  });
  expect(wrong).toEqual([]);
  expect(commands.length).toBeGreaterThan(10);
});

async function hasJq(): Promise<boolean> {
  const { code } = await runProgram("bash", ["-c", "command -v jq"]);
  return code === 0;
}
