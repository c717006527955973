/** Nodes that fail in every way a node can: what the client gets, and that nothing stays open. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startGateway, startUpstream, type TestGateway } from "../../helpers/gateway.ts";
import { type RawNode, splitRequest, startRawNode } from "../../helpers/raw-node.ts";
import { waitFor } from "../../helpers/wait-for.ts";

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await startGateway();
});
afterEach(() => gateway[Symbol.asyncDispose]());

/** A node that answers each whole request with these bytes, and then does what is said. */
function answering(bytes: string, after: (socket: Socket) => void = () => undefined) {
  return startRawNode((socket, all) => {
    if (splitRequest(all) === undefined) return;
    socket.write(bytes, "latin1");
    after(socket);
  });
}

async function route(node: RawNode, more: object = {}): Promise<void> {
  const upstream = { nodes: { [node.address]: 1 }, retries: 0, ...more };
  await gateway.put("/routes/r", { uri: "/*", upstream });
}

/** Everything that comes back for a plain GET, until the gateway closes or `until` is seen. */
async function ask(until: RegExp, head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"): Promise<string> {
  const socket = connect(gateway.port, "127.0.0.1");
  let text = "";
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    if (until.test(text)) socket.destroy();
  });
  socket.write(head);
  await closed;
  return text;
}

const never = /^$/;
const idle = (node: RawNode): Promise<unknown> =>
  waitFor("no connection to the node", () => node.open() === 0);

const end = (socket: Socket): void => void socket.end();
const reset = (socket: Socket): void => void socket.resetAndDestroy();

/** Answers that are none: the client gets a 502, the connection to the node is not used again. */
const BROKEN: Readonly<Record<string, readonly [bytes: string, after?: (socket: Socket) => void]>> =
  {
    "nothing at all": ["", end],
    "a reset before an answer": ["", reset],
    "half a head": ["HTTP/1.1 200 OK\r\nContent-Le", end],
    "a reset within the head": ["HTTP/1.1 200 OK\r\nContent-Le", reset],
    "no protocol": ["hello\r\n\r\n"],
    "another version": ["HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    "a status of two digits": ["HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"],
    "a status below 100": ["HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok"],
    "two lengths": ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"],
    "the same length twice": [
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    ],
    "a length and a coding": [
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ],
    "an unknown coding": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
    "a length that is none": ["HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok"],
    "a header without colon": ["HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"],
    "a folded line": ["HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"],
    "a head that is too long": [`HTTP/1.1 200 OK\r\nX: ${"a".repeat(70_000)}\r\n\r\n`],
    "a head that never ends": [`HTTP/1.1 200 OK\r\n${"X: a\r\n".repeat(20_000)}`],
    "a switch of protocols nobody asked for": [
      "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    ],
  };

describe("no answer that could be passed on", () => {
  test.for(Object.entries(BROKEN))("%s", async ([, [bytes, after]]) => {
    await using node = await answering(bytes, after);
    await route(node);
    const answer = await gateway.send("/");
    expect(answer.status).toBe(502);
    expect(answer.headers["x-apisix-upstream-status"]).toBe("502");
    await idle(node);
  });

  test("a port where nobody listens", async () => {
    const node = await answering("");
    await node[Symbol.asyncDispose]();
    await route(node);
    expect((await gateway.send("/")).status).toBe(502);
  });

  test("silence", async () => {
    await using node = await startRawNode(() => undefined);
    await route(node, { timeout: { connect: 1, send: 1, read: 0.2 } });
    const answer = await gateway.send("/");
    expect([answer.status, answer.headers["x-apisix-upstream-status"]]).toEqual([504, "504"]);
    await idle(node);
  });
});

/** The head was passed on: the client must see that the rest is missing. */
const CUT: Readonly<
  Record<string, readonly [bytes: string, after: (socket: Socket) => void, timeout?: object]>
> = {
  "an end within a counted body": ["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", end],
  "a reset within a counted body": ["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", reset],
  "an end within a chunk": ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", end],
  "an end between chunks": [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    end,
  ],
  "a reset between chunks": [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    reset,
  ],
  "a chunk size that is none": [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n",
    () => undefined,
  ],
  "a body that stops coming": [
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    () => undefined,
    { connect: 60, send: 60, read: 1.5 },
  ],
};

describe("an answer that breaks off breaks off for the client too", () => {
  test.for(Object.entries(CUT))("%s", async ([, [bytes, after, timeout]]) => {
    await using node = await answering(bytes, after);
    await route(node, timeout === undefined ? {} : { timeout });
    const text = await ask(never);
    expect(text.match(/HTTP\/1\.1 \d+/g) ?? ["HTTP/1.1 200"]).toEqual(["HTTP/1.1 200"]);
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
    if (text.includes("Content-Length: 10")) expect(text).toMatch(/\r\n\r\n(abc)?$/);
    await idle(node);
  });
});

/** Unusual, and right. */
const RIGHT: Readonly<Record<string, readonly [bytes: string, body: string]>> = {
  "1xx before the answer": [
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" +
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "ok",
  ],
  "HTTP/1.0 with a length": ["HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"],
  "no reason": ["HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "ok"],
  "chunks with extensions and trailers": [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX-T: 1\r\n\r\n",
    "ok",
  ],
  "garbage behind the body": [
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 hidden",
    "ok",
  ],
  "a second answer nobody asked for": [
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    "ok",
  ],
};

describe("what is right is passed on, once", () => {
  test.for(Object.entries(RIGHT))("%s", async ([, [bytes, body]]) => {
    await using node = await answering(bytes);
    await route(node);
    // Twice: the second request must not meet what was left over of the first.
    for (let turn = 0; turn < 2; turn += 1) {
      const answer = await gateway.send("/");
      expect([answer.status, answer.text]).toEqual([200, body]);
    }
  });

  test("a body up to the connection's end, and no keep-alive", async () => {
    await using node = await answering("HTTP/1.0 200 OK\r\n\r\nto the end", end);
    await route(node);
    expect((await gateway.send("/")).text).toBe("to the end");
    expect((await gateway.send("/")).text).toBe("to the end");
    expect(node.received).toHaveLength(2);
    await idle(node);
  });

  test.each([
    "Content-Length: 2\r\n\r\nhi",
    "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX: 1\r\n\r\n",
  ])("trailers are neither announced nor sent on: %j", async (rest) => {
    await using node = await answering(`HTTP/1.1 200 OK\r\nTrailer: X\r\n${rest}`);
    await route(node);
    const answer = await gateway.send("/");
    expect([answer.status, answer.text]).toEqual([200, "hi"]);
    expect(answer.headers).not.toHaveProperty("trailer");
    expect((await gateway.send("/", { method: "HEAD" })).status).toBe(200);
  });

  test("answers without a body, whatever length they claim", async () => {
    await using node = await answering("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n");
    await route(node);
    const text = await ask(/\r\n\r\n$/);
    expect(text).toMatch(/^HTTP\/1\.1 304 /);
    expect((await gateway.send("/", { method: "HEAD" })).status).toBe(304);
  });
});

describe("requests that break off", () => {
  test("the node sees a cut body, never a complete one", async () => {
    await using node = await startRawNode(() => undefined);
    await route(node);
    const socket = connect(gateway.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    await waitFor("a part of the body", () => node.received.join("").endsWith("abc"));
    socket.resetAndDestroy();
    await idle(node);
    expect(splitRequest(node.received[0] ?? "")).toBeUndefined();
  });

  test("chunks that end early", async () => {
    await using node = await startRawNode(() => undefined);
    await route(node);
    const socket = connect(gateway.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    await waitFor("a chunk", () => node.received.join("").includes("abc"));
    socket.end();
    await idle(node);
    expect(splitRequest(node.received[0] ?? "")).toBeUndefined();
  });

  test("an early answer, and the rest of the body flows off", async () => {
    await using node = await startRawNode((socket, all, piece) => {
      if (all === piece) socket.end("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
    });
    await route(node);
    const answer = await gateway.send("/", { method: "POST", body: Buffer.alloc(1024 * 1024) });
    expect([413, 502]).toContain(answer.status);
    await idle(node);
  });
});

test("a node that flaps costs its own requests, and is used again", async () => {
  let isUp = true;
  await using flapping = await startUpstream((_, response) => {
    response.writeHead(isUp ? 200 : 500).end("flapping");
  });
  await using steady = await startUpstream();
  const interval = {
    healthy: { interval: 0.05, successes: 1 },
    unhealthy: { interval: 0.05, http_failures: 1 },
  };
  await gateway.put("/routes/r", {
    uri: "/*",
    upstream: {
      nodes: { [flapping.address]: 1, [steady.address]: 1 },
      checks: { active: { http_path: "/", ...interval } },
    },
  });
  const seen = async (): Promise<Set<string>> => {
    const texts = new Set<string>();
    for (let turn = 0; turn < 4; turn += 1) {
      const { status, text } = await gateway.send("/");
      texts.add(`${status} ${text}`);
    }
    return texts;
  };
  for (let round = 0; round < 3; round += 1) {
    isUp = false;
    await waitFor("only the steady node", async () => [...(await seen())].join() === "200 hello");
    isUp = true;
    await waitFor("both nodes", async () => (await seen()).has("200 flapping"));
  }
});
