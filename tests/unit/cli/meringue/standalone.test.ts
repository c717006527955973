import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { Shutdown } from "../../../../src/cli/meringue/shutdown.ts";
import { openDataFolder } from "../../../../src/lib/data-folder.ts";
import { FakeContext, fakePlatform } from "./fake-context.ts";

const GUEST =
  "23bc46b1-71f6-4ed5-8c54-816aa4f8c502:" +
  "123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP";

describe("start", () => {
  test("flags reach the configuration, the banner tells where and how", async () => {
    using context = new FakeContext();
    const code = await context.runOnce("-p", "0", "-d", "data", "--limits", "original");
    expect(code).toBe(0);
    expect(context.config?.api.port).toBe(0);
    expect(context.config?.throttle.concurrent).toBe(30);
    const lines = context.stdout.split("\n");
    expect(lines).toContain("  API        http://127.0.0.1:49213");
    expect(lines).toContain("  isolation  bwrap");
    expect(lines).toContain("  network    host (functions share this machine's network)");
    expect(lines).toContain(`  data       ${join(context.home, "data")}`);
    expect(lines).toContain("  limits     original");
    expect(lines).toContain(
      `wsk property set --apihost 'http://127.0.0.1:49213' --auth '${GUEST}'`,
    );
    expect(context.stdout).not.toContain("PUBLIC");
  });

  test("the banner tells where HTTPS is, and warns when only that is open to others", async () => {
    using context = new FakeContext();
    const https = { role: "https", host: "0.0.0.0", port: 443 };
    context.platform = fakePlatform({ listeners: [https] });
    await context.runOnce("--tls-port", "443", "--tls-host", "0.0.0.0");
    expect(context.stdout).toContain("  HTTPS      https://localhost:443\n");
    expect(context.stdout).toContain("this server listens at 0.0.0.0, beyond this machine");
    using inner = new FakeContext();
    await inner.runOnce("--tls-port", "443");
    expect(inner.stdout).not.toContain("PUBLIC");
  });

  test("warnings of the platform stand in the banner", async () => {
    using context = new FakeContext();
    context.platform = fakePlatform({ warnings: ["memory is watched, not limited"] });
    await context.runOnce();
    expect(context.stdout).toContain("  WARNING    memory is watched, not limited\n");
  });

  test("beyond loopback the public keys are said loudly, a key of one's own is not shown", async () => {
    using context = new FakeContext();
    await context.runOnce("--host", "0.0.0.0");
    expect(context.stdout).toContain("THE KEYS OF guest AND whisk.system ARE PUBLIC");
    using own = new FakeContext();
    const key = "k".repeat(64);
    const user = (subject: string, digit: string) => ({
      subject,
      namespaces: [{ name: subject, uuid: `${digit.repeat(8)}-1111-4111-8111-111111111111`, key }],
    });
    own.env = { MERINGUE_USERS: JSON.stringify([user("guest", "1"), user("whisk.system", "2")]) };
    await own.runOnce("--host", "0.0.0.0");
    expect(own.stdout).not.toContain("PUBLIC");
    expect(own.stdout).not.toContain(key);
    expect(own.stdout).toContain("--auth '<the uuid:key of guest in your users block>'");
  });

  test("-v logs at level debug, unless a level is given", async () => {
    using context = new FakeContext();
    await context.runOnce("-v");
    expect(context.config?.log.level).toBe("debug");
    using other = new FakeContext();
    await other.runOnce("-v", "--log-level", "warn");
    expect(other.config?.log.level).toBe("warn");
  });
});

describe("--ready-fd", () => {
  test("one JSON line per listener, then the end of the file", async () => {
    using context = new FakeContext();
    const listeners = [
      { role: "controller", host: "127.0.0.1", port: 1 },
      { role: "metrics", host: "127.0.0.1", port: 2 },
    ];
    context.platform = fakePlatform({ listeners });
    const path = join(context.home, "ready");
    const fd = openSync(path, "w");
    await context.runOnce("--ready-fd", String(fd));
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      listeners.map((listener) => ({ event: "listen", ...listener })),
    );
    expect(() => closeSync(fd)).toThrow("EBADF");
    expect(context.stdout).toContain("  metrics    port 2\n");
  });

  test.each(["x", "-1", "0", "98765"])("%s is refused before anything is started", async (fd) => {
    using context = new FakeContext();
    expect(await context.run("standalone", `--ready-fd=${fd}`)).toBe(2);
    expect(context.stderr).toMatch(/^meringue: --ready-fd .*\n$/);
    expect(context.config).toBeUndefined();
  });
});

test("a fault that nobody caught is logged and ends the process", async () => {
  using context = new FakeContext();
  const code = context.run("standalone");
  await context.started;
  context.fault(new Error("impossible state"));
  expect(context.exits).toEqual([1]);
  expect(context.stderr).toContain("impossible state");
  context.signal("SIGTERM");
  await code;
});

describe("signals", () => {
  test("the first drains, then stops; afterwards signals are let go", async () => {
    using context = new FakeContext();
    const platform = fakePlatform();
    context.platform = platform;
    const code = context.run("standalone");
    await context.started;
    expect(platform.calls).toEqual([]);
    context.signal("SIGINT");
    expect(await code).toBe(0);
    expect(platform.calls).toEqual(["drain", "stop"]);
    expect(context.listensToSignals).toBe(false);
  });

  test("npm hands on the signal that the terminal has given to both: that is no second one", async () => {
    using context = new FakeContext();
    context.env = { npm_lifecycle_event: "start" };
    const draining = Promise.withResolvers<void>();
    context.platform = fakePlatform({ drain: () => draining.promise });
    const code = context.run("standalone");
    await context.started;
    context.signal("SIGINT");
    context.signal("SIGINT");
    expect(context.exits).toEqual([]);
    context.signal("SIGINT");
    expect(context.exits).toEqual([130]);
    draining.resolve();
    await code;
  });

  test("what comes later under npm is a second one", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      using context = new FakeContext();
      context.env = { npm_lifecycle_event: "start" };
      const draining = Promise.withResolvers<void>();
      context.platform = fakePlatform({ drain: () => draining.promise });
      const code = context.run("standalone");
      await context.started;
      context.signal("SIGTERM");
      vi.advanceTimersByTime(250);
      context.signal("SIGTERM");
      expect(context.exits).toEqual([143]);
      draining.resolve();
      await code;
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("a second one, %s, ends the process at once", async (signal, exitCode) => {
    using context = new FakeContext();
    const draining = Promise.withResolvers<void>();
    context.platform = fakePlatform({ drain: () => draining.promise });
    const code = context.run("standalone");
    await context.started;
    context.signal("SIGTERM");
    expect(context.exits).toEqual([]);
    context.signal(signal);
    expect(context.exits).toEqual([exitCode]);
    draining.resolve();
    await code;
  });

  test("a drain that takes too long is cut off", async () => {
    using context = new FakeContext();
    const platform = fakePlatform({ drain: () => new Promise(() => {}) });
    context.platform = platform;
    expect(await context.runOnce("--shutdown-drain-max-ms", "1")).toBe(0);
    expect(platform.calls).toEqual(["stop"]);
    expect(context.stderr).toContain("activations still run after the longest drain");
  });

  test("a part that does not stop is not waited for", async () => {
    using context = new FakeContext();
    const shutdown = new Shutdown(context, await context.createLogger("info"));
    const stuck = fakePlatform({ stop: () => new Promise(() => {}) });
    await expect(shutdown.stop(stuck, 1)).rejects.toThrow("not everything stopped within 1 ms");
    await expect(shutdown.stop(fakePlatform(), 1000)).resolves.toBeUndefined();
    shutdown.end();
  });

  test("one that comes while it starts is not lost", async () => {
    using context = new FakeContext();
    const platform = fakePlatform();
    const start = Promise.withResolvers<void>();
    context.startPlatform = async () => {
      context.signal("SIGTERM");
      await start.promise;
      return platform;
    };
    const code = context.run("standalone");
    start.resolve();
    expect(await code).toBe(0);
    expect(platform.calls).toEqual(["drain", "stop"]);
  });
});

describe("what stops a start", () => {
  test("an error of the platform is one line; its stack comes with -v", async () => {
    using context = new FakeContext();
    context.startError = new Error("port 3233 of 127.0.0.1 is in use");
    expect(await context.run("standalone")).toBe(1);
    expect(context.stderr).toBe("meringue: port 3233 of 127.0.0.1 is in use\n");
    using verbose = new FakeContext();
    verbose.startError = context.startError;
    await verbose.run("standalone", "-v");
    expect(verbose.stderr).toContain("    at ");
  });

  test("the configuration: every problem has its line, exit code 2", async () => {
    using context = new FakeContext();
    const code = await context.run("standalone", "-p", "99999", "--network", "lan", "-c", "none");
    expect(code).toBe(2);
    expect(context.stderr.split("\n")).toEqual([
      "meringue: 3 problems in the configuration",
      `  ${join(context.home, "none")}: cannot be read: no such file`,
      '  network (flag --network): "lan" is not one of host, none',
      "  api.port (flag --port): 99999 is more than 65535",
      "",
    ]);
  });

  test("an unknown flag, exit code 2", async () => {
    using context = new FakeContext();
    expect(await context.run("standalone", "--prot", "1")).toBe(2);
    expect(context.stderr).toContain("unknown option '--prot'");
    expect(context.stderr).toContain("--port");
  });

  test("a data folder in use", async () => {
    using context = new FakeContext();
    const folder = await openDataFolder(join(context.home, "data"));
    expect(await context.run("standalone", "-d", "data")).toBe(1);
    expect(context.stderr).toBe(
      `meringue: data folder ${folder.path} is in use by another meringue server\n`,
    );
    folder.release();
    expect(await context.runOnce("-d", "data")).toBe(0);
  });

  test("a folder with someone else's files is left alone, also with --clean", async () => {
    using context = new FakeContext();
    const path = join(context.home, "thesis");
    mkdirSync(path);
    writeFileSync(join(path, "chapter1.txt"), "x");
    expect(await context.run("standalone", "-d", "thesis", "--clean")).toBe(1);
    expect(context.stderr).toContain("is neither empty nor a data folder of meringue");
    expect(readdirSync(path)).toEqual(["chapter1.txt"]);
  });

  test("a file in the place of the folder", async () => {
    using context = new FakeContext();
    writeFileSync(join(context.home, "data"), "");
    expect(await context.run("standalone", "-d", "data")).toBe(1);
    expect(context.stderr).toMatch(/^meringue: data folder \S+ cannot be made: .*\n$/);
  });
});

test("--clean deletes what the server keeps, not installed runtimes and nothing of others", async () => {
  using context = new FakeContext();
  await context.runOnce("-d", "data");
  const path = join(context.home, "data");
  for (const name of ["entities.db", "entities.db-wal", "in-use", "notes.txt"]) {
    writeFileSync(join(path, name), "x");
  }
  for (const name of ["runtimes", "attachments", "photos"]) mkdirSync(join(path, name));
  await context.runOnce("-d", "data");
  expect(existsSync(join(path, "entities.db"))).toBe(true);
  using again = new FakeContext();
  await again.runOnce("-d", path, "--clean");
  expect(readdirSync(path).sort()).toEqual([".meringue", "notes.txt", "photos", "runtimes"]);
  expect(again.stderr).toContain("left alone what is not the server's: notes.txt, photos\n");
});

test("each flag of the original is accepted, with one line on what holds instead", async () => {
  using context = new FakeContext();
  const flags = (
    "--ui-port 1 --no-ui --no-browser --api-gw --api-gw-port 1 --couchdb --kafka --kafka-ui " +
    "--kafka-port 1 --kafka-docker-port 1 --zk-port 1 --dev-user-events-port 1 " +
    "--all --dev-mode --dev-kcf --enable-bootstrap --disable-color-logging"
  ).split(" ");
  expect(await context.runOnce(...flags)).toBe(0);
  const names = flags.filter((flag) => flag.startsWith("--"));
  const notes = context.stderr.split("\n").filter((line) => line.startsWith("meringue: --"));
  expect(notes.map((line) => line.split(": ")[1])).toEqual(names);
  for (const line of notes) expect(line.length).toBeGreaterThan(30);
});

test("--user-events of the original switches user events on", async () => {
  using context = new FakeContext();
  expect(await context.runOnce("--user-events")).toBe(0);
  expect(context.config?.userEvents.enabled).toBe("on");
});
