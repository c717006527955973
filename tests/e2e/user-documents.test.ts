/**
 * The commands of the user documents that this version can run, as they are written there, in bash
 * with `wsk` on the PATH. docs/user-documents.md lists every command and names this file for these.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestKey } from "../helpers/identities.ts";
import { root, startPlatform, type TestPlatform, wskBin } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { type TempDir, tempDir } from "../helpers/temp-dir.ts";

let platform: TestPlatform;
let home: TempDir;

const keySet = "ok: whisk auth set. Run 'wsk property get --auth' to see the new value.\n";
const hostSet = (): string => `ok: whisk API host set to ${platform.url}\n`;

type Step = {
  /** As the document has it. */
  readonly command: string;
  /** What really runs, where docs/user-documents.md states a substitution. */
  readonly run?: (command: string) => string;
  /** What it prints; a pattern where the text holds times or versions. */
  readonly prints: () => string | RegExp;
};

/** Puts the address of the server under test in the place of the document's. */
const here = (command: string): string =>
  command.replace(/(https?:\/\/)?(localhost|\d+\.\d+\.\d+\.\d+)(:\d+)?/u, platform.url);

/** The server is started by these, each in its own way; here by `meringue standalone`. */
const startedBy = [
  "docker run --rm -d -h openwhisk --name openwhisk -p 3233:3233 -p 3232:3232 " +
    "-v /var/run/docker.sock:/var/run/docker.sock openwhisk/standalone:nightly",
  "java -jar openwhisk-standalone.jar",
];

const steps: readonly Step[] = [
  {
    command: "docker exec openwhisk waitready",
    run: () => `meringue waitready --url ${platform.url}`,
    prints: () => /^[\s\S]*$/u,
  },
  { command: "wsk help", prints: () => /Usage:\n[\s\S]*action[\s\S]*property/u },
  {
    command: "wsk property set --apihost http://172.17.0.1:3233",
    prints: () => "ok: whisk API host set to http://172.17.0.1:3233\n",
  },
  {
    command: "wsk property set --auth 789c46b1-71f6-4ed5-8c54-816aa4f8c502",
    prints: () => keySet,
  },
  {
    command: "wsk property get --auth",
    prints: () => "whisk auth\t\t789c46b1-71f6-4ed5-8c54-816aa4f8c502\n",
  },
  {
    command: `wsk property set --apihost 'http://172.17.0.1:3233' --auth '${guestKey}'`,
    run: here,
    prints: () => keySet + hostSet(),
  },
  {
    command: `wsk property set --apihost 192.168.33.13 --auth ${guestKey}`,
    run: here,
    prints: () => keySet + hostSet(),
  },
  {
    command:
      "wsk property set --apihost 192.168.33.13 --auth " +
      "`vagrant ssh -- cat openwhisk/ansible/files/auth.guest`",
    run: (command) => `vagrant() { echo ${guestKey}; }\n${here(command)}`,
    prints: () => keySet + hostSet(),
  },
  {
    command: `wsk -i property set --auth ${guestKey} --apihost https://35.188.204.73:443`,
    run: here,
    prints: () => keySet + hostSet(),
  },
  {
    command:
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
      'wsk property set --apihost "http://localhost:3233" --auth "${service_token}"',
    run: (command) => here(command),
    prints: () => keySet + hostSet(),
  },
  {
    command:
      "wsk action update test <(echo 'function main(){return {\"ready\":true}}') --kind nodejs:14",
    prints: () => "ok: updated action test\n",
  },
  {
    command: "wsk package list /whisk.system",
    prints: () => /^packages\n(\/whisk\.system\/\w+ +shared\n){7,}$/u,
  },
  {
    command: "wsk -i action invoke /whisk.system/utils/echo -p message hello --result",
    prints: () => '{\n    "message": "hello"\n}\n',
  },
  { command: "mkdir openwhisk-http", prints: () => "" },
  {
    command: "cd openwhisk-http",
    run: (command) => `${command} && pwd`,
    prints: () => /work\/openwhisk-http\n$/u,
  },
  {
    command: "wsk -i list",
    prints: () =>
      /^Entities in namespace: default\npackages\nactions\n\/guest\/test +private nodejs:14\ntriggers\nrules\n$/u,
  },
];

/** Runs one line in bash, in the working folder, with a home of its own. */
function bash(line: string): ReturnType<typeof runProgram> {
  return runProgram("bash", ["-c", line], {
    cwd: join(home.path, "work"),
    env: {
      HOME: home.path,
      PATH: [dirname(wskBin), process.env["PATH"] ?? ""].join(delimiter),
      service_token: guestKey,
    },
  });
}

async function play({ command, run, prints }: Step): Promise<void> {
  const { code, stdout, stderr } = await bash(run === undefined ? command : run(command));
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const expected = prints();
  if (typeof expected === "string") expect(stdout).toBe(expected);
  else expect(stdout).toMatch(expected);
}

test("docs/user-documents.md names this file for exactly these commands", () => {
  const text = readFileSync(join(root, "docs", "user-documents.md"), "utf8");
  const rows = [...text.matchAll(/^\| (`+) ?(.*?) ?\1 +\| tested in `([^`]+)`/gmu)];
  const listed = rows
    .filter((row) => row[3] === "tests/e2e/user-documents.test.ts")
    .map((row) => (row[2] ?? "").replaceAll("\\|", "|"));
  const played = [...startedBy, ...steps.map(({ command }) => command)];
  expect(listed.sort()).toEqual(played.sort());
});

describe("in bash, one after another", () => {
  beforeAll(async () => {
    platform = await startPlatform();
    home = await tempDir("home");
    mkdirSync(join(home.path, "work"));
  });
  afterAll(async () => {
    await platform?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  test.for(steps)("$command", (step) => play(step));

  test("the action of kind nodejs:14 runs", async () => {
    const { code, stdout } = await bash("wsk action invoke test --result");
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{\n    "ready": true\n}\n' });
  });
});
