/** What goes wrong beside the requests of a soak: clients that leave, configurations that change. */
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { WebSocket } from "ws";

export type FaultTargets = {
  /** "http://127.0.0.1:PORT" of the gateway */
  readonly url: string;
  /** of its TLS port, with a certificate for `SERVER_NAME` */
  readonly tlsUrl: string;
  /** "127.0.0.1:PORT" of a node that answers "/half" with half an answer and "/silent" with none. */
  readonly node: string;
  put(path: string, value: object): Promise<void>;
  delete(path: string): Promise<void>;
  /** A whole request through the gateway. */
  ask(path: string): Promise<unknown>;
};

/** Idle connections to the node go away soon. */
export const POOL = { size: 320, idle_timeout: 1, requests: 1000 };

export const SERVER_NAME = "soak.example";

export type Faults = Disposable & {
  /** One after the other, each kind in its turn; resolves when the client has left. */
  leave(): Promise<void>;
  change(): Promise<void>;
};

export function faultsOf(targets: FaultTargets): Faults {
  const session = connectHttp2(targets.tlsUrl, {
    servername: SERVER_NAME,
    rejectUnauthorized: false,
  }).on("error", () => undefined);
  const port = Number(new URL(targets.url).port);
  const leavers = [
    () => leaveRaw(port, "GET /silent HTTP/1.1\r\nHost: x\r\n\r\n", "when sent"),
    () => leaveRaw(port, "GET /half HTTP/1.1\r\nHost: x\r\n\r\n", "within the answer"),
    () =>
      leaveRaw(port, "POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", "when sent"),
    () => leaveStream(session, "/half"),
    () => leaveStream(session, "/silent"),
    () => leaveTunnel(port),
  ];
  const changes = [splitAnew, checkAnew, consumeAnew];
  let left = 0;
  let changed = 0;
  return {
    leave: async () => leavers[left++ % leavers.length]?.(),
    change: async () => changes[changed++ % changes.length]?.(targets, changed),
    [Symbol.dispose]: () => session.destroy(),
  };
}

async function leaveRaw(
  port: number,
  bytes: string,
  when: "when sent" | "within the answer",
): Promise<void> {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  socket.write(bytes);
  if (when === "within the answer") await once(socket, "data");
  else await once(socket, "connect");
  socket.destroy();
  await once(socket, "close");
}

function leaveStream(session: ClientHttp2Session, path: string): Promise<void> {
  const stream = session.request({ ":path": path, ":authority": SERVER_NAME });
  stream.on("error", () => undefined);
  if (path === "/half") stream.once("data", () => stream.close(8));
  else setImmediate(() => stream.close(8));
  return new Promise((resolve) => stream.once("close", () => resolve()));
}

async function leaveTunnel(port: number): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/tunnel`).on("error", () => undefined);
  await once(socket, "open");
  socket.terminate();
  await once(socket, "close");
}

/** An upstream in a plugin's configuration, with connections of its own. */
async function splitAnew({ put, ask, node }: FaultTargets, count: number): Promise<void> {
  const upstream = { type: "roundrobin", nodes: { [node]: 1 }, keepalive_pool: POOL };
  const pool = { ...POOL, size: 10 + count };
  const weighted_upstreams = [{ weight: 1, upstream: { ...upstream, keepalive_pool: pool } }];
  const plugins = { "traffic-split": { rules: [{ weighted_upstreams }] } };
  await put("routes/split", { uri: "/split", priority: 1, plugins, upstream });
  await ask("/split");
}

/** Checks of an upstream that goes away, and with it its route. */
async function checkAnew(targets: FaultTargets, count: number): Promise<void> {
  const quiet = { interval: 1 };
  const active = { type: "tcp", timeout: 1 + (count % 5), healthy: quiet, unhealthy: quiet };
  const nodes = { [targets.node]: 1 };
  await targets.put("upstreams/checked", { nodes, keepalive_pool: POOL, checks: { active } });
  const path = `/checked-${count % 100}`;
  await targets.put("routes/checked", { uri: path, priority: 1, upstream_id: "checked" });
  await targets.ask(path);
  await targets.delete("routes/checked");
  await targets.delete("upstreams/checked");
}

async function consumeAnew({ put, delete: remove, ask, node }: FaultTargets, count: number) {
  const plugins = { "key-auth": { key: `key-${count}` } };
  await put(`consumers/jack${count}`, { username: `jack${count}`, plugins });
  const upstream = { nodes: { [node]: 1 }, keepalive_pool: POOL };
  await put("routes/key", { uri: "/key", priority: 1, plugins: { "key-auth": {} }, upstream });
  await ask("/key");
  await remove(`consumers/jack${count}`);
}
