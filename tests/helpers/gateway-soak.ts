/** Traffic over nodes that fail in every way, for as long as asked; what is left of it after. */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { Agent, request as open } from "node:http";
import { generate } from "selfsigned";
import type { HeapProbe } from "./heap-probe.ts";
import { request } from "./http.ts";
import { type TestPlatform, urlOf } from "./platform.ts";
import { startRawNode } from "./raw-node.ts";
import { type Faults, faultsOf, POOL, SERVER_NAME } from "./soak-faults.ts";
import { waitFor } from "./wait-for.ts";

const KEY = "edd1c9f034335f136f87ad84b625c8f1";
const WORKERS = 16;

export type SoakOptions = {
  readonly seconds: number;
  /** With it the program's memory is looked at after each round. */
  readonly probe?: HeapProbe;
  readonly rounds?: number;
};

/** After a round, when the connections to nodes are closed. */
export type Mark = { readonly requests: number; readonly heapBytes: number };

export type Soaked = {
  /** How often each path was answered with each status; 0: the connection broke off. */
  readonly statuses: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly requests: number;
  /** Clients that left before the end of their answer; changes of the configuration. */
  readonly left: number;
  readonly changed: number;
  /** One for each round, where there is a probe. */
  readonly marks: readonly Mark[];
  /** Descriptors of the program before and after. */
  readonly open: { readonly before: number; readonly after: number };
};

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/** What a node does for each path. */
const BEHAVIOUR: Readonly<Record<string, readonly [bytes: string, ends: "" | "end" | "reset"]>> = {
  "/good": [OK, ""],
  "/closing": ["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", "end"],
  "/old": ["HTTP/1.0 200 OK\r\n\r\nhello", "end"],
  "/reset": ["", "reset"],
  "/cut": ["HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", "reset"],
  "/short": ["HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", "end"],
  "/long": [`${OK} and more`, ""],
  "/slow": ["", ""],
  "/nonsense": ["nonsense\r\n\r\n", ""],
  "/half": [`HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n${"x".repeat(100_000)}`, ""],
  "/silent": ["", ""],
  "/large": [`HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n${"x".repeat(300_000)}`, ""],
};
/** For clients that do not wait for the end. */
const ENDLESS = new Set(["/half", "/silent"]);
const ANSWERED = Object.keys(BEHAVIOUR).filter((path) => !ENDLESS.has(path));
const PATHS = [...ANSWERED, "/refused", "/none"];

/** `platform` was started with its gateway, and serves nothing else meanwhile. */
export async function soak(platform: TestPlatform, options: SoakOptions): Promise<Soaked> {
  const { seconds, probe, rounds = 1 } = options;
  await using node = await startRawNode((socket, all) => {
    const at = all.lastIndexOf(" HTTP/1.1\r\n");
    const path = all.slice(all.lastIndexOf(" ", at - 1) + 1, at);
    if (!/\r\n\r\n(abc)?$/.test(all.slice(-7))) return;
    const key = /^Sec-WebSocket-Key: (.*)\r$/im.exec(all)?.[1];
    const [bytes, ends] = key === undefined ? (BEHAVIOUR[path] ?? [OK, ""]) : [upgrade(key), ""];
    socket.write(bytes, "latin1");
    if (ends === "reset") socket.resetAndDestroy();
    if (ends === "end") socket.end();
  });
  await configure(platform, node.address);
  const url = urlOf(platform, "gateway");
  // The last of them: what was written before is known before.
  await waitFor(
    "the routes",
    async () => (await request(url, { path: "/refused" })).status === 502,
  );
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS });
  const before = descriptors(platform.pid);
  const counts = { requests: 0, left: 0, changed: 0 };
  const statuses = new Map<string, Map<number, number>>();
  const marks: Mark[] = [];
  {
    using faults = faultsOf({
      url,
      tlsUrl: urlOf(platform, "gateway-tls").replace("http:", "https:"),
      node: node.address,
      put: (path, value) => put(platform, path, value),
      delete: (path) => remove(platform, path),
      ask: (path) => ask(agent, url + path),
    });
    for (let round = 0; round < rounds; round++) {
      const end = performance.now() + (seconds * 1000) / rounds;
      await runRound({ end, counts, statuses, faults, ask: (path) => ask(agent, url + path) });
      if (probe === undefined) continue;
      await waitFor("no connection to the node", () => node.open() === 0);
      marks.push({ requests: counts.requests, heapBytes: await probe.used() });
    }
  }
  agent.destroy();
  await waitFor("no connection to the node", () => node.open() === 0);
  await waitFor("no more descriptors than before", () => descriptors(platform.pid) <= before);
  const after = descriptors(platform.pid);
  return { statuses, ...counts, marks, open: { before, after } };
}

async function configure(platform: TestPlatform, address: string): Promise<void> {
  const upstream = { nodes: { [address]: 1 }, keepalive_pool: POOL };
  const hasty = { ...upstream, timeout: { connect: 10, send: 10, read: 0.1 } };
  await put(platform, "routes/nodes", { uris: Object.keys(BEHAVIOUR), upstream });
  await put(platform, "routes/slow", { uri: "/slow", priority: 1, upstream: hasty });
  await put(platform, "routes/tunnel", { uri: "/tunnel", enable_websocket: true, upstream });
  const nobody = { nodes: { "127.0.0.1:1": 1 } };
  await put(platform, "routes/refused", { uri: "/refused", upstream: nobody });
  const made = await generate([{ name: "commonName", value: SERVER_NAME }], {
    algorithm: "sha256",
  });
  await put(platform, "ssls/soak", { cert: made.cert, key: made.private, sni: SERVER_NAME });
}

type Round = {
  /** performance.now() */
  readonly end: number;
  readonly counts: { requests: number; left: number; changed: number };
  readonly statuses: Map<string, Map<number, number>>;
  readonly faults: Faults;
  readonly ask: (path: string) => Promise<number>;
};

async function runRound({ end, counts, statuses, faults, ask }: Round): Promise<void> {
  const isOver = (): boolean => performance.now() >= end;
  const worker = async (): Promise<void> => {
    while (!isOver()) {
      const path = PATHS[counts.requests++ % PATHS.length] ?? "";
      const status = await ask(path);
      const seen = statuses.get(path) ?? new Map<number, number>();
      statuses.set(path, seen.set(status, (seen.get(status) ?? 0) + 1));
    }
  };
  const leaver = async (): Promise<void> => {
    while (!isOver()) {
      await faults.leave();
      counts.left++;
    }
  };
  const changer = async (): Promise<void> => {
    while (!isOver()) {
      await faults.change();
      counts.changed++;
    }
  };
  await Promise.all([...Array.from({ length: WORKERS }, worker), leaver(), changer()]);
}

function upgrade(key: string): string {
  const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  return (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${accept.digest("base64")}\r\n\r\n`
  );
}

/**
 * Bytes that the program keeps for good of each thousand requests: the median of what lies between
 * any two marks. The first third is left out: caches and compiled code were still growing.
 */
export function keptPerThousand(marks: readonly Mark[]): number {
  const settled = marks.slice(Math.floor(marks.length / 3));
  const slopes = settled.flatMap((late, at) =>
    settled
      .slice(0, at)
      .map((early) => (late.heapBytes - early.heapBytes) / (late.requests - early.requests)),
  );
  slopes.sort((a, b) => a - b);
  return (slopes[Math.floor(slopes.length / 2)] ?? 0) * 1000;
}

/** The status of the answer; 0 when it broke off. */
function ask(agent: Agent, url: string): Promise<number> {
  return new Promise((resolve) => {
    open(url, { agent }, (response) => {
      response.on("error", () => undefined);
      response.on("close", () => resolve(response.complete ? (response.statusCode ?? 0) : 0));
      response.resume();
    })
      .on("error", () => resolve(0))
      .end();
  });
}

async function put(platform: TestPlatform, path: string, value: object): Promise<void> {
  const { status, text } = await admin(platform, "PUT", path, JSON.stringify(value));
  if (status > 201) throw new Error(`PUT of ${path} answered ${status}: ${text}`);
}

async function remove(platform: TestPlatform, path: string): Promise<void> {
  const { status, text } = await admin(platform, "DELETE", path);
  if (status !== 200) throw new Error(`DELETE of ${path} answered ${status}: ${text}`);
}

function admin(platform: TestPlatform, method: string, path: string, body?: string) {
  return request(urlOf(platform, "gateway-admin"), {
    method,
    path: `/apisix/admin/${path}`,
    headers: { "x-api-key": KEY },
    ...(body === undefined ? {} : { body }),
  });
}

function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** What each path of the soak must have been answered with, always. */
export const EXPECTED: Readonly<Record<string, number>> = {
  "/good": 200,
  "/closing": 200,
  "/old": 200,
  "/reset": 502,
  "/cut": 0,
  "/short": 0,
  "/long": 200,
  "/slow": 504,
  "/nonsense": 502,
  "/large": 200,
  "/refused": 502,
  "/none": 404,
};
