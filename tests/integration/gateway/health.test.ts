import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../helpers/gateway.ts";
import { waitFor } from "../../helpers/wait-for.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

/** An upstream whose health can be switched. */
async function switchable(): Promise<TestUpstream & { isUp: boolean }> {
  const state = { isUp: true };
  const upstream = await startUpstream((_, response) => {
    response.writeHead(state.isUp ? 200 : 500).end(state.isUp ? "up" : "down");
  });
  return Object.defineProperty(upstream, "isUp", {
    set: (isUp: boolean) => {
      state.isUp = isUp;
    },
  }) as TestUpstream & { isUp: boolean };
}

function statusOf(port: number): string | undefined {
  return gateway.gateway
    .health()
    .flatMap(({ nodes }) => nodes)
    .find((node) => node.port === port)?.status;
}

const FAST = { interval: 0.05 };

describe("active checks", () => {
  test("a node that fails is left out until it is back", async () => {
    await using one = await switchable();
    await using other = await switchable();
    await gateway.put("/upstreams/h", {
      nodes: { [one.address]: 1, [other.address]: 1 },
      checks: {
        active: {
          http_path: "/status",
          host: "check.example",
          req_headers: ["X-Check: 1"],
          healthy: { ...FAST, successes: 1 },
          unhealthy: { ...FAST, http_failures: 2 },
        },
      },
    });
    await gateway.put("/routes/h", { uri: "/h", upstream_id: "h" });
    expect(gateway.gateway.health()).toEqual([]);
    await gateway.send("/h");
    one.isUp = false;
    await waitFor("the node to be down", () => statusOf(one.port) === "unhealthy");
    const probe = one.received.find(({ url }) => url === "/status");
    expect(probe?.headers).toMatchObject({ host: "check.example", "x-check": "1" });
    const answers = await Promise.all(Array.from({ length: 6 }, () => gateway.send("/h")));
    expect(answers.map(({ text }) => text)).toEqual(Array(6).fill("up"));
    const [view] = gateway.gateway.health();
    expect(view).toMatchObject({ name: "/apisix/upstreams/h", type: "http" });
    one.isUp = true;
    await waitFor("the node to be back", () => statusOf(one.port) === "healthy");
    const before = one.received.filter(({ url }) => url === "/h").length;
    await Promise.all(Array.from({ length: 4 }, () => gateway.send("/h")));
    expect(one.received.filter(({ url }) => url === "/h").length - before).toBe(2);
  });

  test("with all nodes down, all are used", async () => {
    await using one = await switchable();
    await using other = await switchable();
    one.isUp = false;
    other.isUp = false;
    await gateway.put("/routes/a", {
      uri: "/a",
      upstream: {
        nodes: { [one.address]: 1, [other.address]: 1 },
        checks: { active: { unhealthy: { ...FAST, http_failures: 1 } } },
      },
    });
    await gateway.send("/a");
    await waitFor("both to be down", () =>
      [one, other].every(({ port }) => statusOf(port) === "unhealthy"),
    );
    const answers = await Promise.all([1, 2].map(() => gateway.send("/a")));
    expect(answers.map(({ text }) => text)).toEqual(["down", "down"]);
  });

  test("tcp checks, and state that survives a change of other fields", async () => {
    const one = await switchable();
    await using other = await switchable();
    const conf = {
      nodes: { [one.address]: 1, [other.address]: 1 },
      checks: { active: { type: "tcp", unhealthy: { ...FAST, tcp_failures: 1 }, healthy: FAST } },
    };
    await gateway.put("/upstreams/t", conf);
    await gateway.put("/routes/t", { uri: "/t", upstream_id: "t" });
    await gateway.send("/t");
    await one[Symbol.asyncDispose]();
    await waitFor("the node to be down", () => statusOf(one.port) === "unhealthy");
    await gateway.put("/upstreams/t", { ...conf, retries: 3 });
    await gateway.send("/t");
    expect(statusOf(one.port)).toBe("unhealthy");
    await gateway.delete("/upstreams/t");
    await gateway.delete("/routes/t");
    expect(statusOf(one.port)).toBeUndefined();
  });
});

test("passive checks count what requests meet", async () => {
  await using one = await switchable();
  await using other = await switchable();
  one.isUp = false;
  await gateway.put("/routes/p", {
    uri: "/p",
    upstream: {
      nodes: { [one.address]: 1, [other.address]: 1 },
      checks: {
        active: { healthy: { interval: 0 }, unhealthy: { interval: 0 } },
        passive: { unhealthy: { http_failures: 2 } },
      },
    },
  });
  const texts: string[] = [];
  for (let count = 0; count < 8; count++) texts.push((await gateway.send("/p")).text);
  expect(texts.filter((text) => text === "down")).toHaveLength(2);
  expect(texts.slice(4)).toEqual(Array(4).fill("up"));
});

describe("names of nodes", () => {
  test("the system's names are resolved", async () => {
    await using upstream = await startUpstream();
    await gateway.put("/routes/d", {
      uri: "/d",
      upstream: { nodes: { [`localhost:${upstream.port}`]: 1 }, pass_host: "node" },
    });
    expect((await gateway.send("/d")).status).toBe(200);
    expect(upstream.last().headers.host).toBe(`localhost:${upstream.port}`);
  });

  test("a name nobody knows is 503", async () => {
    await gateway.put("/routes/d2", {
      uri: "/d2",
      upstream: { nodes: { "no.such.invalid:80": 1 } },
    });
    expect((await gateway.send("/d2")).status).toBe(503);
  });

  test("discovery by DNS asks again when the answer is old", async () => {
    await using upstream = await startUpstream();
    let address = "127.0.0.2";
    const asked: number[] = [];
    const names = createSocket("udp4", (query, from) => {
      asked.push(query.length);
      names.send(answerTo(query, address, 1), from.port, from.address);
    });
    names.bind(0, "127.0.0.1");
    await once(names, "listening");
    await using own = await startGateway({ dnsServers: [`127.0.0.1:${names.address().port}`] });
    await own.put("/routes/s", {
      uri: "/s",
      upstream: {
        service_name: `svc.test:${upstream.port}`,
        discovery_type: "dns",
        type: "roundrobin",
        timeout: { connect: 1, send: 1, read: 1 },
      },
    });
    expect((await own.send("/s")).status).toBe(502);
    address = "127.0.0.1";
    await waitFor("the new address", async () => (await own.send("/s")).status === 200);
    expect(asked.length).toBeGreaterThan(1);
    names.close();
  });
});

test("the file of hosts goes before configured DNS servers", async () => {
  await using upstream = await startUpstream();
  // Nobody answers there.
  await using own = await startGateway({ dnsServers: ["127.0.0.1:1"] });
  await own.put("/routes/l", {
    uri: "/l",
    upstream: { nodes: { [`localhost:${upstream.port}`]: 1 } },
  });
  expect((await own.send("/l")).status).toBe(200);
});

/** A DNS answer with one A record. */
function answerTo(query: Buffer, address: string, ttl: number): Buffer {
  const end = query.indexOf(0, 12) + 5;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(1, 6);
  head.writeUInt32BE(0, 8);
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(1, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(ttl, 6);
  record.writeUInt16BE(4, 10);
  for (const [at, part] of address.split(".").entries()) record.writeUInt8(Number(part), 12 + at);
  return Buffer.concat([head, query.subarray(12, end), record]);
}
