/**
 * Requests that two readers could cut in two ways. Whatever the gateway makes of one, the node gets
 * whole requests in one framing, and never the one that was hidden.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startGateway, type TestGateway } from "../../helpers/gateway.ts";
import { type RawNode, splitRequest, startRawNode } from "../../helpers/raw-node.ts";

let gateway: TestGateway;
let node: RawNode;

beforeAll(async () => {
  gateway = await startGateway();
  node = await startRawNode((socket, all) => {
    if (splitRequest(all) !== undefined) {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    }
  });
  const upstream = { nodes: { [node.address]: 1 } };
  await gateway.put("/routes/hello", { uri: "/hello", upstream });
  await gateway.put("/routes/ws", { uri: "/ws", enable_websocket: true, upstream });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

beforeEach(() => {
  node.received.length = 0;
});

/** Whoever still waits then waits for bytes that do not come. */
const LATE_MS = 10_000;

/** All that comes back on a connection that sends these bytes, and the statuses in it. */
async function exchange(bytes: string): Promise<{ text: string; statuses: number[] }> {
  const socket = connect(gateway.port, "127.0.0.1");
  let text = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.write(bytes, "latin1");
  // A connection that is kept would stay open: what is waited for is its second answer, or its end.
  const probe = "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  socket.write(probe, "latin1");
  const late = setTimeout(() => socket.destroy(), LATE_MS);
  await once(socket, "close");
  clearTimeout(late);
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
  return { text, statuses };
}

const HIDDEN = "GET /hello?hidden HTTP/1.1\r\nHost: hidden\r\n\r\n";
const post = (fields: string, body: string): string =>
  `POST /hello HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\n${body}`;
const chunked = (body: string): string => post("Transfer-Encoding: chunked", body);

/** Everything here is refused before a route is looked for, and the connection is closed. */
const REFUSED: Readonly<Record<string, string>> = {
  "a length and a coding": post(
    "Content-Length: 6\r\nTransfer-Encoding: chunked",
    `0\r\n\r\n${HIDDEN}`,
  ),
  "a coding and a length": post(
    `Transfer-Encoding: chunked\r\nContent-Length: ${5 + HIDDEN.length}`,
    `0\r\n\r\n${HIDDEN}`,
  ),
  "two lengths": post(`Content-Length: 0\r\nContent-Length: ${HIDDEN.length}`, HIDDEN),
  "the same length twice": post("Content-Length: 3\r\nContent-Length: 3", "abc"),
  "a list of lengths": post("Content-Length: 3, 3", `abc${HIDDEN}`),
  "a length with a sign": post("Content-Length: +3", `abc${HIDDEN}`),
  "a negative length": post("Content-Length: -1", HIDDEN),
  "a hexadecimal length": post("Content-Length: 0x3", `abc${HIDDEN}`),
  "a length with a blank in it": post("Content-Length: 3 0", `abc${HIDDEN}`),
  "a length that is no number": post("Content-Length: three", HIDDEN),
  "an empty length": post("Content-Length: ", HIDDEN),
  "a length beyond 64 bits": post("Content-Length: 99999999999999999999999", HIDDEN),
  "chunked in two lines": post(
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    `0\r\n\r\n${HIDDEN}`,
  ),
  "a second coding in another line": post(
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
    `5c\r\n${HIDDEN}0\r\n\r\n`,
  ),
  "a coding behind a vertical tab": post("Transfer-Encoding:\x0bchunked", `0\r\n\r\n${HIDDEN}`),
  "a coding with a NUL": post("Transfer-Encoding: chunked\0", `0\r\n\r\n${HIDDEN}`),
  "a blank before the colon of the coding": post(
    "Transfer-Encoding : chunked",
    `0\r\n\r\n${HIDDEN}`,
  ),
  "a tab before the colon of the length": post("Content-Length\t: 3", `abc${HIDDEN}`),
  "a blank before the name": post("X: 1\r\n Transfer-Encoding: chunked", `0\r\n\r\n${HIDDEN}`),
  "a blank before the first name": "GET /hello HTTP/1.1\r\n Host: x\r\n\r\n",
  "a folded line": "GET /hello HTTP/1.1\r\nHost: x\r\nX-Long: a\r\n b\r\n\r\n",
  "a folded line with a tab": "GET /hello HTTP/1.1\r\nHost: x\r\nX-Long: a\r\n\tb\r\n\r\n",
  "a bare LF behind a header": "GET /hello HTTP/1.1\r\nHost: x\nX: 1\r\n\r\n",
  "a bare LF at the end of the head": `GET /hello HTTP/1.1\r\nHost: x\r\n\n${HIDDEN}`,
  "a bare LF behind the request line": "GET /hello HTTP/1.1\nHost: x\r\n\r\n",
  "a bare CR in a header": "GET /hello HTTP/1.1\r\nHost: x\r\nX: a\rTransfer-Encoding: b\r\n\r\n",
  "a bare CR before a name": post("X: 1\r\n\rTransfer-Encoding: chunked", `0\r\n\r\n${HIDDEN}`),
  "a NUL in a value": "GET /hello HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
  "a NUL in a name": "GET /hello HTTP/1.1\r\nHost: x\r\nX\0: a\r\n\r\n",
  "a header without colon": "GET /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding\r\n\r\n",
  "a header without name": "GET /hello HTTP/1.1\r\nHost: x\r\n: chunked\r\n\r\n",
  "HTTP/1.0 with a coding": `POST /hello HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  "two hosts": "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
  "the same host twice": "GET /hello HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
  "no host": "GET /hello HTTP/1.1\r\n\r\n",
  "a host with a path": "GET /hello HTTP/1.1\r\nHost: x/hello\r\n\r\n",
  "a host with a user": "GET /hello HTTP/1.1\r\nHost: y@x\r\n\r\n",
  "a list of hosts": "GET /hello HTTP/1.1\r\nHost: x, y\r\n\r\n",
  "a host with a blank": "GET /hello HTTP/1.1\r\nHost: x y\r\n\r\n",
  "a fourth word in the request line": "GET /hello HTTP/1.1 x\r\nHost: x\r\n\r\n",
  "a target with a blank": "GET /hel lo HTTP/1.1\r\nHost: x\r\n\r\n",
  "no version": "GET /hello\r\nHost: x\r\n\r\n",
  "a version with three digits": "GET /hello HTTP/1.10\r\nHost: x\r\n\r\n",
  "another protocol": "GET /hello ICE/1.0\r\nHost: x\r\n\r\n",
  "a method in lower case": "get /hello HTTP/1.1\r\nHost: x\r\n\r\n",
  "a target without slash": "GET hello HTTP/1.1\r\nHost: x\r\n\r\n",
  "a target above the root": "GET /../hello HTTP/1.1\r\nHost: x\r\n\r\n",
  "a target with an encoded NUL": "GET /hello%00 HTTP/1.1\r\nHost: x\r\n\r\n",
  "a target with a broken escape": "GET /hello%zz HTTP/1.1\r\nHost: x\r\n\r\n",
  "a handshake of TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
};

const NOT_SPOKEN: Readonly<Record<string, readonly [status: number, bytes: string]>> = {
  "an unknown coding": [501, post("Transfer-Encoding: xchunked", `0\r\n\r\n${HIDDEN}`)],
  "chunked is not the last coding": [
    400,
    post("Transfer-Encoding: chunked, identity", `0\r\n\r\n${HIDDEN}`),
  ],
  "a coding before chunked": [501, post("Transfer-Encoding: gzip, chunked", `0\r\n\r\n${HIDDEN}`)],
  "identity alone": [501, post("Transfer-Encoding: identity", HIDDEN)],
  "chunked twice in a line": [
    400,
    post("Transfer-Encoding: chunked, chunked", `0\r\n\r\n${HIDDEN}`),
  ],
  "a coding in quotes": [501, post('Transfer-Encoding: "chunked"', `0\r\n\r\n${HIDDEN}`)],
  "version 2 in text": [505, "GET /hello HTTP/2.0\r\nHost: x\r\n\r\n"],
};

describe("what is not spoken is refused", () => {
  test.for(Object.entries(NOT_SPOKEN))("%s", async ([, [status, bytes]]) => {
    const { statuses } = await exchange(bytes);
    expect(statuses).toEqual([status]);
    expect(node.received).toEqual([]);
  });
});

describe("what can be read in two ways is refused", () => {
  test.for(Object.entries(REFUSED))("%s", async ([, bytes]) => {
    const { statuses } = await exchange(bytes);
    expect(statuses).toEqual([400]);
    expect(node.received).toEqual([]);
  });
});

/** The head is fine; what is wrong comes later. The node never gets the rest. */
const BROKEN_CHUNKS: Readonly<Record<string, string>> = {
  "a size with a prefix": `0x3\r\nabc\r\n0\r\n\r\n${HIDDEN}`,
  "a size with a sign": `+3\r\nabc\r\n0\r\n\r\n${HIDDEN}`,
  "a negative size": `-3\r\nabc\r\n0\r\n\r\n${HIDDEN}`,
  "a blank before the size": ` 3\r\nabc\r\n0\r\n\r\n${HIDDEN}`,
  "a blank behind the size": `3 \r\nabc\r\n0\r\n\r\n${HIDDEN}`,
  "no size": `\r\nabc\r\n0\r\n\r\n${HIDDEN}`,
  "a size that is no number": `xyz\r\nabc\r\n0\r\n\r\n${HIDDEN}`,
  "a size beyond 64 bits": `fffffffffffffffff\r\nabc\r\n0\r\n\r\n${HIDDEN}`,
  "a bare LF behind the size": `3\nabc\r\n0\r\n\r\n${HIDDEN}`,
  "a bare LF in an extension": `3;a\nb\r\nabc\r\n0\r\n\r\n${HIDDEN}`,
  "a bare CR behind the size": `3\rabc\r\n0\r\n\r\n${HIDDEN}`,
  "a chunk longer than its size": `3\r\nabcdef\r\n0\r\n\r\n${HIDDEN}`,
  "a bare LF behind the data": `3\r\nabc\n0\r\n\r\n${HIDDEN}`,
  "a bare CR behind the data": `3\r\nabc\r0\r\n\r\n${HIDDEN}`,
  "a length among the trailers": `3\r\nabc\r\n0\r\nContent-Length: 50\r\n\r\n${HIDDEN}`,
  "two bytes that are no CRLF": `3\r\nabcXX0\r\n\r\n${HIDDEN}`,
};

describe("chunks that can be read in two ways", () => {
  test.for(Object.entries(BROKEN_CHUNKS))("%s", async ([, body]) => {
    const { statuses } = await exchange(chunked(body));
    // The node may have been told of the request, but never of its end, nor of another one.
    expect(statuses.length).toBeLessThanOrEqual(1);
    expect(statuses.filter((status) => status !== 400 && status !== 502)).toEqual([]);
    for (const bytes of node.received) {
      expect(splitRequest(bytes)).toBeUndefined();
      expect(bytes).not.toContain("hidden");
    }
  });
});

/** Valid, though unusual: passes as one request, with the framing that the gateway gives it. */
const PASSING: Readonly<Record<string, readonly [bytes: string, body: string]>> = {
  "a hidden request in a body with length": [
    post(`Content-Length: ${HIDDEN.length}`, HIDDEN),
    HIDDEN,
  ],
  "a hidden request in a chunk": [
    chunked(`${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`),
    HIDDEN,
  ],
  "an extension of a chunk": [chunked('3;name="value"\r\nabc\r\n0\r\n\r\n'), "abc"],
  "a size with zeros before it": [chunked("0003\r\nabc\r\n0\r\n\r\n"), "abc"],
  "a size in upper case": [chunked("A\r\n0123456789\r\n0\r\n\r\n"), "0123456789"],
  "a length with zeros before it": [post("Content-Length: 003", "abc"), "abc"],
  "trailers are left behind": [
    chunked("3\r\nabc\r\n0\r\nX-Trailer: 50\r\nHost: hidden\r\n\r\n"),
    "abc",
  ],
  "a coding in upper case": [post("Transfer-Encoding: CHUNKED", "3\r\nabc\r\n0\r\n\r\n"), "abc"],
  "a length that Connection names": [
    post("Content-Length: 3\r\nConnection: content-length", "abc"),
    "abc",
  ],
  "a coding that Connection names": [
    post("Transfer-Encoding: chunked\r\nConnection: transfer-encoding", "3\r\nabc\r\n0\r\n\r\n"),
    "abc",
  ],
  "a host that Connection names": [
    "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: host\r\n\r\n",
    "",
  ],
  "names that differ by an underscore": [
    post("Content-Length: 3\r\nContent_Length: 0\r\nTransfer_Encoding: chunked", "abc"),
    "abc",
  ],
  "a body of a GET": ["GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "abc"],
  "two blanks in the request line": ["GET  /hello HTTP/1.1\r\nHost: x\r\n\r\n", ""],
  "an absolute target beats the host": ["GET http://x/hello HTTP/1.1\r\nHost: other\r\n\r\n", ""],
  "blanks around a value": ["GET /hello HTTP/1.1\r\nHost: \t x \t\r\n\r\n", ""],
};

describe("what is valid reaches the node as one request", () => {
  test.for(Object.entries(PASSING))("%s", async ([, [bytes, body]]) => {
    const { statuses } = await exchange(bytes);
    expect(statuses).toEqual([200, 404]);
    expect(node.received).toHaveLength(1);
    const framed = splitRequest(node.received[0] ?? "");
    expect(framed).toMatchObject({ body, rest: "" });
    expect(framed?.head).not.toMatch(/upgrade|http2-settings|\r\nconnection:/i);
    expect(framed?.head).toMatch(/\r\nhost: x(\r\n|$)/i);
  });
});

test("bytes behind an upgrade that the node declines are no request", async () => {
  const upgrade =
    "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  const { statuses } = await exchange(upgrade + HIDDEN);
  expect(statuses).toEqual([200]);
  expect(node.received).toHaveLength(1);
  expect(node.received.join("")).not.toContain("hidden");
});

test("an upgrade to a protocol that is not spoken is an ordinary request, and the last", async () => {
  const upgrade =
    "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" +
    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n";
  const { text, statuses } = await exchange(upgrade);
  expect(statuses).toEqual([200]);
  expect(text).toMatch(/\r\nConnection: close\r\n/);
  const framed = splitRequest(node.received[0] ?? "");
  expect(framed).toMatchObject({ body: "", rest: "" });
  expect(framed?.head).not.toMatch(/upgrade|http2-settings/i);
});

test("a head that is too long is refused, and so is one that never ends", async () => {
  const long = "x".repeat(40_000);
  expect((await exchange(`GET /hello?${long} HTTP/1.1\r\nHost: x\r\n\r\n`)).statuses).toEqual([
    431,
  ]);
  const wide = `GET /hello HTTP/1.1\r\nHost: x\r\nX: ${long}\r\n\r\n`;
  expect((await exchange(wide)).statuses).toEqual([431]);
  const many = "X: 1\r\n".repeat(8000);
  expect((await exchange(`GET /hello HTTP/1.1\r\nHost: x\r\n${many}\r\n`)).statuses).toEqual([431]);
  expect((await exchange(`GET /hello HTTP/1.1\r\nHost: x\r\n${many}`)).statuses).toEqual([431]);
  expect(node.received).toEqual([]);
});
