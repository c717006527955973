import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { run } from "../../../../src/cli/meringue/program.ts";
import type { Runtime } from "../../../../src/container/driver.ts";
import { FakeContext } from "./fake-context.ts";

describe("waitready", () => {
  test("waits until the server answers 200, with the original's line", async () => {
    using context = new FakeContext();
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      expect(request.url).toBe("/ping");
      response.writeHead(asked < 2 ? 503 : 200).end("pong");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    context.env = { MERINGUE_API_PORT: String(port) };
    expect(await context.run("waitready")).toBe(0);
    expect(asked).toBe(2);
    expect(context.stderr).toBe("server still not ready - retrying\n");
    expect(await context.run("waitready", "--url", `127.0.0.1:${port}/api/v1`)).toBe(0);
    server.close();
  });

  test("gives up after the timeout, saying why", async () => {
    using context = new FakeContext();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const url = `http://127.0.0.1:${port}`;
    expect(await context.run("waitready", "--url", url, "--timeout", "0")).toBe(1);
    expect(context.stderr).toMatch(
      new RegExp(`^meringue: no answer from ${url}/ping within 0 s: .*ECONNREFUSED.*\n$`),
    );
  });

  test.each([
    ["--timeout", "soon"],
    ["--timeout", "86401"],
    ["--url", "ftp://x"],
  ])("%s %s is a usage error", async (flag, value) => {
    using context = new FakeContext();
    expect(await context.run("waitready", flag, value)).toBe(2);
    expect(context.stderr).toContain(`${flag} ${value}: `);
  });
});

describe("config", () => {
  test("print shows values and sources; --json without sources", async () => {
    using context = new FakeContext();
    expect(await context.run("config", "print", "--port", "8080")).toBe(0);
    expect(context.stdout).toMatch(/^ {2}port: 8080 # flag$/m);
    using json = new FakeContext();
    await json.run("config", "print", "--json", "--port", "8080");
    expect((JSON.parse(json.stdout) as { api: { port: number } }).api.port).toBe(8080);
  });

  test("check says ok, or every problem with exit code 2", async () => {
    using context = new FakeContext();
    expect(await context.run("config", "check")).toBe(0);
    expect(context.stdout).toBe("ok\n");
    context.env = { MERINGUE_API_PORT: "x", MERINGUE_LIMITS: "y" };
    expect(await context.run("config", "check")).toBe(2);
    expect(context.stderr.trimEnd().split("\n")).toHaveLength(3);
  });

  test("docs prints the page, and --check compares with it", async () => {
    using context = new FakeContext();
    await context.run("config", "docs");
    expect(context.stdout).toContain("## `api.port`");
    const page = join(import.meta.dirname, "../../../../docs/configuration.md");
    expect(await context.run("config", "docs", "--check", page)).toBe(0);
    expect(await context.run("config", "docs", "--check", import.meta.filename)).toBe(1);
    expect(context.stderr).toContain("differs");
  });
});

describe("runtime", () => {
  const node: Runtime = {
    kind: "nodejs:24",
    language: "nodejs",
    version: "24.1.0",
    interpreter: "/opt/node24/bin/node",
    prefixes: ["/opt/node24"],
  };
  const withRuntimes = (context: FakeContext, added: string[]): void => {
    context.runtimes = async () => ({
      discoverRuntimes: async ({ dataFolder }) => {
        added.push(dataFolder);
        return new Map([[node.kind, node]]);
      },
      addRuntime: async (kind, dataFolder) => {
        added.push(kind, dataFolder);
        return node;
      },
    });
  };
  const row = "nodejs:24      24.1.0     /opt/node24/bin/node\n";

  test("list and add use the data folder of the settings", async () => {
    using context = new FakeContext();
    const calls: string[] = [];
    withRuntimes(context, calls);
    expect(await context.run("runtime", "list")).toBe(0);
    expect(await context.run("runtime", "add", "nodejs:24", "-d", "d")).toBe(0);
    expect(context.stdout).toBe(row + row);
    expect(calls).toEqual([join(context.home, ".meringue"), "nodejs:24", join(context.home, "d")]);
    // The folder it made is one that a server accepts.
    expect(await context.runOnce("-d", "d")).toBe(0);
  });

  test("add refuses what is no kind", async () => {
    using context = new FakeContext();
    expect(await context.run("runtime", "add", "../x")).toBe(2);
    expect(context.stderr).toBe("meringue: ../x: not a kind such as nodejs:24\n");
  });
});

describe("the command line", () => {
  test("help and version go to stdout with exit code 0", async () => {
    using context = new FakeContext();
    expect(await context.run("--help")).toBe(0);
    expect(context.stdout).toContain("standalone");
    for (const args of [["--version"], ["standalone", "--version"]]) {
      using other = new FakeContext();
      expect(await run(args, other)).toBe(0);
      expect(other.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
  });

  test.each([[[]], [["nonsense"]], [["config"]]])(
    "%j shows what there is, exit code 2",
    async (args) => {
      using context = new FakeContext();
      expect(await context.run(...args)).toBe(2);
      expect(context.stderr).not.toBe("");
    },
  );

  test.each(["controller", "gateway,invoker", ""])("serve refuses roles %j", async (roles) => {
    using context = new FakeContext();
    expect(await context.run("serve", "--roles", roles)).toBe(2);
    expect(context.stderr).toContain(
      'this version can serve "all" roles in one process, or "gateway" alone',
    );
  });
});
