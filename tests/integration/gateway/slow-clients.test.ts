/** Clients that are slow, or stop: no fault of the node. */
import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { startProxyListener } from "../../../src/gateway/listener.ts";
import { startGateway } from "../../helpers/gateway.ts";
import { request } from "../../helpers/http.ts";
import { splitRequest, startRawNode } from "../../helpers/raw-node.ts";
import { statusLog } from "../../helpers/status-log.ts";
import { waitFor } from "../../helpers/wait-for.ts";

test("a client that stops within its body gets 408, and the node no bad mark", async () => {
  const { plugin, statuses } = statusLog();
  await using gateway = await startGateway({ plugins: [plugin] });
  await using node = await startRawNode((socket, all) => {
    if (splitRequest(all) !== undefined) {
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  const quiet = { interval: 100 };
  await gateway.put("/routes/r", {
    uri: "/*",
    plugins: { "status-log": {} },
    upstream: {
      nodes: { [node.address]: 1, "127.0.0.1:1": 0 },
      timeout: { connect: 60, send: 0.2, read: 0.2 },
      checks: {
        active: { type: "tcp", healthy: quiet, unhealthy: quiet },
        passive: { unhealthy: { timeouts: 1, tcp_failures: 1 } },
      },
    },
  });
  const listener = await startProxyListener({
    gateway: gateway.gateway,
    host: "127.0.0.1",
    port: 0,
    silenceMs: 600,
  });
  const socket = connect(listener.port, "127.0.0.1");
  let text = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  await once(socket, "close");
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  await waitFor("the log phase", () => statuses.length > 0);
  expect(statuses).toEqual([408]);
  const marks = gateway.gateway
    .health()
    .flatMap(({ nodes }) => nodes)
    .filter(({ port }) => port === node.port);
  expect(marks).toMatchObject([{ status: "healthy", counter: { timeout_failure: 0 } }]);
  await listener.close();
});

test("nor does it hold the connection when the answer is there before the body", async () => {
  await using gateway = await startGateway();
  const address = { host: "127.0.0.1", port: 0, silenceMs: 300 };
  const listener = await startProxyListener({ gateway: gateway.gateway, ...address });
  const socket = connect(listener.port, "127.0.0.1");
  let text = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.write("POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  await once(socket, "close");
  expect(text).toMatch(/^HTTP\/1\.1 404 /);
  await waitFor("no connection", () => listener.connections() === 0);
  await listener.close();
});

test("an answer that takes longer than that is waited for", async () => {
  await using gateway = await startGateway();
  await using node = await startRawNode((socket, all) => {
    if (splitRequest(all) === undefined) return;
    setTimeout(() => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), 1000);
  });
  await gateway.put("/routes/r", { uri: "/*", upstream: { nodes: { [node.address]: 1 } } });
  const address = { host: "127.0.0.1", port: 0, silenceMs: 200 };
  const listener = await startProxyListener({ gateway: gateway.gateway, ...address });
  const url = `http://127.0.0.1:${listener.port}`;
  const answer = await request(url, { method: "POST", path: "/", body: "abc" });
  expect([answer.status, answer.text]).toEqual([200, "ok"]);
  await listener.close();
});

test("nor is a client to blame that waits to be told to go on", async () => {
  await using gateway = await startGateway();
  await using node = await startRawNode((socket, all) => {
    if (splitRequest(all) === undefined) return;
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  const plugins = { "fault-injection": { delay: { duration: 2.5 } } };
  await gateway.put("/routes/r", {
    uri: "/*",
    plugins,
    upstream: { nodes: { [node.address]: 1 } },
  });
  const address = { host: "127.0.0.1", port: 0, silenceMs: 1500 };
  const listener = await startProxyListener({ gateway: gateway.gateway, ...address });
  const socket = connect(listener.port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.write("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  await once(socket, "data");
  expect(text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("abc");
  await waitFor("the answer", () => text.endsWith("ok"));
  socket.destroy();
  await listener.close();
});

test("a body in pieces arrives, however slow, while it keeps coming", async () => {
  await using gateway = await startGateway();
  await using node = await startRawNode((socket, all) => {
    if (splitRequest(all) !== undefined) {
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  await gateway.put("/routes/r", {
    uri: "/*",
    upstream: { nodes: { [node.address]: 1 }, timeout: { connect: 10, send: 10, read: 10 } },
  });
  const socket = connect(gateway.port, "127.0.0.1").setNoDelay();
  socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n");
  for (const [at, letter] of [..."abcdefgh"].entries()) {
    socket.write(letter);
    await waitFor("the letter at the node", () =>
      node.received.join("").endsWith("abcdefgh".slice(0, at + 1)),
    );
  }
  expect(String((await once(socket, "data"))[0])).toContain("200 OK");
  expect(splitRequest(node.received[0] ?? "")).toMatchObject({ body: "abcdefgh", rest: "" });
  socket.destroy();
});
