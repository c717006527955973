/**
 * The original's `wsk` against the built server, line by line beside ours: each client plays the
 * same script on a server of its own, and what they write must be the same.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildGoWsk, type GoWsk } from "../clients/go-wsk/build.ts";
import { guestKey } from "../helpers/identities.ts";
import { startPlatform, type TestPlatform, wskBin } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { type TempDir, tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

const HELLO =
  "function main(params) { console.log('said'); return { hello: params.name || 'x' }; }";
const FAILS = "function main() { return { error: 'sorry' }; }";

/** Command lines in their order; "record" waits until activations so far can be read. */
const SCRIPT: readonly string[] = [
  "namespace list",
  "list",
  "action create hello hello.js",
  "action create hello hello.js",
  "action create web hello.js --web true",
  "action create fails fails.js -p a 1 -a note text",
  "action create none.js",
  "action update hello hello.js --memory 128 --timeout 5000",
  "action get hello",
  "action get hello name",
  "action get hello nothing",
  "action get hello --summary",
  "action get web --url",
  "action get missing",
  "action list",
  "action list --name-sort",
  "action invoke hello -r -p name Ada",
  "action invoke hello -b",
  "action invoke fails -r",
  "action invoke fails -b",
  "action invoke missing",
  "action create two --sequence hello,hello",
  "action invoke two -r",
  "package create pack -p place home",
  "package update pack --shared yes",
  "action create pack/inner hello.js",
  "action invoke pack/inner -r",
  "package get pack",
  "package get pack --summary",
  "package bind /whisk.system/utils tools -p a 1",
  "package list",
  "package get /whisk.system/utils --summary",
  "action invoke tools/echo -r -p b 2",
  "trigger create fired -p p 1",
  "trigger get fired",
  "rule create link fired hello",
  "rule create broken fired missing",
  "rule get link",
  "rule list",
  "trigger fire fired",
  "rule disable link",
  "rule status link",
  "rule enable link",
  "trigger create every --feed /whisk.system/alarms/interval -p minutes 1",
  "trigger get every",
  "trigger update every -p minutes 2",
  "trigger create never --feed /whisk.system/alarms/interval -p minutes 0.5",
  "trigger delete every",
  "record",
  "activation list hello --limit 1",
  "activation result --last",
  "activation get 00000000000000000000000000000000",
  "rule delete link",
  "trigger delete fired",
  "package delete pack",
  "action delete pack/inner",
  "package delete pack",
  "package delete tools",
  "action delete two",
  "action delete fails",
  "action delete web",
  "action delete hello",
  "action delete hello",
  "list",
  "property get --apihost",
  "nonsense",
];

type Said = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

let home: TempDir;
let original: GoWsk;
beforeAll(async () => {
  home = await tempDir("go-wsk");
  original = await buildGoWsk(home.path);
}, 300_000);
afterAll(() => home?.[Symbol.asyncDispose]());

/** Everything that a client says to the script, on a fresh server. */
async function play(program: string): Promise<readonly (readonly [string, Said])[]> {
  await using platform = await startPlatform();
  await using folder = await tempDir("go-wsk-home");
  const place = { env: { HOME: folder.path }, cwd: folder.path };
  await writeFile(join(folder.path, "hello.js"), HELLO);
  await writeFile(join(folder.path, "fails.js"), FAILS);
  await writeFile(
    join(folder.path, ".wskprops"),
    `APIHOST=${platform.url}\nAUTH=${guestKey}\nNAMESPACE=_\n`,
  );
  const said: (readonly [string, Said])[] = [];
  for (const line of SCRIPT) {
    if (line === "record") await settled(platform);
    else said.push([line, withoutChance(await runProgram(program, line.split(" "), place))]);
  }
  return said;
}

/** Waits for the records of what has run: the rule's action is invoked behind the answer. */
async function settled(platform: TestPlatform): Promise<void> {
  const authorization = `Basic ${Buffer.from(guestKey).toString("base64")}`;
  const list = `${platform.url}/api/v1/namespaces/_/activations?name=hello&count=true`;
  await waitFor("the records", async () => {
    const answer = await fetch(list, { headers: { authorization } });
    return ((await answer.json()) as { activations: number }).activations === 5;
  });
}

/** What differs from run to run, and says nothing of the client. */
const CHANCE: readonly (readonly [RegExp, string])[] = [
  [/127\.0\.0\.1:\d+/g, "HOST"],
  [/\b[0-9a-f]{32}\b/g, "ID"],
  [/"code": "\w{32}"/g, '"code": "TRANSID"'],
  [/\(code \w{32}\)/g, "(code TRANSID)"],
  [/\b\d{13}\b/g, "TIME"],
  [/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?/g, "DATE"],
  [/"duration": \d+/g, '"duration": 0'],
  [/,\s+\{\s+"key": "initTime",\s+"value": \d+\s+\}/g, ""],
  [/("key": "waitTime",\s+"value": )\d+/g, "$10"],
  [/ (cold|warm) +\d+m?s +/g, " START "],
];

function withoutChance({ code, stdout, stderr }: Said): Said {
  const clean = (text: string): string =>
    CHANCE.reduce((rest, [pattern, word]) => rest.replace(pattern, word), text);
  return { code, stdout: clean(stdout), stderr: clean(stderr) };
}

test("the original's client and ours say the same", { timeout: 180_000 }, async (context) => {
  if ("missing" in original) return context.skip(`without the original's wsk: ${original.missing}`);
  const theirs = await play(original.path);
  const ours = await play(wskBin);
  expect(ours).toHaveLength(SCRIPT.length - 1);
  for (const [at, [line, said]] of theirs.entries()) {
    expect.soft({ line, ...ours[at]?.[1] }).toEqual({ line, ...said });
  }
});
