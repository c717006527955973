/** Clients of the TLS port that take nothing of their answers, or have nothing more to ask. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type ClientHttp2Stream, constants } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../../helpers/gateway.ts";
import { head, preface, widen } from "../../helpers/http2-frames.ts";
import { closed, get, type SecurePort, startSecurePort } from "../../helpers/secure-port.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const PIECE = Buffer.alloc(64 * 1024);
/** For those who are let go. */
const STALL_MS = 300;
/** For those who are not, however busy the machine is. */
const PATIENT_MS = 1500;
const CODE_CANCEL = constants.NGHTTP2_CANCEL;

let gateway: TestGateway;
let listener: SecurePort;
let node: ReturnType<typeof createServer>;
/** Answers of the node, by path. */
let answers: Map<string, ServerResponse>;
/** Paths of answers that were given up before their end. */
let givenUp: string[];

/** As much as is taken. */
function pour(response: ServerResponse): void {
  const fill = (): void => {
    while (response.write(PIECE));
  };
  response.on("drain", fill);
  fill();
}

beforeEach(async () => {
  answers = new Map();
  givenUp = [];
  node = createServer((request, response) => {
    const path = request.url ?? "";
    answers.set(path, response);
    response.on("close", () => response.writableFinished || givenUp.push(path));
    if (path.startsWith("/endless")) pour(response);
    else if (path === "/parts") {
      // In one packet.
      response.socket?.cork();
      response.write("a");
      response.write("b");
      response.end();
      response.socket?.uncork();
    } else response.writeHead(200).flushHeaders();
  });
  node.listen(0, "127.0.0.1");
  await once(node, "listening");
  const { port } = node.address() as AddressInfo;
  gateway = await startGateway();
  await gateway.put("/routes/1", { uri: "/*", upstream: { nodes: { [`127.0.0.1:${port}`]: 1 } } });
  listener = await startSecurePort(gateway, { silenceMs: STALL_MS });
});

afterEach(async () => {
  await listener.close();
  await gateway[Symbol.asyncDispose]();
  node.close();
  node.closeAllConnections();
});

async function listenPatiently(): Promise<void> {
  await listener.close();
  listener = await startSecurePort(gateway, { silenceMs: PATIENT_MS });
}

/** Takes at most so many bytes at a time. */
function sip(stream: ClientHttp2Stream, bytes: number, everyMs: number) {
  stream.pause();
  const sips = {
    taken: 0,
    stop: () => clearInterval(timer),
  };
  const timer = setInterval(() => {
    sips.taken += (stream.read(bytes) as Buffer | null)?.length ?? 0;
  }, everyMs);
  return sips;
}

test("a stream that stalls is given up, while another of the connection goes on", async () => {
  const client = listener.open();
  const stalled = get(client, "/endless");
  const steady = get(client, "/steady");
  let text = "";
  steady.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  await Promise.all([once(stalled, "response"), once(steady, "response")]);
  stalled.pause();
  const end = closed(stalled);
  const drips = setInterval(() => answers.get("/steady")?.write("x"), 20);
  await waitFor("the node to be let go", () => givenUp.length > 0);
  await end;
  expect(stalled.rstCode).toBe(CODE_CANCEL);
  const before = text.length;
  await waitFor("more of the other", () => text.length > before);
  clearInterval(drips);
  answers.get("/steady")?.end("end");
  await once(steady, "end");
  expect(text).toMatch(/^x+end$/);
  expect(givenUp).toEqual(["/endless"]);
  client.close();
  await once(client, "close");
});

test("one that takes a little at a time is not", async () => {
  await listenPatiently();
  const client = listener.open();
  const slow = get(client, "/endless");
  await once(slow, "response");
  const begun = performance.now();
  // Never longer than half the limit without a byte, and longer than the limit in all.
  const sips = sip(slow, 16 * 1024, PATIENT_MS / 50);
  await waitFor("twice the limit", () => performance.now() - begun > 2 * PATIENT_MS);
  sips.stop();
  expect(givenUp).toEqual([]);
  expect(sips.taken).toBeGreaterThan(64 * 1024);
  client.destroy();
  await waitFor("the node to be let go", () => givenUp.length === 1);
});

test("a client that breaks a stream off lets the node go, and the connection goes on", async () => {
  const client = listener.open();
  const stream = get(client, "/endless");
  await once(stream, "response");
  stream.close(CODE_CANCEL);
  await waitFor("the node to be let go", () => givenUp.length === 1);
  const next = get(client, "/next");
  await once(next, "response");
  next.close(CODE_CANCEL);
  await waitFor("the node to be let go", () => givenUp.length === 2);
  client.destroy();
});

test("a large answer of a plugin, taken slowly, arrives", async () => {
  await listenPatiently();
  const large = "x".repeat(1024 * 1024);
  await gateway.put("/routes/m", {
    uri: "/mock",
    plugins: { mocking: { response_example: large, with_mock_header: false } },
  });
  const client = listener.open();
  const slow = get(client, "/mock");
  await once(slow, "response");
  const begun = performance.now();
  const sips = sip(slow, 48 * 1024, PATIENT_MS / 10);
  await once(slow, "end");
  sips.stop();
  expect([sips.taken, slow.rstCode]).toEqual([large.length, 0]);
  expect(performance.now() - begun).toBeGreaterThan(2 * PATIENT_MS);
  client.destroy();
});

test("what a filter has made long keeps its place before the rest", async () => {
  const before = "x".repeat(300 * 1024);
  await gateway.put("/routes/p", {
    uri: "/parts",
    plugins: { echo: { before_body: before } },
    upstream: { nodes: { [`127.0.0.1:${(node.address() as AddressInfo).port}`]: 1 } },
  });
  const client = listener.open();
  const stream = get(client, "/parts");
  let text = "";
  stream.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  await once(stream, "end");
  expect([text.length, text.slice(-3)]).toEqual([before.length + 2, "xab"]);
  client.destroy();
});

test("an answer that takes long to come is waited for", async () => {
  const client = listener.open();
  const stream = get(client, "/late");
  await once(stream, "response");
  const begun = performance.now();
  await waitFor("three times the limit", () => performance.now() - begun > 3 * STALL_MS);
  answers.get("/late")?.end("late");
  stream.setEncoding("utf8");
  expect(await once(stream, "data")).toEqual(["late"]);
  client.destroy();
});

test("a connection on which nothing is asked is closed", async () => {
  const client = listener.open();
  const stream = get(client, "/one");
  await once(stream, "response");
  answers.get("/one")?.end("one");
  stream.resume();
  await once(stream, "end");
  await once(client, "close");
  await waitFor("no connection", () => listener.connections() === 0);
});

test("a listener that closes answers what was asked, and lets connections go", async () => {
  await listenPatiently();
  const [busy, idle] = [listener.open(), listener.open()];
  const before = get(idle, "/before");
  await once(before, "response");
  answers.get("/before")?.end();
  before.resume();
  const stream = get(busy, "/asked");
  await once(stream, "response");
  const gone = once(idle, "close");
  const over = listener.close(30_000);
  await gone;
  answers.get("/asked")?.end("answered");
  stream.setEncoding("utf8");
  expect(await once(stream, "data")).toEqual(["answered"]);
  await over;
});

/** A request for "/endless" that opens all windows, from a peer that then is deaf. */
function deafRequest(): Buffer {
  const windows = Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]);
  return Buffer.concat([preface(windows), widen(0x7f000000), head("GET", "/endless", 1)]);
}

test.each(["h2", "http/1.1"])(
  "a client of %s that reads nothing at all is let go",
  async (name) => {
    const socket = listener.connect(name);
    await once(socket, "secureConnect");
    socket.pause();
    socket.write(
      name === "h2" ? deafRequest() : "GET /endless HTTP/1.1\r\nHost: one.example\r\n\r\n",
    );
    await waitFor("the request", () => answers.has("/endless"));
    await waitFor("the node to be let go", () => givenUp.length > 0);
    await waitFor("no connection", () => listener.connections() === 0);
    socket.destroy();
  },
);
