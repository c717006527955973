/**
 * The gateway's pages among the user documents: their transcripts are played against the built
 * program, in bash. docs/user-documents.md names this file for these commands.
 */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HelloFunction, startHelloFunction } from "../helpers/hello-function.ts";
import { guestKey } from "../helpers/identities.ts";
import { root, startPlatform, type TestPlatform, urlOf, wskBin } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { type TempDir, tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

const PAGES = ["openwhisk-plugin", "openfunction-plugin", "openfunction-article"];

type Step = { readonly command: string; readonly prints: string };
type Transcript = {
  readonly substitutions: readonly (readonly [string, string])[];
  readonly steps: readonly Step[];
};

function read(page: string): Transcript {
  const text = readFileSync(join(root, "tests", "e2e", "transcripts", `${page}.md`), "utf8");
  const substitutions = [...text.matchAll(/^- `(.+?)` → `(.+?)`: /gmu)];
  const steps = [...text.matchAll(/^```sh\n(.*?)\n```\n\n```text\n(.*?)\n?```$/gmsu)];
  return {
    substitutions: substitutions.map(([, from = "", to = ""]) => [from, to]),
    steps: steps.map(([, command = "", prints = ""]) => ({ command, prints })),
  };
}

test("docs/user-documents.md names this file for exactly these commands", () => {
  const text = readFileSync(join(root, "docs", "user-documents.md"), "utf8");
  const rows = [...text.matchAll(/^\| (`+) ?(.*?) ?\1 +\| tested in `([^`]+)`/gmu)].map(
    ([, , command = "", file = ""]) => ({ command: command.replaceAll("\\|", "|"), file }),
  );
  const played = new Set(PAGES.flatMap((page) => read(page).steps.map(({ command }) => command)));
  const own = rows.filter(({ file }) => file === "tests/e2e/gateway-documents.test.ts");
  expect(own.length).toBe(12);
  for (const { command } of own) expect([...played]).toContain(command);
  // The only commands that no page has delete the route at the end.
  const known = new Set(rows.map(({ command }) => command));
  const added = [...played].filter((command) => !known.has(command));
  expect(added.filter((command) => !command.endsWith(" -X DELETE"))).toEqual([]);
});

describe.each(PAGES)("%s", (page) => {
  const { substitutions, steps } = read(page);
  let platform: TestPlatform;
  let functions: HelloFunction | undefined;
  let upstream: Server;
  let home: TempDir;
  let names: Readonly<Record<string, string>>;
  /** What the steps before have set: each runs in a shell of its own. */
  let variables = "";

  beforeAll(async () => {
    const needsFunctions = substitutions.some(([, to]) => to === "{functions}");
    upstream = createServer((_, response) => response.end("hello from 1980"));
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    [platform, home, functions] = await Promise.all([
      startPlatform({ gateway: true }),
      tempDir("home"),
      needsFunctions ? startHelloFunction("test:test") : undefined,
    ]);
    names = {
      "{api}": new URL(platform.url).host,
      "{admin}": new URL(urlOf(platform, "gateway-admin")).host,
      "{proxy}": new URL(urlOf(platform, "gateway")).host,
      "{upstream}": `127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      "{functions}": functions?.authority ?? "",
      "{key}": guestKey,
    };
  }, 60_000);
  afterAll(async () => {
    upstream?.close();
    await functions?.[Symbol.asyncDispose]();
    await platform?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  const named = (text: string): string => text.replace(/\{\w+\}/gu, (name) => names[name] ?? name);

  async function play({ command, prints }: Step): Promise<void> {
    const line = substitutions.reduce((now, [from, to]) => now.replaceAll(from, to), command);
    const run = async (): Promise<string> => {
      // Progress of curl is no part of what a page shows.
      const script = `${variables}\n${named(line)}\ndeclare -p admin_key 2>/dev/null`;
      const { stdout } = await runProgram("bash", ["-c", script], {
        // Where `conf/config.yaml` is, as in a checkout.
        cwd: platform.dataFolder,
        env: {
          HOME: home.path,
          PATH: [dirname(wskBin), process.env["PATH"] ?? ""].join(delimiter),
        },
      });
      return stdout;
    };
    const pattern = patternOf(named(prints));
    let stdout = await run();
    // A change of the configuration is in force a moment after its answer.
    if (command.includes("127.0.0.1:9080")) {
      await waitFor(command, async () => {
        if (!pattern.test(stdout)) stdout = await run();
        return pattern.test(stdout);
      });
    }
    expect(stdout).toMatch(pattern);
    const set = /^declare -- admin_key="\w+"$/mu.exec(stdout);
    if (set !== null) variables = set[0];
  }

  test.for(steps)("$command", (step) => play(step));

  test("nothing was restarted", () => {
    expect(process.kill(platform.pid, 0)).toBe(true);
  });
});

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** The whole of what is printed; `…` is anything, line ends and case do not count. */
function patternOf(prints: string): RegExp {
  const lines = prints.split("\n").map((line) => line.split("…").map(literal).join("[^]*"));
  const text = lines.join("\\r?\\n");
  return new RegExp(`^${text}\\n?(?:declare -- .*\\n)?$`, "iu");
}
