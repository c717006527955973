/** A real Redis server for tests, on a port and in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** False where the program is not installed: such tests are skipped by name. */
export const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

export type TestRedis = AsyncDisposable & {
  readonly port: number;
  /** Ends the server as a crash does. */
  kill(): Promise<void>;
};

/** `more`: further options of the command line, such as "--requirepass". */
export async function startRedis(more: readonly string[] = []): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), "redis-"));
  const port = await freePort();
  const bind = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder];
  const child = spawn("redis-server", [...bind, "--save", "", "--appendonly", "no", ...more], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await ready(child);
  const kill = async (): Promise<void> => {
    const isOver = child.exitCode !== null || child.signalCode !== null;
    if (!isOver) {
      const over = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await over;
    }
  };
  return {
    port,
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (part: Buffer) => {
      text += part.toString();
      if (text.includes("Ready to accept connections")) resolve();
    });
    child.once("exit", () => reject(new Error(`redis-server ended:\n${text}`)));
    child.once("error", reject);
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
