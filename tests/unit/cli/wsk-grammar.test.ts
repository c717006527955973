// Grammar of the command line: finding commands, reading flags, help (wsk-cli 1).
import { describe, expect, test } from "vitest";
import { ROOT } from "../../../src/cli/wsk/command-tree.ts";
import { findCommand } from "../../../src/cli/wsk/find-command.ts";
import { startRecorder } from "./recorder.ts";
import { openSession, USAGE } from "./session.ts";

const found = (...args: readonly string[]): string =>
  findCommand(ROOT, args)
    .path.map(({ name }) => name)
    .join(" ");

test.for([
  [["action", "list"], "wsk action list"],
  [["-i", "action", "-v", "list", "x"], "wsk action list"],
  [["-u", "key", "action", "list"], "wsk action list"],
  [["--apihost=h", "action", "list"], "wsk action list"],
  [["action", "nothing"], "wsk action"],
  [["--", "action"], "wsk"],
  // Help is unknown while commands are looked for and takes a value with it.
  [["--help", "action", "list"], "wsk list"],
] as const)("%j names %s", ([args, path]) => {
  expect(found(...args)).toBe(path);
});

test.for([
  [["action", "list", "--bogus"], "unknown flag: --bogus\n"],
  [["list", "-x"], "unknown shorthand flag: 'x' in -x\n"],
  [["action", "list", "-nx"], "unknown shorthand flag: 'x' in -x\n"],
  [["action", "list", "-l"], "flag needs an argument: 'l' in -l\n"],
  [["action", "list", "--limit"], "flag needs an argument: --limit\n"],
  [["action", "list", "--=x"], "bad flag syntax: --=x\n"],
  [
    ["action", "list", "-l", "abc"],
    'invalid argument "abc" for "-l, --limit" flag: strconv.ParseInt: parsing "abc": invalid syntax\n',
  ],
  [
    ["action", "list", "--limit=9223372036854775808"],
    'invalid argument "9223372036854775808" for "-l, --limit" flag: strconv.ParseInt: parsing "9223372036854775808": value out of range\n',
  ],
  [
    ["action", "invoke", "-b=x"],
    'invalid argument "x" for "-b, --blocking" flag: strconv.ParseBool: parsing "x": invalid syntax\n',
  ],
  [["action", "--bogus"], "Error: unknown flag: --bogus\nunknown flag: --bogus\n"],
  [["foo"], `Error: unknown command "foo" for "wsk"\n${USAGE}unknown command "foo" for "wsk"\n`],
] as const)("%j is refused", async ([args, text]) => {
  using session = openSession();
  expect(await session.run(...args)).toEqual({ code: 1, out: "", err: text });
});

test("an unknown command is answered with similar ones", async () => {
  using session = openSession();
  const { code, err } = await session.run("acton");
  expect(code).toBe(1);
  expect(err).toContain('unknown command "acton" for "wsk"\n\nDid you mean this?\n\taction\n\n');
});

test.for([
  ["-l5", "--skip=0x10"],
  ["-l=5", "-s", "16"],
  ["--limit", "5", "-s16"],
])("limits can be written %j", async (flags) => {
  await using recorder = await startRecorder({ body: [] });
  using session = openSession(recorder);
  await session.run("action", ...flags, "list");
  expect(recorder.asked.map(({ url }) => url)).toEqual([
    "/api/v1/namespaces/_/actions?limit=5&skip=16",
  ]);
});

describe("help", () => {
  test("is printed by the client alone, by groups and by --help", async () => {
    using session = openSession();
    const alone = await session.run();
    expect(alone.code).toBe(0);
    expect(alone.out).toContain("\n\nUsage:\n  wsk [command]\n\nAvailable Commands:\n");
    expect(alone.out).toMatch(/\nUse "wsk \[command\] --help" for more .*\.\n$/);
    expect(await session.run("--help")).toEqual(alone);
    expect(await session.run("action", "foo")).toEqual(await session.run("help", "action"));
  });

  test("lists flags by name, with the word that stands for their value", async () => {
    using session = openSession();
    const { out } = await session.run("activation", "poll", "-h");
    expect(out.split("\n\n").slice(0, 2).join("\n\n")).toBe(
      [
        "poll continuously for log messages from currently running actions",
        "Usage:",
        "  wsk activation poll [ NAMESPACE | ACTION_NAME ] [flags]",
        "",
        "Flags:",
        "  -e, --exit SECONDS            stop polling after SECONDS seconds",
        "  -h, --help                    help for poll",
        "      --since-days DAYS         start polling for activations DAYS days ago",
        "      --since-hours HOURS       start polling for activations HOURS hours ago",
        "      --since-minutes MINUTES   start polling for activations MINUTES minutes ago",
        "      --since-seconds SECONDS   start polling for activations SECONDS seconds ago",
      ].join("\n"),
    );
  });

  test("hides flags that redefine a global one, and shows defaults", async () => {
    using session = openSession();
    const { out } = await session.run("property", "get", "--help");
    expect(out).toContain('  -o, --output string   Output format in std|raw (default "std")\n');
    expect(out.match(/--auth/g)).toHaveLength(1);
  });

  test("of something unknown goes to standard error", async () => {
    using session = openSession();
    const { code, out, err } = await session.run("help", "foo");
    expect([code, out]).toEqual([0, ""]);
    expect(err).toMatch(/^Unknown help topic \[`foo`\]\nUsage:\n/);
  });
});
