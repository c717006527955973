/** Bodies that come over HTTP/2: that stop, are refused, are broken off, or wait to be asked for. */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { constants } from "node:http2";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Plugin } from "../../../src/gateway/plugin.ts";
import { PLUGINS } from "../../../src/gateway/plugins/table.ts";
import { BodyAbortedError } from "../../../src/gateway/read-body.ts";
import { startGateway, type TestGateway } from "../../helpers/gateway.ts";
import { data, head, preface, reset } from "../../helpers/http2-frames.ts";
import {
  closed,
  get,
  NAME,
  post,
  type SecurePort,
  startSecurePort,
} from "../../helpers/secure-port.ts";
import { statusLog } from "../../helpers/status-log.ts";
import { waitFor } from "../../helpers/wait-for.ts";

/** For those who are let go. */
const STALL_MS = 300;
/** For those who are not, however busy the machine is. */
const PATIENT_MS = 1500;

let gateway: TestGateway;
let listener: SecurePort;
let node: Server;
/** Answers of the node, by path. */
let answers: Map<string, ServerResponse>;
/** Paths of answers that were given up before their end; of requests that came whole. */
let givenUp: string[];
let ended: string[];
/** What loggers see. */
let statuses: number[];

/** The plugin reads the body in its turn; what it has found. */
let turn: (() => void) | undefined;
let found: unknown;

const reading: Plugin = {
  name: "reading",
  version: 0.1,
  priority: 1,
  schema: { type: "object" },
  create: () => ({
    access: async (_, { request }) => {
      await new Promise<void>((resolve) => {
        turn = resolve;
      });
      found = await request.readBody().catch((error: unknown) => error);
      return { status: 200 };
    },
  }),
};

beforeEach(async () => {
  turn = undefined;
  found = undefined;
  answers = new Map();
  givenUp = [];
  ended = [];
  node = createServer((request, response) => {
    const path = request.url ?? "";
    answers.set(path, response);
    response.on("close", () => response.writableFinished || givenUp.push(path));
    request.resume().on("end", () => {
      ended.push(path);
      if (path !== "/held") response.end();
    });
    if (path !== "/whole" && path !== "/held") response.writeHead(200).flushHeaders();
  });
  node.listen(0, "127.0.0.1");
  await once(node, "listening");
  const log = statusLog();
  statuses = log.statuses;
  gateway = await startGateway({ plugins: [...PLUGINS, reading, log.plugin] });
  const upstream = { nodes: { [nodeAddress()]: 1 } };
  await gateway.put("/routes/1", { uri: "/*", plugins: { "status-log": {} }, upstream });
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

function nodeAddress(): string {
  return `127.0.0.1:${(node.address() as AddressInfo).port}`;
}

test.each([
  ["POST", true],
  ["HEAD", false],
])("the body of a %s that stops is answered with 408, and the node is let go", async (...row) => {
  const [method, hasPage] = row;
  const client = listener.open();
  const stream = post(client, "/whole", { ":method": method });
  stream.write("abc");
  const end = closed(stream);
  let page = "";
  stream.setEncoding("utf8").on("data", (piece: string) => {
    page += piece;
  });
  const [headers] = await once(stream, "response");
  expect([headers[":status"], headers["content-type"]]).toEqual([408, "text/html; charset=utf-8"]);
  await end;
  expect([page.includes("408 Request Time-out"), stream.rstCode]).toEqual([hasPage, 0]);
  await waitFor("the node to be let go", () => givenUp.length > 0);
  await waitFor("the log phase", () => statuses.length > 0);
  expect(statuses).toEqual([408]);
  const next = get(client, "/next");
  await once(next, "response");
  client.destroy();
});

test("the answer to a HEAD is waited for, however long it takes", async () => {
  const client = listener.open();
  const waiting = client.request({ ":path": "/held", ":method": "HEAD", ":authority": NAME });
  waiting.on("error", () => undefined);
  const status = once(waiting, "response").then(([headers]) => headers[":status"]);
  const given = Promise.race([status, closed(waiting).then(() => "given up")]);
  // Each takes as long as the listener bears with silence.
  for (let silence = 0; silence < 3; silence += 1) {
    const stream = post(client, "/stalls");
    stream.write("abc");
    await closed(stream);
  }
  answers.get("/held")?.end();
  expect(await given).toBe(200);
  client.destroy();
});

test("an answer of the node behind that has no place any more, and is no fault", async () => {
  // The page waits for a window that never opens.
  const client = listener.open({ settings: { initialWindowSize: 0 } });
  const stream = post(client, "/whole");
  stream.write("abc");
  const end = closed(stream);
  const [headers] = await once(stream, "response");
  answers.get("/whole")?.end("early");
  await end;
  expect([headers[":status"], stream.rstCode]).toEqual([408, constants.NGHTTP2_CANCEL]);
  expect(gateway.logs().filter(({ level }) => level === "error")).toEqual([]);
  client.destroy();
});

// RFC 9113 7: of a client that breaks something off, no code says that it was complete.
describe.each([
  ["no error", constants.NGHTTP2_NO_ERROR],
  ["cancel", constants.NGHTTP2_CANCEL],
])("a body that is broken off with %s", (_, code) => {
  beforeEach(listenPatiently);

  const upload = (path: string): TLSSocket => {
    const socket = listener.connect("h2");
    socket.write(Buffer.concat([preface(), head("POST", path, 1), data("abc", 1)]));
    return socket;
  };

  test("does not look complete to the node", async () => {
    const socket = upload("/whole");
    await waitFor("the request", () => answers.has("/whole"));
    socket.write(reset(code, 1));
    await waitFor("the node to be let go", () => givenUp.length > 0);
    expect(ended).toEqual([]);
    socket.destroy();
  });

  test.each([
    ["that reads it", false],
    ["that comes to it afterwards", true],
  ])("does not look complete to a plugin %s", async (_when, isLate) => {
    await gateway.put("/routes/r", { uri: "/read", plugins: { reading: {} } });
    const socket = upload("/read");
    await waitFor("the plugin", () => turn !== undefined);
    if (!isLate) turn?.();
    socket.write(Buffer.concat([reset(code, 1), head("GET", "/next", 3)]));
    await waitFor("what follows", () => answers.has("/next"));
    if (isLate) turn?.();
    await waitFor("what it has read", () => found !== undefined);
    expect(found).toBeInstanceOf(BodyAbortedError);
    socket.destroy();
  });
});

test("one that stops while its answer is under way is broken off", async () => {
  const client = listener.open();
  const stream = post(client, "/post");
  stream.write("abc");
  await once(stream, "response");
  await closed(stream);
  expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
  await waitFor("the node to be let go", () => givenUp.length > 0);
  client.destroy();
});

test("a body that nobody has asked for is not one that stops", async () => {
  await listenPatiently();
  await gateway.put("/routes/d", {
    uri: "/delayed",
    plugins: { "fault-injection": { delay: { duration: (2 * PATIENT_MS) / 1000 } } },
    upstream: { nodes: { [nodeAddress()]: 1 } },
  });
  const client = listener.open();
  const stream = post(client, "/delayed", { expect: "100-continue" });
  await once(stream, "continue");
  stream.end("abc");
  const [headers] = await once(stream, "response");
  expect(headers[":status"]).toBe(200);
  client.destroy();
});

test("whoever waits to be told to go on hears of a refusal first", async () => {
  await gateway.put("/routes/k", { uri: "/key", plugins: { "key-auth": {} } });
  const client = listener.open();
  const stream = post(client, "/key", { expect: "100-continue" });
  let isTold = false;
  stream.on("continue", () => {
    isTold = true;
  });
  const end = closed(stream);
  stream.resume();
  const [headers] = await once(stream, "response");
  await end;
  expect([isTold, headers[":status"], stream.rstCode]).toEqual([false, 401, 0]);
  client.destroy();
});

test("refused uploads leave the connection as it was", async () => {
  await listenPatiently();
  await gateway.put("/routes/k", { uri: "/key", plugins: { "key-auth": {} } });
  const client = listener.open();
  const body = Buffer.alloc(48 * 1024);
  // Together they are many times what the connection has room for, were it not given back.
  for (let time = 0; time < 20; time++) {
    const stream = post(client, "/key");
    const answer = once(stream, "response");
    const end = closed(stream);
    stream.end(body);
    stream.resume();
    expect((await answer)[0][":status"]).toBe(401);
    await end;
    expect(stream.rstCode).toBe(0);
  }
  const last = post(client, "/post");
  last.end(Buffer.alloc(256 * 1024));
  await once(last, "response");
  expect(client.destroyed).toBe(false);
  client.destroy();
});

test("a refusal ends an upload that goes on, and only that", async () => {
  await gateway.put("/routes/k", { uri: "/key", plugins: { "key-auth": {} } });
  const client = listener.open();
  const stream = post(client, "/key");
  stream.write("abc");
  const end = closed(stream);
  stream.resume();
  expect((await once(stream, "response"))[0][":status"]).toBe(401);
  await end;
  const next = get(client, "/next");
  await once(next, "response");
  client.destroy();
});
