/** A real Redis server for tests, on a port and in a folder of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { generate } from "selfsigned";
import { waitFor } from "./wait-for.ts";

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
  const child = await startServer(
    [...bind, "--save", "", "--appendonly", "no", ...more],
    "Ready to accept connections",
  );
  const kill = (): Promise<void> => end(child);
  return {
    port,
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago may be taken: it is tried again until the other one lets go. */
function startServer(args: readonly string[], line: string): Promise<ChildProcess> {
  return waitFor("redis-server", async () => {
    const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
    await ready(child, line);
    return child;
  });
}

function ready(child: ChildProcess, line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (part: Buffer) => {
      text += part.toString();
      if (text.includes(line)) resolve();
    });
    child.once("exit", () => reject(new Error(`redis-server ended:\n${text}`)));
    child.once("error", reject);
  });
}

/** Speaks TLS only, with a certificate that nobody has signed. */
export async function startTlsRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), "redis-tls-"));
  const { cert, private: key } = await generate([{ name: "commonName", value: "127.0.0.1" }]);
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  await writeFile(certFile, cert);
  await writeFile(keyFile, key, { mode: 0o600 });
  const port = await freePort();
  const files = ["--tls-cert-file", certFile, "--tls-key-file", keyFile];
  const clients = ["--tls-ca-cert-file", certFile, "--tls-auth-clients", "no"];
  const listen = ["--port", "0", "--tls-port", String(port)];
  const redis = await startRedis([...listen, ...files, ...clients]);
  return {
    port,
    kill: redis.kill,
    [Symbol.asyncDispose]: async () => {
      await redis[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A cluster of one server, which has all slots. */
export async function startRedisCluster(): Promise<TestRedis> {
  const bus = ["--cluster-port", String(await freePort()), "--cluster-announce-ip", "127.0.0.1"];
  const redis = await startRedis(["--cluster-enabled", "yes", ...bus]);
  const client = new Redis({ port: redis.port, host: "127.0.0.1" });
  await client.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
  await waitFor("the cluster", async () =>
    String(await client.call("CLUSTER", "INFO")).includes("cluster_state:ok"),
  );
  client.disconnect();
  return redis;
}

/** A sentinel that watches over `master` under the name "mymaster". */
export async function startSentinel(master: TestRedis): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), "sentinel-"));
  const file = join(folder, "sentinel.conf");
  await writeFile(file, `sentinel monitor mymaster 127.0.0.1 ${master.port} 1\n`);
  const port = await freePort();
  const child = await startServer([file, "--sentinel", "--port", String(port)], "+monitor master");
  const kill = (): Promise<void> => end(child);
  return {
    port,
    kill,
    [Symbol.asyncDispose]: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await over;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
