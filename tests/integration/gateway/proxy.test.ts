import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer as createRaw, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/documents.ts";
import { startGateway, startUpstream } from "../../helpers/gateway.ts";
import { sharedGateway } from "../../helpers/shared-gateway.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const { gateway, upstream } = await sharedGateway();

/** A server that answers each connection's first bytes as told. */
async function startBytes(
  serve: (socket: Socket, received: string) => void,
): Promise<AsyncDisposable & { readonly port: number; readonly received: string[] }> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createRaw((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      received.push(chunk.toString("latin1"));
      serve(socket, chunk.toString("latin1"));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    received,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

function nodes(...ports: readonly number[]): JsonObject {
  return Object.fromEntries(ports.map((port) => [`127.0.0.1:${port}`, 1]));
}

/** Sends bytes as they are; everything that comes back until the end of the connection. */
async function sendBytes(text: string): Promise<string> {
  const socket = connect(gateway.port, "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  socket.write(text, "latin1");
  await once(socket, "close");
  return answer;
}

/** A port nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createRaw();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("headers on their way up", () => {
  test("a trusted proxy's word holds, and what it leaves out is told as observed", async () => {
    await using trusting = await startGateway({ trustedAddresses: ["127.0.0.1"] });
    await trusting.put("/routes/h", { uri: "/h", upstream: upstream.upstream });
    const host = "Example.COM:8443";
    await trusting.send("/h", { headers: { Host: host, "X-Forwarded-Proto": "https" } });
    const port = { "x-forwarded-host": host, "x-forwarded-port": "8443" };
    expect(upstream.last().headers).toMatchObject({ "x-forwarded-proto": "https", ...port });
    await trusting.send("/h", { headers: { Host: host, "X-Forwarded-Proto": "" } });
    expect(upstream.last().headers).toMatchObject({ "x-forwarded-proto": "http", ...port });
    const said = { "X-Forwarded-Host": "a.example", "X-Forwarded-Port": "1", Forwarded: "for=x" };
    await trusting.send("/h", { headers: { Host: host, ...said } });
    const kept = { "x-forwarded-host": "a.example", "x-forwarded-port": "1", forwarded: "for=x" };
    expect(upstream.last().headers).toMatchObject(kept);
  });

  test("those of the connection stay behind", async () => {
    await gateway.put("/routes/h", { uri: "/h", upstream: upstream.upstream });
    await gateway.send("/h", {
      headers: {
        Connection: "close, X-Hop",
        "X-Hop": "1",
        "Keep-Alive": "5",
        TE: "trailers",
        "Proxy-Connection": "x",
        Forwarded: "for=1.2.3.4",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "1.2.3.4",
        "X-Real-IP": "1.2.3.4",
        "X-Keep": "yes",
      },
    });
    const { headers } = upstream.last();
    expect(headers).toMatchObject({
      "x-keep": "yes",
      "x-forwarded-proto": "http",
      "x-forwarded-host": `127.0.0.1:${gateway.port}`,
      "x-forwarded-port": String(gateway.port),
      "x-forwarded-for": "1.2.3.4, 127.0.0.1",
      "x-real-ip": "127.0.0.1",
    });
    for (const name of ["x-hop", "keep-alive", "te", "proxy-connection", "forwarded"]) {
      expect(headers[name], name).toBeUndefined();
    }
  });

  test.each<[JsonObject, (port: number) => string]>([
    [{}, () => `127.0.0.1:${gateway.port}`],
    [{ pass_host: "node" }, (port) => `127.0.0.1:${port}`],
    [{ pass_host: "rewrite", upstream_host: "other.example" }, () => "other.example"],
  ])("%j", async (rest, host) => {
    await gateway.put("/routes/h", { uri: "/h", upstream: { ...upstream.upstream, ...rest } });
    await gateway.send("/h");
    expect(upstream.last().headers["host"]).toBe(host(upstream.port));
  });
});

describe("faults of the upstream", () => {
  test.each<[string, string, number]>([
    ["nonsense", "nonsense\r\n\r\n", 502],
    [
      "two framings",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      502,
    ],
    ["a switch nobody asked for", "HTTP/1.1 101 Switching Protocols\r\n\r\n", 502],
  ])("%s", async (_, answer, status) => {
    await using server = await startBytes((socket) => socket.end(answer));
    await gateway.put("/routes/f", { uri: "/f", upstream: { nodes: nodes(server.port) } });
    const got = await gateway.send("/f");
    expect(got.status).toBe(status);
    expect(got.text).toContain("<center><h1>502 Bad Gateway</h1></center>");
    expect(got.headers["x-apisix-upstream-status"]).toBe("502");
  });

  test("refused", async () => {
    const port = await closedPort();
    await gateway.put("/routes/f", { uri: "/f", upstream: { nodes: nodes(port) } });
    const answer = await gateway.send("/f");
    expect([answer.status, answer.headers["content-type"]]).toEqual([
      502,
      "text/html; charset=utf-8",
    ]);
  });

  test("too slow", async () => {
    await using server = await startBytes(() => undefined);
    await gateway.put("/routes/f", {
      uri: "/f",
      upstream: { nodes: nodes(server.port), timeout: { connect: 1, send: 1, read: 0.05 } },
    });
    const answer = await gateway.send("/f");
    expect(answer.status).toBe(504);
    expect(answer.text).toContain("504 Gateway Time-out");
  });

  test("the timeout of the route wins", async () => {
    await using server = await startBytes(() => undefined);
    await gateway.put("/routes/f", {
      uri: "/f",
      timeout: { connect: 1, send: 1, read: 0.05 },
      upstream: { nodes: nodes(server.port), timeout: { connect: 9, send: 9, read: 9 } },
    });
    expect((await gateway.send("/f")).status).toBe(504);
  });

  test("an answer that breaks off breaks off for the client too", async () => {
    await using server = await startBytes((socket) => {
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    });
    await gateway.put("/routes/f", { uri: "/f", upstream: { nodes: nodes(server.port) } });
    await expect(gateway.send("/f", { timeoutMs: 5000 })).rejects.toThrow(/aborted|hang up|ECONN/);
  });

  test.each<[string, JsonObject, number]>([
    ["no upstream", { plugins: {} }, 503],
    ["no node", { upstream: { nodes: {} } }, 503],
    ["unknown upstream", { upstream_id: "none" }, 502],
    ["unknown service", { service_id: "none" }, 404],
    ["unknown plugin config", { plugin_config_id: "none", upstream: { nodes: {} } }, 503],
    ["unknown scheme", { upstream: { scheme: "kafka", nodes: { "127.0.0.1:1": 1 } } }, 502],
    ["unknown balancer", { upstream: { type: "x", nodes: { "127.0.0.1:1": 1 } } }, 502],
  ])("%s", async (_, rest, status) => {
    await gateway.put("/routes/f", { uri: "/f", ...rest });
    expect((await gateway.send("/f")).status).toBe(status);
  });
});

describe("retries", () => {
  test("go on to the next node when one refuses", async () => {
    const port = await closedPort();
    const both = { nodes: nodes(port, upstream.port) };
    await gateway.put("/routes/r", { uri: "/r", upstream: both });
    const answers = await Promise.all([1, 2, 3, 4].map(() => gateway.send("/r")));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test("none with retries 0", async () => {
    const port = await closedPort();
    const upstreamConf = { nodes: nodes(port, upstream.port), retries: 0 };
    await gateway.put("/routes/r", { uri: "/r", upstream: upstreamConf });
    const statuses = [await gateway.send("/r"), await gateway.send("/r")].map((one) => one.status);
    expect(statuses.sort()).toEqual([200, 502]);
  });

  test.each([
    ["GET", 200, 1],
    ["POST", 502, 0],
  ])("%s after something was sent: %i", async (method, status, retried) => {
    await using server = await startBytes((socket) => socket.destroy());
    const before = upstream.received.length;
    const list = [
      { host: "127.0.0.1", port: server.port, weight: 1, priority: 1 },
      { host: "127.0.0.1", port: upstream.port, weight: 1, priority: 0 },
    ];
    await gateway.put("/routes/r", { uri: "/r", upstream: { nodes: list } });
    expect((await gateway.send("/r", { method })).status).toBe(status);
    expect(upstream.received.length - before).toBe(retried);
  });

  test("a kept connection that the node has closed is no fault", async () => {
    let answers = 0;
    await using server = await startBytes((socket) => {
      answers++;
      if (answers === 2) socket.destroy();
      else socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    await gateway.put("/routes/r", { uri: "/r", upstream: { nodes: nodes(server.port) } });
    expect((await gateway.send("/r")).text).toBe("ok");
    expect((await gateway.send("/r")).text).toBe("ok");
    expect(server.received).toHaveLength(3);
  });
});

describe("connections to nodes", () => {
  test.each<[JsonObject | undefined, number]>([
    [undefined, 1],
    [{ size: 1, idle_timeout: 0, requests: 1000 }, 3],
    [{ size: 10, idle_timeout: 60, requests: 1 }, 3],
  ])("pool %j: %i for three requests", async (pool, expected) => {
    const sockets = new Set<Socket>();
    await using server = await startBytes((socket) => {
      sockets.add(socket);
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    const conf = { nodes: nodes(server.port), ...(pool ? { keepalive_pool: pool } : {}) };
    await gateway.put("/routes/k", { uri: "/k", upstream: conf });
    for (let count = 0; count < 3; count++) await gateway.send("/k");
    expect(sockets.size).toBe(expected);
  });

  test("routes to one node share them, and a change cuts none off", async () => {
    const sockets = new Set<Socket>();
    await using server = await startBytes((socket, received) => {
      sockets.add(socket);
      const answer = (): boolean => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      if (received.includes("/slow")) slow.push(answer);
      else answer();
    });
    const slow: (() => boolean)[] = [];
    const conf = { nodes: nodes(server.port) };
    for (const id of ["k1", "k2"])
      await gateway.put(`/routes/${id}`, { uri: `/${id}/*`, upstream: conf });
    await gateway.send("/k1/x");
    await gateway.send("/k2/x");
    expect(sockets.size).toBe(1);
    const pending = gateway.send("/k1/slow");
    await waitFor("the request at the node", () => slow.length === 1);
    await gateway.put("/routes/k1", { uri: "/k1/*", upstream: { ...conf, retries: 3 } });
    await gateway.delete("/routes/k2");
    expect((await gateway.send("/k1/x")).text).toBe("ok");
    slow[0]?.();
    expect((await pending).text).toBe("ok");
  });

  test("a client that leaves ends the exchange", async () => {
    const ended: boolean[] = [];
    await using server = await startBytes((socket) => socket.once("close", () => ended.push(true)));
    await gateway.put("/routes/k", { uri: "/k", upstream: { nodes: nodes(server.port) } });
    const abort = new AbortController();
    const sent = gateway.send("/k", { signal: abort.signal }).catch(() => "left");
    await waitFor("the request at the node", () => server.received.length > 0);
    abort.abort();
    expect(await sent).toBe("left");
    await waitFor("the end of the connection", () => ended.length > 0);
  });
});

describe("bodies", () => {
  test("go up in chunks when their length is not known", async () => {
    await gateway.put("/routes/b", { uri: "/b", upstream: upstream.upstream });
    const answer = await sendBytes(
      "POST /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    );
    expect(answer).toContain("HTTP/1.1 200 OK");
    expect(upstream.last().body).toBe("abcde");
    expect(upstream.last().headers["transfer-encoding"]).toBe("chunked");
  });

  test("16 MiB pass both ways as they are", async () => {
    await using mirror = await startUpstream((received, response) => response.end(received.body));
    await gateway.put("/routes/b", { uri: "/b", upstream: mirror.upstream });
    const body = "0123456789abcdef".repeat(1024 * 1024);
    const answer = await gateway.send("/b", { method: "POST", body });
    expect(answer.text === body).toBe(true);
  });

  test("a slow reader holds the node back", async () => {
    const total = 64 * 1024 * 1024;
    let written = 0;
    await using server = await startBytes((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      const piece = Buffer.alloc(256 * 1024);
      const more = (): void => {
        while (written < total && !socket.destroyed) {
          written += piece.length;
          if (!socket.write(piece)) break;
        }
      };
      socket.on("drain", more);
      more();
    });
    await gateway.put("/routes/b", { uri: "/b", upstream: { nodes: nodes(server.port) } });
    const client = connect(gateway.port, "127.0.0.1");
    client.write("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(client, "readable");
    let last = -1;
    await waitFor(
      "the node to be held back",
      () => {
        const isStill = written === last;
        last = written;
        return isStill;
      },
      { everyMs: 200 },
    );
    expect(written).toBeLessThan(total / 2);
    let read = 0;
    client.on("data", (chunk) => {
      read += chunk.length;
    });
    await waitFor("the whole body", () => read > total);
    client.destroy();
  });
});

describe("heads that are refused", () => {
  const rest = "Connection: close\r\n\r\n";
  test.each<[string, string, number]>([
    ["no Host", `GET /h HTTP/1.1\r\n${rest}`, 400],
    ["two Hosts", `GET /h HTTP/1.1\r\nHost: a\r\nHost: b\r\n${rest}`, 400],
    ["a Host with a path", `GET /h HTTP/1.1\r\nHost: a/b\r\n${rest}`, 400],
    ["a Host with a login", `GET /h HTTP/1.1\r\nHost: a@b\r\n${rest}`, 400],
    [
      "two framings",
      `POST /h HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n${rest}0\r\n\r\n`,
      400,
    ],
    [
      "two lengths",
      `POST /h HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n${rest}a`,
      400,
    ],
    ["a length that is none", `POST /h HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n${rest}a`, 400],
    [
      "an unknown coding",
      `POST /h HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n${rest}`,
      501,
    ],
    [
      "chunked before another",
      `POST /h HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n${rest}`,
      400,
    ],
    ["a blank before the colon", `GET /h HTTP/1.1\r\nHost : a\r\n${rest}`, 400],
    ["a folded line", `GET /h HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n${rest}`, 400],
    ["a path above the root", `GET /../etc HTTP/1.1\r\nHost: a\r\n${rest}`, 400],
    ["TRACE", `TRACE /h HTTP/1.1\r\nHost: a\r\n${rest}`, 405],
    ["a head too long", `GET /h HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(40_000)}\r\n${rest}`, 431],
    ["nonsense", "nonsense\r\n\r\n", 400],
  ])("%s", async (_, text, status) => {
    const before = upstream.received.length;
    const answer = await sendBytes(text);
    expect(answer.split("\r\n")[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(upstream.received.length).toBe(before);
  });
});

describe("merging", () => {
  test("service, plugin config and route each give their plugins, the route's win", async () => {
    const echo = (name: string): JsonObject => ({ body: name, headers: { [`X-${name}`]: "1" } });
    await gateway.put("/services/s", {
      plugins: { echo: echo("service"), "request-id": {} },
      upstream: upstream.upstream,
    });
    await gateway.put("/plugin_configs/p", { plugins: { echo: echo("config") } });
    await gateway.put("/routes/m", { uri: "/m", service_id: "s" });
    expect((await gateway.send("/m")).text).toBe("service");
    await gateway.put("/routes/m", { uri: "/m", service_id: "s", plugin_config_id: "p" });
    const answer = await gateway.send("/m");
    expect(answer.text).toBe("config");
    expect(answer.headers["x-service"]).toBeUndefined();
    expect(answer.headers["x-request-id"]).toBeDefined();
    await gateway.put("/routes/m", {
      uri: "/m",
      service_id: "s",
      plugin_config_id: "p",
      plugins: { echo: echo("route") },
    });
    expect((await gateway.send("/m")).text).toBe("route");
    await gateway.put("/services/s", { plugins: {}, upstream: upstream.upstream });
    expect((await gateway.send("/m")).headers["x-request-id"]).toBeUndefined();
  });

  test("global rules run too, for unknown paths as well", async () => {
    await gateway.put("/global_rules/g", { plugins: { "request-id": {} } });
    const answer = await gateway.send("/no/such/path");
    await gateway.delete("/global_rules/g");
    expect([answer.status, typeof answer.headers["x-request-id"]]).toEqual([404, "string"]);
    expect((await gateway.send("/no/such/path")).headers["x-request-id"]).toBeUndefined();
  });

  test.each<[JsonObject, string, string]>([
    [{ disable: true }, "/m2", "hello"],
    [{ filter: [["arg_on", "==", "1"]] }, "/m2", "hello"],
    [{ filter: [["arg_on", "==", "1"]] }, "/m2?on=1", "echoed"],
  ])("_meta %j, %s: %s", async (meta, path, text) => {
    await gateway.put("/routes/m2", {
      uri: "/m2",
      plugins: { echo: { body: "echoed", _meta: meta } },
      upstream: upstream.upstream,
    });
    expect((await gateway.send(path)).text).toBe(text);
  });

  test("status 0 takes a route out of service", async () => {
    await gateway.put("/routes/s0", { uri: "/s0", status: 0, upstream: upstream.upstream });
    expect((await gateway.send("/s0")).status).toBe(404);
    await gateway.put("/routes/s0", { uri: "/s0", status: 1, upstream: upstream.upstream });
    expect((await gateway.send("/s0")).status).toBe(200);
    await gateway.delete("/routes/s0");
    expect((await gateway.send("/s0")).status).toBe(404);
  });

  test("hosts of the service hold for a route without", async () => {
    await gateway.put("/services/h", { hosts: ["only.example"], upstream: upstream.upstream });
    await gateway.put("/routes/sh", { uri: "/sh", service_id: "h" });
    const at = (host: string) => gateway.send("/sh", { headers: { Host: host } });
    expect([(await at("only.example")).status, (await at("other.example")).status]).toEqual([
      200, 404,
    ]);
    await gateway.put("/services/h", { hosts: ["other.example"], upstream: upstream.upstream });
    expect([(await at("only.example")).status, (await at("other.example")).status]).toEqual([
      404, 200,
    ]);
  });
});

test.each([
  [{ scheme: "grpc", nodes: { "127.0.0.1:1": 1 } }, 502, "scheme grpc is not served"],
  [{ type: "own", nodes: { "127.0.0.1:1": 1 } }, 502, "balancer own is not served"],
  [{ discovery_type: "eureka", service_name: "s" }, 503, "discovery eureka is uninitialized"],
])("an upstream that is not served: %j", async (value, status, text) => {
  await gateway.put("/routes/unserved", { uri: "/unserved", upstream: value });
  expect((await gateway.send("/unserved")).status).toBe(status);
  expect(gateway.logs().some(({ msg }) => msg === text)).toBe(true);
  await gateway.delete("/routes/unserved");
});
