/** What must hold while much goes on at once: no request lost, no connection stuck. */
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { beforeAll, expect, test } from "vitest";
import { startProxyListener } from "../../../src/gateway/listener.ts";
import { startUpstream } from "../../helpers/gateway.ts";
import { fc } from "../../helpers/property.ts";
import { sharedGateway } from "../../helpers/shared-gateway.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const { gateway, upstream } = await sharedGateway();

beforeAll(async () => {
  await gateway.put("/routes/hello", { uri: "/hello", upstream: upstream.upstream });
});

function ask(agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ agent, port: gateway.port, path: "/hello" }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    })
      .on("error", reject)
      .end();
  });
}

test("a thousand changes of other routes and of this one cost no request", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  let isOver = false;
  const statuses: number[] = [];
  const worker = async (): Promise<void> => {
    while (!isOver) statuses.push(await ask(agent));
  };
  const workers = Array.from({ length: 16 }, worker);
  for (let count = 0; count < 1000; count++) {
    const id = count % 10 === 0 ? "hello" : `other-${count % 100}`;
    const uri = id === "hello" ? "/hello" : `/${id}/*`;
    await gateway.put(`/routes/${id}`, {
      uri,
      desc: String(count),
      upstream: { ...upstream.upstream, retries: count % 3 },
    });
    if (count % 20 === 0) await waitFor("some answers", () => statuses.length > count / 20);
  }
  isOver = true;
  await Promise.all(workers);
  agent.destroy();
  expect(statuses.length).toBeGreaterThan(50);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
});

test("heads that never end are cut off, with nginx's page; others are served meanwhile", async () => {
  const slow = await startProxyListener({
    gateway: gateway.gateway,
    host: "127.0.0.1",
    port: 0,
    headMs: 300,
  });
  const sockets = Array.from({ length: 50 }, () => connect(slow.port, "127.0.0.1"));
  const answers = sockets.map(() => "");
  for (const [at, socket] of sockets.entries()) {
    socket.on("data", (chunk) => {
      answers[at] += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.write("GET /hello HTTP/1.1\r\nHost: x\r\nX-Slow");
  }
  expect((await gateway.send("/hello")).status).toBe(200);
  await Promise.all(sockets.map((socket) => once(socket, "close")));
  for (const answer of answers) expect(answer).toContain("408 Request Time-out");
  await slow.close();
});

test("a client that closes its half counts as gone, as with nginx", async () => {
  await using silent = await startUpstream(() => undefined);
  await gateway.put("/routes/silent", { uri: "/silent", upstream: silent.upstream });
  const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.resume().write("GET /silent HTTP/1.1\r\nHost: x\r\n\r\n");
  await waitFor("the request at the node", () => silent.received.length === 1);
  socket.end();
  await once(socket, "end");
  socket.destroy();
  expect((await gateway.send("/hello")).status).toBe(200);
});

test("a thousand idle connections are held while others are served", async () => {
  const sockets: Socket[] = [];
  for (let count = 0; count < 1000; count++) {
    const socket = connect(gateway.port, "127.0.0.1");
    socket.on("error", () => undefined);
    sockets.push(socket);
    if (count % 100 === 99) await once(socket, "connect");
  }
  const [first] = sockets;
  expect((await gateway.send("/hello")).status).toBe(200);
  first?.write("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  if (first !== undefined) expect(String(await once(first, "data"))).toContain("200 OK");
  for (const socket of sockets) socket.destroy();
});

test("requests one after the other on a connection are answered in order", async () => {
  await gateway.put("/routes/echo", { uri: "/n/*", upstream: upstream.upstream });
  const socket = connect(gateway.port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.write(
    "POST /n/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" +
      "GET /none HTTP/1.1\r\nHost: x\r\n\r\n" +
      "GET /n/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
  );
  await once(socket, "close");
  expect([...text.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status)).toEqual([
    "200",
    "404",
    "200",
  ]);
});

test("no head, however broken, brings the gateway down or hangs on", async () => {
  const good =
    "POST /hello?x=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";
  const bytes = fc.tuple(
    fc.array(fc.tuple(fc.nat(good.length - 1), fc.constantFrom(...BROKEN)), { maxLength: 4 }),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async ([changes]) => {
      let text = good;
      for (const [at, piece] of changes) text = text.slice(0, at) + piece + text.slice(at + 1);
      const socket = connect(gateway.port, "127.0.0.1");
      let answer = "";
      socket.on("error", () => undefined);
      socket.on("data", (chunk) => {
        answer += chunk.toString("latin1");
      });
      socket.end(text, "latin1");
      await once(socket, "close");
      // A coding or a version that nobody speaks is no fault of the gateway's either.
      if (answer !== "") expect(answer).toMatch(/^HTTP\/1\.1 (200|4\d\d|501|505) /);
    }),
    { numRuns: 150 },
  );
  expect((await gateway.send("/hello")).status).toBe(200);
});

/** What smuggling and plain noise are made of. */
const BROKEN = [
  "",
  "\r",
  "\n",
  "\r\n",
  "\0",
  " ",
  "\t",
  ":",
  "%",
  "\xff",
  "\r\nTransfer-Encoding: chunked",
  "\r\nTransfer-Encoding:\tchunked\r\n",
  "\r\nContent-Length: 0",
  "\r\nHost: y",
  "\r\n X: folded",
  "HTTP/1.0",
];
