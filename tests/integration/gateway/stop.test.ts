/** A listener that closes: tunnels end at once and in order, requests are answered. */
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type ProxyListener, startProxyListener } from "../../../src/gateway/listener.ts";
import { startGateway, startUpstream, type TestGateway } from "../../helpers/gateway.ts";
import { request } from "../../helpers/http.ts";
import { startPlatform, urlOf } from "../../helpers/platform.ts";
import { startRawNode } from "../../helpers/raw-node.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const GRACE_MS = 30_000;

let gateway: TestGateway;
let listener: ProxyListener;
let server: WebSocketServer;
/** Close codes that the node was told. */
let codes: number[];

beforeEach(async () => {
  gateway = await startGateway();
  listener = await startProxyListener({ gateway: gateway.gateway, host: "127.0.0.1", port: 0 });
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  codes = [];
  server.on("connection", (socket) => {
    socket.on("close", (code) => codes.push(code));
    socket.on("message", (data) => socket.send(data));
  });
  const nodes = { [`127.0.0.1:${(server.address() as AddressInfo).port}`]: 1 };
  await gateway.put("/routes/w", { uri: "/ws", enable_websocket: true, upstream: { nodes } });
});

afterEach(async () => {
  for (const client of server.clients) client.terminate();
  server.close();
  await listener.close();
  await gateway[Symbol.asyncDispose]();
});

/** How long it took, milliseconds. */
async function close(): Promise<number> {
  const begun = performance.now();
  await listener.close(GRACE_MS);
  return performance.now() - begun;
}

test("idle tunnels are told that the server goes away", async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${listener.port}/ws`);
  await once(socket, "open");
  socket.send("x");
  await once(socket, "message");
  const told = once(socket, "close");
  expect(await close()).toBeLessThan(1900);
  expect((await told)[0]).toBe(1001);
  await waitFor("the end at the node", () => codes.length > 0);
  expect(codes).toEqual([1001]);
});

test("requests are still answered", async () => {
  const answer = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await using slow = await startUpstream((_, response) => {
    asked.resolve();
    void answer.promise.then(() => response.end("slow"));
  });
  await gateway.put("/routes/s", { uri: "/slow", upstream: slow.upstream });
  const socket = new WebSocket(`ws://127.0.0.1:${listener.port}/ws`);
  await once(socket, "open");
  const got = request(`http://127.0.0.1:${listener.port}`, { path: "/slow" });
  await asked.promise;
  const closed = close();
  await once(socket, "close");
  answer.resolve();
  expect((await got).text).toBe("slow");
  expect(await closed).toBeLessThan(GRACE_MS / 2);
});

test("a program with an open WebSocket stops when it is told to", async () => {
  await using platform = await startPlatform({ gateway: true });
  const upstream = { nodes: { [`127.0.0.1:${(server.address() as AddressInfo).port}`]: 1 } };
  const put = await request(urlOf(platform, "gateway-admin"), {
    method: "PUT",
    path: "/apisix/admin/routes/w",
    headers: { "x-api-key": "edd1c9f034335f136f87ad84b625c8f1" },
    body: JSON.stringify({ uri: "/ws", enable_websocket: true, upstream }),
  });
  expect(put.status).toBe(201);
  const { port } = new URL(urlOf(platform, "gateway"));
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  await once(socket, "open");
  const told = once(socket, "close");
  // After twenty seconds it would be killed.
  expect(await platform.stop()).toEqual({ code: 0, signal: null });
  expect((await told)[0]).toBe(1001);
});

const SWITCH =
  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
const UPGRADE =
  "GET /raw HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** A tunnel to a node that writes bytes: its two ends, and what the client has got. */
async function rawTunnel(first: string) {
  const sockets: Socket[] = [];
  const node = await startRawNode((socket, all) => {
    if (!all.endsWith("\r\n\r\n")) return;
    sockets.push(socket);
    socket.write(SWITCH + first, "latin1");
  });
  await gateway.put("/routes/raw", {
    uri: "/raw",
    enable_websocket: true,
    upstream: { nodes: { [node.address]: 1 } },
  });
  const client = connect(listener.port, "127.0.0.1");
  const got = { text: "" };
  const begun = Promise.withResolvers<void>();
  client.on("error", () => undefined);
  client.setEncoding("latin1").on("data", (piece: string) => {
    got.text += piece;
    if (got.text.endsWith(first)) begun.resolve();
  });
  client.write(UPGRADE);
  await begun.promise;
  return { node, client, got, server: sockets[0] as Socket };
}

test("the end of what a node sent last is not cut off", async () => {
  const large = Buffer.alloc(8 * 1024 * 1024, 7);
  server.on("connection", (socket) => {
    socket.send(large);
    socket.close(4000);
  });
  const socket = new WebSocket(`ws://127.0.0.1:${listener.port}/ws`);
  socket.pause();
  const received = once(socket, "message");
  const closed = once(socket, "close");
  await waitFor("the node to be done", () => server.clients.size === 1);
  socket.resume();
  expect(((await received)[0] as Buffer).length).toBe(large.length);
  expect((await closed)[0]).toBe(4000);
});

test("a frame that is under way is passed on whole before", async () => {
  const { node, client, got, server: end } = await rawTunnel("\x82\x7e\x01\x2cabc");
  const closed = close();
  const over = once(client, "close");
  end.write("d".repeat(297), "latin1");
  await over;
  expect(got.text.endsWith(`abc${"d".repeat(297)}\x88\x02\x03\xe9`)).toBe(true);
  expect(await closed).toBeLessThan(1900);
  await node[Symbol.asyncDispose]();
});

test("one that never ends is waited for two seconds", async () => {
  const { node, client } = await rawTunnel("\x82\x7e\x01\x2cabc");
  const tookMs = await close();
  expect(tookMs).toBeGreaterThan(1900);
  expect(tookMs).toBeLessThan(5000);
  client.destroy();
  await node[Symbol.asyncDispose]();
});
