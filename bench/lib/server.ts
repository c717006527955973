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
  /** The same of each listener that was asked for, by role. */
  readonly urls: Readonly<Record<string, string>>;
  /** Ends it early; otherwise it ends with its group of rows. */
  stop(): Promise<void>;
};

type Listen = {
  readonly event: string;
  readonly role: string;
  readonly host: string;
  readonly port: number;
};

/** The listeners of these roles, in this order; undefined when the server closes fd 3 before. */
async function listenersOf(
  lines: Readable,
  roles: readonly string[],
): Promise<readonly Listen[] | undefined> {
  const found = new Map<string, Listen>();
  for await (const line of createInterface({ input: lines })) {
    const event = JSON.parse(line) as Listen;
    if (event.event === "listen") found.set(event.role, event);
    const listeners = roles.flatMap((role) => found.get(role) ?? []);
    if (listeners.length === roles.length) return listeners;
  }
  return undefined;
}

type Launch = {
  readonly command: string;
  readonly args: readonly string[];
  /** The first is the server's own `url`. */
  readonly roles: readonly string[];
  readonly leash: boolean;
};

/** Starts a server and resolves when it listens; rejects with the end of its stderr if it fails. */
async function launch({ command, args, roles, leash }: Launch): Promise<Server> {
  const log = join(tempFolder(), "output");
  // A file, as an operator would have it: a pipe would have the bench read every line.
  const output = openSync(log, "a");
  const child = start(command, args, { leash, stdio: ["ignore", output, output, "pipe"] });
  closeSync(output);
  const failed = once(child, "exit").then(() => undefined);
  const late = AbortSignal.timeout(READY_MAX_MS);
  const timeout = once(late, "abort").then(() => undefined);
  const found = await Promise.race([
    listenersOf(child.stdio[3] as Readable, roles),
    failed,
    timeout,
  ]);
  const [first] = found ?? [];
  if (found === undefined || first === undefined || child.pid === undefined) {
    await stop(child);
    const tail = readFileSync(log, "utf8").slice(-STDERR_QUOTED_BYTES).trim();
    throw new Error(`${command} did not get ready${tail === "" ? "" : `:\n${tail}`}`);
  }
  return {
    pid: child.pid,
    host: first.host,
    port: first.port,
    url: addressOf(first),
    urls: Object.fromEntries(found.map((listen) => [listen.role, addressOf(listen)])),
    stop: () => stop(child),
  };
}

function addressOf({ host, port }: Listen): string {
  return `http://${host}:${port}`;
}

/** The raw `node:http` server, on the Node.js that runs this; answers with so many bytes. */
export function startRaw(bodyBytes?: number): Promise<Server> {
  const script = join(import.meta.dirname, "raw-server.ts");
  const args = [script, ...(bodyBytes === undefined ? [] : [String(bodyBytes)])];
  return launch({ command: process.execPath, args, roles: ["raw"], leash: true });
}

export type ProductOptions = {
  readonly args?: readonly string[];
  /** Default: a new empty one. */
  readonly dataFolder?: string;
  /** True when the time from spawn to ready is the measurement. */
  readonly timed?: boolean;
  /** Listeners to wait for; default: the API's. */
  readonly roles?: readonly string[];
};

/** The built program with default settings, on a free port, with a data folder of its own. */
export async function startProduct(options: ProductOptions = {}): Promise<Server> {
  const { args = [], dataFolder = tempFolder(), timed = false } = options;
  const { roles = ["controller"] } = options;
  const standard = ["standalone", "--port", "0", "--ready-fd", "3", "--data-dir", dataFolder];
  return await launch({
    command: join(ROOT, "bin", "meringue"),
    args: [...standard, ...args],
    roles,
    leash: !timed,
  });
}

const GATEWAY_PORTS = ["", "tls-", "admin-", "control-", "prometheus-"];

/** As `startProduct`; `url` is the gateway's, `urls` has its Admin API as "gateway-admin". */
export function startGateway(dataFolder: string = tempFolder()): Promise<Server> {
  const ports = GATEWAY_PORTS.flatMap((name) => [`--gateway-${name}port`, "0"]);
  const args = [...ports, "--gateway-conf-file", join(dataFolder, "conf", "config.yaml")];
  return startProduct({ args, dataFolder, roles: ["gateway", "gateway-admin"] });
}
