/** Servers under measurement. Each tells on fd 3, as JSON lines, when and where it listens. */
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { start, stop, tempFolder } from "./children.ts";

export const ROOT = join(import.meta.dirname, "..", "..");
const READY_MAX_MS = 20_000;
const STDERR_QUOTED_BYTES = 2000;

export type Server = {
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  /** "http://host:port" */
  readonly url: string;
  /** Ends it early; otherwise it ends with its group of rows. */
  stop(): Promise<void>;
};

type Listen = {
  readonly event: string;
  readonly role: string;
  readonly host: string;
  readonly port: number;
};

/** First listener of this role that the server reports; undefined when it closes fd 3 before. */
async function listenerOf(lines: Readable, role: string): Promise<Listen | undefined> {
  for await (const line of createInterface({ input: lines })) {
    const event = JSON.parse(line) as Listen;
    if (event.event === "listen" && event.role === role) return event;
  }
  return undefined;
}

type Launch = {
  readonly command: string;
  readonly args: readonly string[];
  readonly role: string;
  readonly leash: boolean;
};

/** Starts a server and resolves when it listens; rejects with the end of its stderr if it fails. */
async function launch({ command, args, role, leash }: Launch): Promise<Server> {
  const log = join(tempFolder(), "output");
  // A file, as an operator would have it: a pipe would have the bench read every line.
  const output = openSync(log, "a");
  const child = start(command, args, { leash, stdio: ["ignore", output, output, "pipe"] });
  closeSync(output);
  const failed = once(child, "exit").then(() => undefined);
  const late = AbortSignal.timeout(READY_MAX_MS);
  const timeout = once(late, "abort").then(() => undefined);
  const found = await Promise.race([listenerOf(child.stdio[3] as Readable, role), failed, timeout]);
  if (found === undefined || child.pid === undefined) {
    await stop(child);
    const tail = readFileSync(log, "utf8").slice(-STDERR_QUOTED_BYTES).trim();
    throw new Error(`${command} did not get ready${tail === "" ? "" : `:\n${tail}`}`);
  }
  return {
    pid: child.pid,
    host: found.host,
    port: found.port,
    url: `http://${found.host}:${found.port}`,
    stop: () => stop(child),
  };
}

/** The raw `node:http` server, on the Node.js that runs this. */
export function startRaw(): Promise<Server> {
  const script = join(import.meta.dirname, "raw-server.ts");
  return launch({ command: process.execPath, args: [script], role: "raw", leash: true });
}

export type ProductOptions = {
  readonly args?: readonly string[];
  /** Default: a new empty one. */
  readonly dataFolder?: string;
  /** True when the time from spawn to ready is the measurement. */
  readonly timed?: boolean;
};

/** The built program with default settings, on a free port, with a data folder of its own. */
export async function startProduct(options: ProductOptions = {}): Promise<Server> {
  const { args = [], dataFolder = tempFolder(), timed = false } = options;
  const standard = ["standalone", "--port", "0", "--ready-fd", "3", "--data-dir", dataFolder];
  return await launch({
    command: join(ROOT, "bin", "meringue"),
    args: [...standard, ...args],
    role: "controller",
    leash: !timed,
  });
}
