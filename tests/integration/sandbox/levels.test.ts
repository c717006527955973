/** Choice of the isolation level, its warnings, and what happens when helpers die. */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { Runtime } from "../../../src/container/driver.ts";
import { Harness, outcome, runtimes } from "../../contract/driver-harness.ts";
import * as node from "../../helpers/actions/nodejs.ts";
import { ALLOCATES } from "../../helpers/actions/python.ts";
import * as hostile from "./hostile.ts";

const kind = [...runtimes.keys()].find((name) => name.startsWith("nodejs:")) ?? "";
const pythonKind = [...runtimes.keys()].find((name) => name.startsWith("python:"));
const isRoot = process.getuid?.() === 0;

describe("lower levels", () => {
  test("none works, warns, and leaves no folder behind", async () => {
    const harness = new Harness({ isolation: "none" });
    await harness.driver.start();
    expect(harness.driver.isolation).toBe("none");
    expect(harness.driver.warnings[0]).toContain("functions are not isolated");
    const code = "function main() { return { uid: process.getuid() } }";
    const [, seen] = outcome(await harness.once(kind, { code }));
    expect((seen as { uid: number }).uid === 0).toBe(false);
    await harness.stop();
    expect(leftBehind(`meringue-${process.pid}-`)).toEqual([]);
  });

  test("network none is refused below bwrap", async () => {
    const harness = new Harness({ isolation: "none", network: "none" });
    await expect(harness.driver.start()).rejects.toThrow(
      'network "none" needs isolation level bwrap, and functions have none',
    );
    await harness.stop();
  });

  test.skipIf(!isRoot)("unshare: only its own processes are seen (needs root)", async () => {
    const harness = new Harness({ isolation: "unshare" });
    await harness.driver.start();
    expect(harness.driver.warnings[0]).toContain("process namespaces only");
    const code =
      "function main() { return { pids: require('fs').readdirSync('/proc').filter((n) => /^\\d+$/.test(n)).length, uid: process.getuid() } }";
    const [, seen] = outcome(await harness.once(kind, { code })) as [
      unknown,
      { pids: number; uid: number },
    ];
    expect(seen.pids).toBeLessThanOrEqual(3);
    expect(seen.uid).toBeGreaterThanOrEqual(61_000);
    await harness.stop();
  });
});

describe("memory without control groups", () => {
  const limits = { controlGroups: false };
  const actions = {
    "a full heap": node.FILLS_HEAP,
    "memory outside the heap": node.ALLOCATES,
    "a child that allocates": hostile.CHILD_ALLOCATES,
  };
  for (const [name, code] of Object.entries(actions)) {
    test(`${name} is told as exhausted memory`, async () => {
      const harness = new Harness({ limits });
      await harness.driver.start();
      expect(harness.driver.warnings.join("\n")).toContain("no control groups");
      const reply = await harness.once(kind, { code }, {}, { memoryMb: 128 });
      expect(outcome(reply)).toEqual(["exited", true]);
      await harness.stop();
    });
  }

  test.skipIf(pythonKind === undefined)("Python, too (needs Python 3)", async () => {
    const harness = new Harness({ limits });
    await harness.driver.start();
    const reply = await harness.once(pythonKind ?? "", { code: ALLOCATES }, {}, { memoryMb: 128 });
    expect(outcome(reply)).toEqual(["exited", true]);
    await harness.stop();
  });

  test("an ordinary function runs", async () => {
    const harness = new Harness({ limits });
    await harness.driver.start();
    for (const runtime of runtimes.keys()) {
      const code = runtime.startsWith("python") ? "def main(a):\n    return a\n" : node.ECHO;
      expect(outcome(await harness.once(runtime, { code }, { a: 1 }))).toEqual([200, { a: 1 }]);
    }
    await harness.stop();
  });
});

describe("failures of the platform's own parts", () => {
  test("an unknown runtime is a rejected start", async () => {
    const harness = new Harness({ isolation: "none" });
    await harness.driver.start();
    const container = harness.create("cobol:60");
    await expect(container.ready).rejects.toThrow("no runtime cobol:60 on this machine");
    await container.destroy();
    await harness.stop();
  });

  test("an interpreter that does not start, or never gets ready, is a rejected start", async () => {
    const folder = mkdtempSync(join(tmpdir(), "interpreter-"));
    chmodSync(folder, 0o755);
    const runtime = (name: string, text: string): Runtime => {
      const interpreter = join(folder, name);
      writeFileSync(interpreter, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      const version = "1";
      return { kind: name, language: "nodejs", version, interpreter, prefixes: [folder] };
    };
    const start = async (name: string, text: string, startTimeoutMs: number): Promise<string> => {
      const runtimes = new Map([[name, runtime(name, text)]]);
      const harness = new Harness({ runtimes, limits: { startTimeoutMs } });
      await harness.driver.start();
      const failure = await harness.create(name).ready.then(() => "started", String);
      await harness.stop();
      return failure;
    };
    expect(await start("hangs", "sleep 600", 500)).toContain("not ready after 500 ms");
    const broken = "echo broken >&2; exit 3";
    expect(await start("fails", broken, 20_000)).toContain("(code 3): broken");
    rmSync(folder, { recursive: true });
  });

  test("a spawner that is killed ends its containers and is started again", async () => {
    const harness = new Harness({});
    await harness.driver.start();
    const { action } = await harness.start(kind, { code: node.SPINS });
    const reply = action.run({});
    process.kill(spawnerPid(harness.folder), "SIGKILL");
    expect(outcome(await reply)).toEqual(["exited", false]);
    await expect
      .poll(() => harness.messages)
      .toContainEqual(expect.stringContaining("starting it again"));
    expect(outcome(await harness.once(kind, { code: node.ECHO }, { a: 1 }))).toEqual([
      200,
      { a: 1 },
    ]);
    await harness.stop();
  });

  for (const isolation of ["bwrap", "none"] as const) {
    const unavailable = isolation === "bwrap" && !existsSync("/usr/bin/bwrap");
    test.skipIf(unavailable)(
      `killing the platform leaves no process behind: ${isolation}`,
      async () => {
        const folder = mkdtempSync(join(tmpdir(), "kill-test-"));
        const script = fileURLToPath(new URL("./busy-platform.ts", import.meta.url));
        const platform = spawn(process.execPath, [script, isolation, folder], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        await new Promise((resolve) => platform.stdout.once("data", resolve));
        expect(processesWith(folder).length).toBeGreaterThan(0);
        const marked = () => processesWith(`busy-${platform.pid}`).length;
        await expect.poll(marked).toBeGreaterThan(0);
        platform.kill("SIGKILL");
        await expect.poll(() => marked() + processesWith(folder).length).toBe(0);
        await expect.poll(() => leftBehind(`meringue-${platform.pid}-`)).toEqual([]);
        rmSync(folder, { recursive: true, force: true });
      },
    );
  }
});

/** Folders in /tmp and among the control groups. */
function leftBehind(prefix: string): string[] {
  const groups = existsSync("/sys/fs/cgroup/pids") ? readdirSync("/sys/fs/cgroup/pids") : [];
  return [...readdirSync(tmpdir()), ...groups].filter((name) => name.startsWith(prefix));
}

function processesWith(text: string): number[] {
  const lines = execFileSync("ps", ["-eo", "pid,args", "-ww"], { encoding: "utf8" }).split("\n");
  return lines.filter((line) => line.includes(text)).map((line) => Number.parseInt(line, 10));
}

function spawnerPid(folder: string): number {
  const [pid] = processesWith(join(folder, "run", "spawn-"));
  if (pid === undefined) throw new Error("no spawner found");
  return pid;
}
