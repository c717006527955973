/** Trailers, interim answers, answers before their time, connections that close meanwhile. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/documents.ts";
import { startGateway, type TestGateway } from "../../helpers/gateway.ts";
import { type RawNode, splitRequest, startRawNode } from "../../helpers/raw-node.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const MIB = 1024 * 1024;

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await startGateway();
});
afterEach(() => gateway[Symbol.asyncDispose]());

async function route(
  node: RawNode,
  more: JsonObject = {},
  plugins: JsonObject = {},
): Promise<void> {
  const upstream = { nodes: { [node.address]: 1 }, retries: 0, ...more };
  await gateway.put("/routes/r", { uri: "/*", plugins, upstream });
}

/** A connection to the gateway, and what has come back over it so far. */
function open(): { readonly socket: Socket; readonly got: () => string } {
  const socket = connect(gateway.port, "127.0.0.1");
  let text = "";
  socket.on("error", () => undefined);
  socket.setEncoding("latin1").on("data", (piece: string) => {
    text += piece;
  });
  return { socket, got: () => text };
}

const statusLines = (text: string): readonly string[] => text.match(/HTTP\/1\.1 \d+/g) ?? [];

/** Answers each whole request on a connection in its turn. */
function answering(...answers: readonly string[]): Promise<RawNode> {
  const seen = new WeakMap<Socket, { at: number; count: number }>();
  return startRawNode((socket, all) => {
    const state = seen.get(socket) ?? { at: 0, count: 0 };
    seen.set(socket, state);
    for (;;) {
      const rest = all.slice(state.at);
      const one = rest === "" ? undefined : splitRequest(rest);
      if (one === undefined) return;
      state.at = all.length - one.rest.length;
      socket.write(answers[state.count++ % answers.length] ?? OK, "latin1");
    }
  });
}

describe("trailers", () => {
  const TRAILED =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n" +
    "2\r\nok\r\n0\r\nX-T: 1\r\nX-U: 2\r\n\r\n";

  test("of an answer stay behind, and the connection serves on", async () => {
    await using node = await answering(TRAILED);
    await route(node);
    for (let time = 0; time < 3; time++) {
      const answer = await gateway.send("/");
      expect([answer.status, answer.text]).toEqual([200, "ok"]);
      expect(answer.headers["x-t"]).toBeUndefined();
    }
    expect(node.received).toHaveLength(1);
  });

  test("of a request stay behind, and what follows them is the next request", async () => {
    await using node = await answering(OK);
    await route(node);
    const { socket, got } = open();
    socket.write(
      "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n" +
        "3\r\nabc\r\n0\r\nX-T: 1\r\nX-Real-IP: 1.2.3.4\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
    );
    await waitFor("two answers", () => got().match(/ok/g)?.length === 2);
    const requests = node.received.map((text) => splitRequest(text));
    expect(requests.map((one) => [one?.body, one?.rest])).toEqual([
      ["abc", ""],
      ["", ""],
    ]);
    expect(node.received.join("")).not.toMatch(/X-T: 1|1\.2\.3\.4|Trailer/);
    socket.destroy();
  });
});

describe("interim answers", () => {
  test("of a node are not the answer, however they are cut", async () => {
    const bytes = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n${OK}`;
    await using node = await startRawNode((socket, all) => {
      if (!all.endsWith("\r\n\r\n")) return;
      socket.setNoDelay();
      for (const letter of bytes) socket.write(letter);
    });
    await route(node);
    const { socket, got } = open();
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await waitFor("the answer", () => got().endsWith("ok"));
    expect(statusLines(got())).toEqual(["HTTP/1.1 200"]);
    expect(got()).not.toContain("Link");
    socket.destroy();
  });

  test("a node that sends nothing else is a node that does not answer", async () => {
    await using node = await startRawNode((socket, all) => {
      if (all.endsWith("\r\n\r\n")) socket.write("HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n");
    });
    await route(node, { timeout: { connect: 1, send: 1, read: 0.2 } });
    expect((await gateway.send("/")).status).toBe(504);
    await waitFor("no connection to the node", () => node.open() === 0);
  });
});

describe("Expect: 100-continue", () => {
  const head = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

  test("the client is told to go on, and the node hears nothing of it", async () => {
    await using node = await answering(OK);
    await route(node);
    const { socket, got } = open();
    socket.write(head);
    await waitFor("the interim answer", () => got() === CONTINUE);
    socket.write("abc");
    await waitFor("the answer", () => got().endsWith("ok"));
    expect(statusLines(got())).toEqual(["HTTP/1.1 100", "HTTP/1.1 200"]);
    expect(splitRequest(node.received[0] ?? "")?.body).toBe("abc");
    expect(node.received[0]?.toLowerCase()).not.toContain("expect");
    socket.destroy();
  });

  test.each([
    ["a key that is missing", { "key-auth": {} }, 401],
    ["a body that is too long", { "client-control": { max_body_size: 2 } }, 413],
    ["an answer of a plugin", { mocking: { response_example: "{}" } }, 200],
  ])("%s ends it before that", async (_, plugins: JsonObject, status) => {
    await using node = await answering(OK);
    await route(node, {}, plugins);
    const { socket, got } = open();
    socket.write(head);
    await once(socket, "close");
    expect(statusLines(got())).toEqual([`HTTP/1.1 ${status}`]);
    // Nobody knows whether a body follows.
    expect(got()).toMatch(/^Connection: close\r$/im);
    expect(node.received).toEqual([]);
  });

  test("a plugin that reads the body tells the client to go on, once", async () => {
    await using node = await answering(OK);
    const schema = { type: "object", required: ["a"] };
    await route(node, {}, { "request-validation": { body_schema: schema } });
    const { socket, got } = open();
    socket.write(head.replace("3\r\n\r\n", "7\r\n\r\n"));
    await waitFor("the interim answer", () => got() === CONTINUE);
    expect(node.received).toEqual([]);
    socket.write('{"a":1}');
    await waitFor("the answer", () => got().endsWith("ok"));
    expect(statusLines(got())).toEqual(["HTTP/1.1 100", "HTTP/1.1 200"]);
    socket.destroy();
  });

  test("a client that does not wait for it is served as any other", async () => {
    await using node = await answering(OK);
    await route(node);
    const { socket, got } = open();
    socket.write(`${head}abcGET /b HTTP/1.1\r\nHost: x\r\n\r\n`);
    await waitFor("both answers", () => statusLines(got()).length === 3);
    expect(statusLines(got())).toEqual(["HTTP/1.1 100", "HTTP/1.1 200", "HTTP/1.1 200"]);
    socket.destroy();
  });
});

const REFUSAL = "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n";

/** Sends until `isEnough`; resolves when nothing more is sent. */
async function upload(socket: Socket, bytes: number, isEnough = () => false): Promise<number> {
  const piece = Buffer.alloc(64 * 1024, "x");
  let sent = 0;
  while (sent < bytes && !isEnough() && !socket.destroyed) {
    sent += piece.length;
    if (!socket.write(piece)) await Promise.race([once(socket, "drain"), once(socket, "close")]);
  }
  return sent;
}

describe("an answer before the end of the request", () => {
  test.each([
    ["and reads on", (_: Socket) => undefined],
    ["and ends", (socket: Socket) => void socket.end()],
    ["and reads no more", (socket: Socket) => void socket.pause()],
  ])("the node answers 413 %s: the client gets that, while it sends", async (_, then) => {
    const atNode: Socket[] = [];
    await using node = await startRawNode((socket, all, piece) => {
      if (all !== piece) return;
      socket.write(`${REFUSAL}Connection: close\r\n\r\nbig`);
      atNode.push(socket);
      then(socket);
    });
    await route(node);
    const { socket, got } = open();
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${64 * MIB}\r\n\r\n`);
    await upload(socket, 2 * MIB, () => got().endsWith("big"));
    await waitFor("the refusal", () => got().endsWith("big"));
    expect(statusLines(got())).toEqual(["HTTP/1.1 413"]);
    socket.destroy();
    // Its end is heard by those who listen.
    for (const one of atNode) one.resume();
    await waitFor("no connection to the node", () => node.open() === 0);
  });

  test("and breaks off: never anything but its answer or a 502, and nothing stays", async () => {
    await using node = await startRawNode((socket, all, piece) => {
      if (all === piece)
        socket.write(`${REFUSAL}Connection: close\r\n\r\nbig`, () => socket.destroy());
    });
    await route(node);
    for (let time = 0; time < 10; time++) {
      const { socket, got } = open();
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${8 * MIB}\r\n\r\n`);
      await upload(socket, 8 * MIB);
      await waitFor("an answer", () => /\r\n\r\n.*(big|html>)\s*$/s.test(got()));
      expect(["HTTP/1.1 413", "HTTP/1.1 502"]).toContain(statusLines(got())[0]);
      expect(statusLines(got())).toHaveLength(1);
      socket.destroy();
    }
    await waitFor("no connection to the node", () => node.open() === 0);
  });

  test("the node is let go, and the client's connection serves the next request", async () => {
    await using node = await startRawNode((socket, all, piece) => {
      if (all === piece) socket.write(OK);
    });
    await route(node);
    const { socket, got } = open();
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${MIB}\r\n\r\n`);
    await waitFor("the early answer", () => got().endsWith("ok"));
    await waitFor("no connection to the node", () => node.open() === 0);
    await upload(socket, MIB);
    socket.write("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    await waitFor("the next answer", () => statusLines(got()).length === 2);
    expect(node.received[1]).toMatch(/^GET \/next /);
    socket.destroy();
  });

  test("a client that leaves then leaves nothing behind", async () => {
    await using node = await startRawNode((socket, all, piece) => {
      if (all === piece) socket.write(OK);
    });
    await route(node);
    const { socket, got } = open();
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
    await waitFor("the early answer", () => got().endsWith("ok"));
    socket.destroy();
    await waitFor("no connection to the node", () => node.open() === 0);
  });

  test("a plugin's refusal goes out while the client sends, and the next request is heard", async () => {
    await using node = await answering(OK);
    await route(node, {}, { "key-auth": {} });
    const { socket, got } = open();
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${4 * MIB}\r\n\r\n`);
    await waitFor("the refusal", () => got().includes("Missing API key"));
    await upload(socket, 4 * MIB);
    socket.write("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    await waitFor("the next", () => statusLines(got()).length === 2);
    expect(node.received).toEqual([]);
    socket.destroy();
  });
});

test("a body that was looked at, and has no taker, does not hold the connection", async () => {
  const logger = { uri: "http://127.0.0.1:1/", include_req_body: true, max_req_body_bytes: 10 };
  const upstream = { nodes: { "127.0.0.1:1": 1 } };
  await gateway.put("/routes/r", { uri: "/*", plugins: { "http-logger": logger }, upstream });
  const { socket, got } = open();
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${MIB}\r\n\r\n`);
  await upload(socket, MIB);
  socket.write("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  await waitFor("both answers", () => statusLines(got()).length === 2);
  expect(statusLines(got())).toEqual(["HTTP/1.1 502", "HTTP/1.1 502"]);
  socket.destroy();
});

describe("a kept connection that the node closes", () => {
  const retried = { retries: 0 };

  /** Answers the first request of each connection; at the second it closes without a word. */
  function closingAtSecond(how: (socket: Socket) => void): Promise<RawNode> {
    return startRawNode((socket, all) => {
      const first = splitRequest(all);
      if (first === undefined) return;
      // The second one is not waited for to its end.
      if (first.rest === "") socket.write(OK);
      else how(socket);
    });
  }

  test("while it is idle: the next request goes over another one", async () => {
    const sockets: Socket[] = [];
    await using node = await startRawNode((socket, all) => {
      if (splitRequest(all) === undefined) return;
      sockets.push(socket);
      socket.write(OK);
    });
    await route(node, retried);
    for (let time = 0; time < 5; time++) {
      const answer = await gateway.send("/", { method: "POST", body: "abc" });
      expect(answer.status).toBe(200);
      sockets.at(-1)?.end();
      await waitFor("no connection", () => node.open() === 0);
    }
    expect(node.received).toHaveLength(5);
  });

  test.each([
    ["ends", (socket: Socket) => void socket.end()],
    ["is reset", (socket: Socket) => void socket.resetAndDestroy()],
  ])("as the request comes (it %s): what can be repeated is", async (_, how) => {
    await using node = await closingAtSecond(how);
    const quiet = { interval: 100 };
    await route(node, {
      ...retried,
      checks: {
        active: { type: "tcp", healthy: quiet, unhealthy: quiet },
        passive: { unhealthy: { tcp_failures: 1 } },
      },
    });
    for (let time = 0; time < 4; time++) {
      const answer = await gateway.send("/");
      expect([answer.status, answer.headers["x-apisix-upstream-status"]]).toEqual([200, undefined]);
    }
    expect(node.received).toHaveLength(4);
    const [checked] = gateway.gateway.health();
    expect(checked?.nodes).toMatchObject([{ status: "healthy", counter: { tcp_failure: 0 } }]);
  });

  test.each([
    ["with a length", "Content-Length: 3\r\n\r\nabc"],
    ["in chunks", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"],
    ["whose end is not there yet", "Content-Length: 6\r\n\r\nabc"],
  ])("as the request comes: a body %s is repeated too", async (_, rest) => {
    await using node = await closingAtSecond((socket) => void socket.resetAndDestroy());
    await route(node);
    for (let time = 0; time < 4; time++) {
      const { socket, got } = open();
      socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      await waitFor("the first answer", () => got().endsWith("ok"));
      const before = node.received.length;
      socket.write(`PUT / HTTP/1.1\r\nHost: x\r\n${rest}`);
      await waitFor("a second connection", () => node.received.length > before);
      if (rest.includes(" 6")) socket.write("def");
      await waitFor("the second answer", () => statusLines(got()).length === 2);
      expect(statusLines(got())[1]).toBe("HTTP/1.1 200");
      const body = rest.includes(" 6") ? "abcdef" : "abc";
      expect(splitRequest(node.received.at(-1) ?? "")?.body).toBe(body);
      socket.destroy();
    }
  });

  test("as the request comes: a long body is not kept for that", async () => {
    await using node = await closingAtSecond((socket) => void socket.resetAndDestroy());
    await route(node);
    expect((await gateway.send("/")).status).toBe(200);
    const { socket, got } = open();
    const length = 256 * 1024;
    socket.write(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`);
    socket.write("x".repeat(length));
    await waitFor("the answer", () => got().includes("</html>"));
    expect(statusLines(got())).toEqual(["HTTP/1.1 502"]);
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await waitFor("the next answer", () => got().endsWith("ok"));
    socket.destroy();
  });

  test("as the request comes: what cannot be repeated is sent once", async () => {
    await using node = await closingAtSecond((socket) => void socket.resetAndDestroy());
    await route(node, retried);
    const post = { method: "POST", body: "abc" } as const;
    const statuses: number[] = [];
    for (let time = 0; time < 4; time++) statuses.push((await gateway.send("/", post)).status);
    expect(statuses).toEqual([200, 502, 200, 502]);
    expect(node.received.join("").match(/POST/g)).toHaveLength(4);
  });

  test("within its answer: that is not repeated", async () => {
    await using node = await closingAtSecond((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", () => socket.destroy());
    });
    await route(node, retried);
    expect((await gateway.send("/")).status).toBe(200);
    const { socket, got } = open();
    const closed = once(socket, "close");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await closed;
    expect(got()).not.toContain("ok");
    expect(node.received).toHaveLength(1);
  });
});
