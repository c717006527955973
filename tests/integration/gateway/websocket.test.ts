import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { startGateway, startUpstream, type TestGateway } from "../../helpers/gateway.ts";
import { waitFor } from "../../helpers/wait-for.ts";

let gateway: TestGateway;
let server: WebSocketServer;
let nodes: Record<string, number>;

beforeAll(async () => {
  gateway = await startGateway();
  server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  server.on("connection", (socket, request) => {
    socket.send(`${request.url} ${request.headers["x-real-ip"]}`);
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  nodes = { [`127.0.0.1:${(server.address() as AddressInfo).port}`]: 1 };
});

afterAll(async () => {
  server.close();
  for (const client of server.clients) client.terminate();
  await gateway[Symbol.asyncDispose]();
});

function open(path: string): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${gateway.port}${path}`);
}

async function refusal(path: string): Promise<number> {
  const socket = open(path);
  socket.on("error", () => undefined);
  const [, response] = (await once(socket, "unexpected-response")) as [
    unknown,
    { statusCode: number },
  ];
  socket.terminate();
  return response.statusCode;
}

describe("WebSocket", () => {
  test("frames go both ways, large ones too", async () => {
    await gateway.put("/routes/w", { uri: "/ws", enable_websocket: true, upstream: { nodes } });
    const socket = open("/ws?room=1");
    const [first] = (await once(socket, "message")) as [Buffer];
    expect(first.toString()).toBe("/ws?room=1 127.0.0.1");
    const large = Buffer.alloc(4 * 1024 * 1024, 7);
    socket.send(large);
    const [echoed] = (await once(socket, "message")) as [Buffer];
    expect(echoed.equals(large)).toBe(true);
    socket.close();
    await once(socket, "close");
    await waitFor("the end at the node", () => server.clients.size === 0);
  });

  test("a node that ends ends the client's connection", async () => {
    await gateway.put("/routes/w", { uri: "/ws", enable_websocket: true, upstream: { nodes } });
    const socket = open("/ws");
    await once(socket, "message");
    for (const client of server.clients) client.terminate();
    await once(socket, "close");
  });

  test("nothing is heard for the read timeout: the end", async () => {
    await gateway.put("/routes/w", {
      uri: "/ws",
      enable_websocket: true,
      timeout: { connect: 1, send: 1, read: 0.1 },
      upstream: { nodes },
    });
    const socket = open("/ws");
    await once(socket, "close");
  });

  test("the service can enable it", async () => {
    await gateway.put("/services/w", { enable_websocket: true, upstream: { nodes } });
    await gateway.put("/routes/ws", { uri: "/by-service", service_id: "w" });
    const socket = open("/by-service");
    await once(socket, "message");
    socket.terminate();
  });

  test("a route that does not allow it answers as to any request", async () => {
    await using upstream = await startUpstream();
    await gateway.put("/routes/n", { uri: "/no", upstream: upstream.upstream });
    expect(await refusal("/no")).toBe(200);
    expect(upstream.last().headers["upgrade"]).toBeUndefined();
    expect(await refusal("/unknown")).toBe(404);
  });

  test("what the node answers instead goes to the client", async () => {
    await using upstream = await startUpstream((_, response) => {
      response.writeHead(403).end("no");
    });
    const { upstream: conf } = upstream;
    await gateway.put("/routes/f", { uri: "/forbidden", enable_websocket: true, upstream: conf });
    expect(await refusal("/forbidden")).toBe(403);
  });
});
