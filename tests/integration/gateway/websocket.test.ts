import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { Plugin } from "../../../src/gateway/plugin.ts";
import type { RequestContext } from "../../../src/gateway/request-context.ts";
import { startGateway, startUpstream, type TestGateway } from "../../helpers/gateway.ts";
import { startRawNode } from "../../helpers/raw-node.ts";
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

/** `note`, with these phases. */
function plugin(
  log: (ctx: RequestContext) => void,
  headerFilter: () => void = () => undefined,
): Plugin {
  return {
    name: "note",
    version: 0.1,
    priority: 1,
    schema: { type: "object" },
    create: () => ({ headerFilter, log: (_, ctx) => log(ctx) }),
  };
}

/** A route of WebSockets to these nodes. */
const toNodes = (nodes: Record<string, number>) => ({
  uri: "/ws",
  enable_websocket: true,
  upstream: { nodes },
});

/** A gateway of its own whose route has the plugin, and a client that opens it. */
async function startNoting(note: Plugin): Promise<{ noting: TestGateway; socket: WebSocket }> {
  const noting = await startGateway({ plugins: [note] });
  await noting.put("/routes/w", { ...toNodes(nodes), plugins: { note: {} } });
  const socket = new WebSocket(`ws://127.0.0.1:${noting.port}/ws`);
  socket.on("error", () => undefined);
  return { noting, socket };
}

/** The head of a request to upgrade. */
const upgrade = (path: string, fields = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${fields}\r\n`;

/** A bare connection on which the bytes have been sent. */
function connectWith(bytes: string): Socket {
  const socket = connect(gateway.port, "127.0.0.1").on("error", () => undefined);
  socket.write(bytes);
  return socket;
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
    await gateway.put("/routes/w", toNodes(nodes));
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
    await gateway.put("/routes/w", toNodes(nodes));
    const socket = open("/ws");
    await once(socket, "message");
    for (const client of server.clients) client.terminate();
    await once(socket, "close");
  });

  test("nothing is heard for the read timeout: the end", async () => {
    await gateway.put("/routes/w", {
      uri: "/ws",
      enable_websocket: true,
      timeout: { connect: 60, send: 60, read: 1.5 },
      upstream: { nodes },
    });
    const socket = open("/ws");
    await once(socket, "close");
  });

  test.each(["client", "node"])("the log knows what has come when the %s ends it", async (side) => {
    const lines: unknown[][] = [];
    const note = plugin((ctx) => {
      lines.push([ctx.var("body_bytes_sent"), ctx.var("upstream_response_time")]);
    });
    const { noting, socket } = await startNoting(note);
    await using _ = noting;
    const [first] = (await once(socket, "message")) as [Buffer];
    if (side === "client") socket.terminate();
    else for (const client of server.clients) client.terminate();
    await waitFor("the line", () => lines.length === 1);
    // A frame's own head is two bytes.
    expect(lines[0]?.[0]).toBe(2 + first.length);
    expect(String(lines[0]?.[1])).toMatch(/^\d+\.\d+$/);
  });

  test("a header filter that fails lets the node go", async () => {
    const failing = plugin(
      () => undefined,
      () => {
        throw new Error("the filter fails");
      },
    );
    const opened = once(server, "connection");
    const { noting, socket } = await startNoting(failing);
    await using _ = noting;
    await new Promise((resolve) => socket.once("close", resolve));
    await opened;
    await waitFor("the end at the node", () => server.clients.size === 0);
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

/** All that comes back until the text is in it, or the connection ends. */
async function sendRaw(bytes: string, until: string): Promise<string> {
  const socket = connect(gateway.port, "127.0.0.1");
  let text = "";
  let isOver = false;
  socket
    .on("error", () => undefined)
    .on("close", () => {
      isOver = true;
    });
  socket.on("data", (piece) => {
    text += piece.toString("latin1");
  });
  socket.write(bytes);
  await waitFor("the answers", () => isOver || text.includes(until));
  socket.destroy();
  return text;
}

describe("requests to upgrade in odd places", () => {
  test("with a body that has not come yet", async () => {
    const text = await sendRaw(upgrade("/ws", "Content-Length: 5\r\n"), "</html>");
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("with a body that has come", async () => {
    const text = await sendRaw(`${upgrade("/ws", "Content-Length: 5\r\n")}12345`, "</html>");
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("behind a request that is being answered: it waits for its turn", async () => {
    await gateway.put("/routes/w", toNodes(nodes));
    const delay = {
      "fault-injection": { delay: { duration: 0.2 } },
      mocking: { response_example: "slow" },
    };
    await gateway.put("/routes/slow", { uri: "/slow", plugins: delay });
    const text = await sendRaw(`GET /slow HTTP/1.1\r\nHost: x\r\n\r\n${upgrade("/ws")}`, "/ws 127");
    expect(text.indexOf("slow")).toBeGreaterThan(0);
    expect(text.indexOf("HTTP/1.1 101")).toBeGreaterThan(text.indexOf("slow"));
  });

  test("behind a request that is being answered, with a body: only that one is answered", async () => {
    const first = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
    const text = await sendRaw(`${first}${upgrade("/ws", "Content-Length: 5\r\n")}`, "</html>");
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(text).not.toContain("400");
  });

  test("behind a head that was refused: it is not looked at", async () => {
    const refused = "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
    const text = await sendRaw(`${refused}${upgrade("/ws")}`, "HTTP/1.1 101");
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).not.toContain("101");
  });
});

test.each(["ends", "breaks off"])(
  "a client that %s before the switch lets the node go",
  async (how) => {
    await using node = await startRawNode(() => undefined);
    await gateway.put("/routes/w", toNodes({ [node.address]: 1 }));
    const socket = connectWith(upgrade("/ws"));
    await waitFor("the request at the node", () => node.received[0]?.endsWith("\r\n\r\n") === true);
    if (how === "ends") socket.end();
    else socket.resetAndDestroy();
    await waitFor("the end at the node", () => node.open() === 0);
    socket.destroy();
  },
);

test("what a client has sent ahead of the switch comes to the node", async () => {
  const asked = Promise.withResolvers<Socket>();
  await using node = await startRawNode((peer) => asked.resolve(peer));
  await gateway.put("/routes/w", toNodes({ [node.address]: 1 }));
  const socket = connectWith(`${upgrade("/ws")}ahead,`);
  const peer = await asked.promise;
  socket.write("later");
  peer.write(
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  );
  await waitFor("both pieces", () => node.received[0]?.endsWith("ahead,later") === true);
  socket.destroy();
  await waitFor("the end at the node", () => node.open() === 0);
});

test("a client whose upgrade was not taken up leaves no connection behind", async () => {
  await waitFor("the end of earlier connections", () => gateway.connections() === 0);
  const socket = connectWith(`${upgrade("/nowhere")}and more`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 404 /);
  socket.destroy();
  await waitFor("the end of the connection", () => gateway.connections() === 0);
});
