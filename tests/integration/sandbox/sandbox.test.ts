/** What a function can reach at the strongest level: nothing but its own (design.md). */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { closeCgroups, openCgroups } from "../../../src/container/cgroups.ts";
import { Harness, outcome, runtimes } from "../../contract/driver-harness.ts";
import { ALLOCATES, ECHO, HELLO } from "../../helpers/actions/nodejs.ts";
import * as hostile from "./hostile.ts";

const kind = [...runtimes.keys()].find((name) => name.startsWith("nodejs:")) ?? "";
const python = [...runtimes.keys()].find((name) => name.startsWith("python:"));
const hasBwrap = existsSync("/usr/bin/bwrap");
const isRoot = process.getuid?.() === 0;
const probe = openCgroups(`meringue-test-${process.pid}`);
if (probe !== undefined) closeCgroups(probe);

describe.skipIf(!hasBwrap)("sandbox at bwrap (needs bubblewrap)", () => {
  const data = mkdtempSync(join(tmpdir(), "data-folder-"));
  let harness: Harness;
  beforeAll(async () => {
    writeFileSync(join(data, "secret"), "the data folder");
    harness = new Harness({ isolation: "required" });
    await harness.driver.start();
  });
  afterAll(async () => {
    await harness.stop();
    rmSync(data, { recursive: true });
  });

  const result = async (code: string, value: unknown = {}, memoryMb = 256) =>
    outcome(await harness.once(kind, { code }, value, { memoryMb }));

  test("sees neither the data folder nor the run folder nor the platform's code", async () => {
    const paths = [join(data, "secret"), harness.folder, join(process.cwd(), "package.json")];
    for (const path of [...paths, join(homedir(), ".bashrc"), "/etc/shadow", "/home"]) {
      expect(await result(hostile.READS, { path })).toEqual([200, { code: "ENOENT" }]);
    }
  });

  test("sees nothing of the platform's environment", async () => {
    const [, pid1] = await result(hostile.READS, { path: "/proc/1/environ" });
    expect(pid1).toEqual(isRoot ? { code: "EACCES" } : { text: "" });
    const [, own] = await result(hostile.READS, { path: "/proc/self/environ" });
    const names = (own as { text: string }).text.split("\0").map((entry) => entry.split("=")[0]);
    expect(names.filter((name) => name !== "")).toEqual(
      expect.arrayContaining(["PATH", "HOME", "LANG", "__OW_API_HOST"]),
    );
    expect(
      names.filter((name) => !/^(PATH|HOME|LANG|PWD|__OW_API_HOST|)$/.test(name ?? "")),
    ).toEqual([]);
    const [, command] = await result(hostile.READS, { path: "/proc/1/cmdline" });
    expect(JSON.stringify(command)).not.toContain(data);
  });

  test("has a /tmp of its own, and cannot write elsewhere", async () => {
    const writer = await harness.start(kind, { code: hostile.WRITES });
    expect(outcome(await writer.action.run({ path: "/tmp/mine" }))).toEqual([
      200,
      { written: true },
    ]);
    expect(await result(hostile.READS, { path: "/tmp/mine" })).toEqual([200, { code: "ENOENT" }]);
    for (const path of ["/x", "/usr/x", "/etc/x", "/dev/x", "/launcher/x", "/proc/sys/kernel/x"]) {
      const [, seen] = outcome(await writer.action.run({ path }));
      expect([path, (seen as { code: string }).code]).toEqual([
        path,
        expect.stringMatching(/^(EROFS|EACCES|EPERM|ENOENT)$/),
      ]);
    }
    await writer.action.container.destroy();
  });

  test("is nobody, has no capabilities, sees only its own processes", async () => {
    const [, who] = (await result(hostile.WHO)) as [unknown, Record<string, unknown>];
    expect(who).toMatchObject({ caps: "0000000000000000", noNewPrivs: "1" });
    expect(who["uid"]).not.toBe(0);
    expect((who["pids"] as number[]).length).toBeLessThanOrEqual(4);
    if (isRoot) {
      expect(who["uid"]).toBeGreaterThanOrEqual(61_000);
      expect(who["groups"]).toEqual([who["uid"]]);
      expect(who["bounding"]).toBe("0000000000000000");
    }
  });

  test.skipIf(!isRoot)("containers alive at once have different uids (needs root)", async () => {
    const both = await Promise.all([1, 2].map(() => harness.start(kind, { code: hostile.WHO })));
    const uids = await Promise.all(
      both.map(async ({ action }) => (outcome(await action.run({}))[1] as { uid: number }).uid),
    );
    expect(uids[0]).not.toBe(uids[1]);
    await Promise.all(both.map(({ action }) => action.container.destroy()));
  });

  test("cannot kill process 1 or the platform", async () => {
    for (const pid of [1, process.pid]) {
      const { action } = await harness.start(kind, { code: hostile.KILLS });
      const first = outcome(await action.run({ pid }))[1];
      expect(first).toEqual(pid === 1 && !isRoot ? { sent: true } : { code: expect.any(String) });
      expect(outcome(await action.run({ pid }))[0]).toBe(200);
      await action.container.destroy();
    }
  });

  test("forking stops at the limit, and everything is gone afterwards", async () => {
    const { action } = await harness.start(kind, { code: hostile.FORKS });
    const [, seen] = outcome(await action.run({})) as [unknown, { made: number; failed: number }];
    expect(seen.failed).toBeGreaterThan(0);
    expect(seen.made).toBeLessThan(1024);
    await action.container.destroy();
    await expect.poll(() => sleepers(hostile.SLEEP_SECONDS)).toBe(0);
  });

  test("a fork bomb leaves the platform and other functions working", async () => {
    const { action } = await harness.start(kind, { code: hostile.BOMB });
    const reply = action.run({});
    const [status, body] = await result(HELLO, { name: "Ada" });
    expect([status, body]).toEqual([200, { greeting: "Hello Ada" }]);
    await action.container.destroy();
    expect((await reply).type).toBe("exited");
  });

  test("allocating without end is told as exhausted memory", async () => {
    expect(await result(ALLOCATES, {}, 128)).toEqual(["exited", true]);
  });

  test("a gigabyte of logs is cut at the limit", async () => {
    const reply = await harness.once(kind, { code: hostile.PRINTS_GIGABYTE });
    expect(outcome(reply)).toEqual([200, { done: true }]);
    expect(reply.logsTruncated).toBe(true);
    const bytes = reply.logs.reduce((sum, line) => sum + line.length + 1, 0);
    expect(bytes).toBeLessThan(10 * 1024 * 1024 + 200);
  });

  test("so is what a child process prints", async () => {
    const reply = await harness.once(
      kind,
      { code: hostile.PIPES_MUCH },
      {},
      { logBytesMax: 1 << 20 },
    );
    expect(outcome(reply)).toEqual([200, { done: true }]);
    const bytes = reply.logs.reduce((sum, line) => sum + line.length + 1, 0);
    expect([reply.logsTruncated, bytes < (1 << 20) + 200]).toEqual([true, true]);
  });

  test("opening files stops at the limit", async () => {
    const [, seen] = (await result(hostile.OPENS)) as [unknown, { opened: number; code: string }];
    expect(seen.code).toBe("EMFILE");
    expect(seen.opened).toBeLessThan(4096);
  });

  test("/tmp is limited in size", async () => {
    const small = new Harness({ isolation: "required", limits: { tmpMb: 8 } });
    await small.driver.start();
    const reply = await small.once(kind, { code: hostile.FILLS_TMP }, { mb: 16 });
    expect(outcome(reply)).toEqual([200, { code: "ENOSPC" }]);
    await small.stop();
  });

  test("inherits no descriptor of the platform", async () => {
    const [, seen] = await result(
      "function main() { const fs = require('fs'); return { links: fs.readdirSync('/proc/self/fd').map((fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd) } catch { return '' } }) } }",
    );
    const files = (seen as { links: string[] }).links.filter((link) => link.startsWith("/"));
    expect(files.filter((link) => !link.startsWith("/proc") && link !== "/dev/null")).toEqual([]);
  });
});

describe.skipIf(!hasBwrap)("network none (needs bubblewrap)", () => {
  const api = createServer((request, response) => response.end(`api ${request.url}`));
  let harness: Harness;
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => api.listen(0, "127.0.0.1", resolve));
    port = (api.address() as AddressInfo).port;
    const apiHostUrl = `http://127.0.0.1:${port}`;
    harness = new Harness({ isolation: "required", network: "none", apiHostUrl });
    await harness.driver.start();
  });
  afterAll(async () => {
    await harness.stop();
    api.closeAllConnections();
    api.close();
  });

  test("the API answers, nothing else does", async () => {
    expect(harness.driver.network).toBe("none");
    const called = await harness.once(kind, { code: hostile.CALLS_API }, { path: "/ping" });
    expect(outcome(called)).toEqual([200, { status: 200, text: "api /ping" }]);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const target = { host: "127.0.0.1", port: (other.address() as AddressInfo).port };
    const refused = await harness.once(kind, { code: hostile.CONNECTS }, target);
    expect(outcome(refused)).toEqual([200, { code: "ECONNREFUSED" }]);
    const outside = await harness.once(
      kind,
      { code: hostile.CONNECTS },
      { host: "192.0.2.1", port: 80 },
    );
    expect(outcome(outside)).toEqual([200, { code: "ENETUNREACH" }]);
    other.close();
  });

  test.skipIf(python === undefined)("Python reaches the API, too (needs Python 3)", async () => {
    const code =
      "import os, urllib.request\ndef main(args):\n    url = os.environ['__OW_API_HOST'] + '/p'\n    return {'text': urllib.request.urlopen(url).read().decode()}\n";
    const reply = await harness.once(python ?? "", { code });
    expect(outcome(reply)).toEqual([200, { text: "api /p" }]);
  });
});

describe.skipIf(probe === undefined)("control groups (need writable cgroups)", () => {
  test("every process of a container is in them before code is loaded; they are removed", async () => {
    const harness = new Harness({});
    await harness.driver.start();
    const { action } = await harness.start(kind, { code: ECHO });
    const own = [...(probe?.folders.values() ?? [])].map((folder) => join(folder, ".."));
    const made = own.flatMap((folder) => groupsBelow(folder));
    expect(made.length).toBeGreaterThan(0);
    const counts = made.map(
      (group) => readFileSync(join(group, "cgroup.procs"), "utf8").trim().split("\n").length,
    );
    expect(new Set(counts).size).toBe(1);
    expect(counts[0]).toBeGreaterThan(0);
    await action.container.destroy();
    expect(made.filter((group) => existsSync(group))).toEqual([]);
    await harness.stop();
    expect(own.flatMap((folder) => homes(folder))).toEqual([]);
  });
});

/** Folders that this process's drivers made. */
function homes(folder: string): string[] {
  const prefix = `meringue-${process.pid}-`;
  const names = readdirSync(folder).filter((name) => name.startsWith(prefix));
  return names.map((name) => join(folder, name));
}

function groupsBelow(folder: string): string[] {
  return homes(folder).flatMap((home) =>
    readdirSync(home, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(home, entry.name)),
  );
}

/** Processes that sleep for so long. */
function sleepers(seconds: string): number {
  const lines = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.trim() === `/bin/sleep ${seconds}`).length;
}
