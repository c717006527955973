/** Traffic over nodes that fail in every way, for as long as asked; what is left of it after. */
import { readdirSync, readFileSync } from "node:fs";
import { Agent, request as open } from "node:http";
import { request } from "./http.ts";
import { type TestPlatform, urlOf } from "./platform.ts";
import { startRawNode } from "./raw-node.ts";
import { waitFor } from "./wait-for.ts";

const KEY = "edd1c9f034335f136f87ad84b625c8f1";
const WORKERS = 16;

export type Soaked = {
  /** How often each path was answered with each status; 0: the connection broke off. */
  readonly statuses: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly requests: number;
  /** Resident MiB of the program, ten times over the run. */
  readonly residentMiB: readonly number[];
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
  "/large": [`HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n${"x".repeat(300_000)}`, ""],
};
const PATHS = [...Object.keys(BEHAVIOUR), "/refused", "/none"];
/** Idle connections to nodes go away soon after the load. */
const POOL = { size: 320, idle_timeout: 1, requests: 1000 };

/** `platform` was started with its gateway, and serves nothing else meanwhile. */
export async function soak(platform: TestPlatform, seconds: number): Promise<Soaked> {
  await using node = await startRawNode((socket, all) => {
    const at = all.lastIndexOf(" HTTP/1.1\r\n");
    const path = all.slice(all.lastIndexOf(" ", at - 1) + 1, at);
    if (!all.endsWith("\r\n\r\n")) return;
    const [bytes, ends] = BEHAVIOUR[path] ?? [OK, ""];
    socket.write(bytes, "latin1");
    if (ends === "reset") socket.resetAndDestroy();
    if (ends === "end") socket.end();
  });
  const upstream = { nodes: { [node.address]: 1 }, keepalive_pool: POOL };
  const hasty = { ...upstream, timeout: { connect: 10, send: 10, read: 0.1 } };
  await put(platform, "nodes", { uris: Object.keys(BEHAVIOUR), upstream });
  await put(platform, "slow", { uri: "/slow", priority: 1, upstream: hasty });
  const nobody = { nodes: { "127.0.0.1:1": 1 } };
  await put(platform, "refused", { uri: "/refused", upstream: nobody });
  const url = urlOf(platform, "gateway");
  await waitFor("the routes", async () => (await request(url, { path: "/good" })).status === 200);
  const before = descriptors(platform.pid);
  const statuses = new Map<string, Map<number, number>>();
  const residentMiB: number[] = [];
  const begin = performance.now();
  const agent = new Agent({ keepAlive: true, maxSockets: WORKERS });
  let requests = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const elapsed = (performance.now() - begin) / 1000;
      if (elapsed >= seconds) return;
      if (elapsed >= (residentMiB.length * seconds) / 10) residentMiB.push(resident(platform.pid));
      const path = PATHS[requests++ % PATHS.length] ?? "";
      const status = await ask(agent, url + path);
      const counts = statuses.get(path) ?? new Map<number, number>();
      statuses.set(path, counts.set(status, (counts.get(status) ?? 0) + 1));
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  agent.destroy();
  await waitFor("no connection to the node", () => node.open() === 0);
  await waitFor("no more descriptors than before", () => descriptors(platform.pid) <= before);
  const after = descriptors(platform.pid);
  return { statuses, requests, residentMiB, open: { before, after } };
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

async function put(platform: TestPlatform, id: string, value: object): Promise<void> {
  const { status, text } = await request(urlOf(platform, "gateway-admin"), {
    method: "PUT",
    path: `/apisix/admin/routes/${id}`,
    headers: { "x-api-key": KEY },
    body: JSON.stringify(value),
  });
  if (status > 201) throw new Error(`PUT of ${id} answered ${status}: ${text}`);
}

function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function resident(pid: number): number {
  const [, pages = "0"] = readFileSync(`/proc/${pid}/statm`, "utf8").split(" ");
  return (Number(pages) * 4096) / 1024 / 1024;
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
