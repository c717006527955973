import { request as openRequest } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import type { Plugin } from "../../../../src/gateway/plugin.ts";
import { PLUGINS } from "../../../../src/gateway/plugins/table.ts";
import { startGateway } from "../../../helpers/gateway.ts";
import { hasRedis, startRedis, type TestRedis } from "../../../helpers/redis.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";
import { waitFor } from "../../../helpers/wait-for.ts";

let id = 0;
/** Answers that the upstream holds back. */
let waiting: (() => void)[] = [];

const { gateway, upstream } = await sharedGateway({}, ({ headers }, response) => {
  if (headers["x-wait"] === undefined) response.end("hello");
  else waiting.push(() => response.end("late"));
});

beforeEach(() => {
  id++;
  waiting = [];
});

const CONF: JsonObject = { conn: 1, burst: 0, default_conn_delay: 0.1, key: "remote_addr" };

async function route(conf: JsonObject, on = gateway): Promise<void> {
  await on.put(`/routes/${id}`, {
    uri: `/${id}`,
    plugins: { "limit-conn": { ...CONF, ...conf } },
    upstream: upstream.upstream,
  });
}

async function ask(headers: Record<string, string> = {}, on = gateway): Promise<number> {
  return (await on.send(`/${id}`, { headers })).status;
}

/** Requests that are under way until `waiting` is called. */
async function hold(count: number, headers = {}, on = gateway): Promise<Promise<number>[]> {
  const before = waiting.length;
  const asked = Array.from({ length: count }, () => ask({ "x-wait": "1", ...headers }, on));
  await waitFor("requests at the upstream", () => waiting.length === before + count);
  return asked;
}

test("so many at a time, and again when one is done", async () => {
  await route({ conn: 2 });
  const held = await hold(2);
  expect(await ask()).toBe(503);
  waiting[0]?.();
  await Promise.race(held);
  expect(await ask()).toBe(200);
  waiting[1]?.();
  expect(await Promise.all(held)).toEqual([200, 200]);
});

test("a burst waits", async () => {
  await route({ burst: 1, default_conn_delay: 0.2 });
  const held = await hold(1);
  const begun = performance.now();
  expect(await ask()).toBe(200);
  expect(performance.now() - begun).toBeGreaterThan(190);
  waiting[0]?.();
  await Promise.all(held);
});

test("code and message of the refusal", async () => {
  await route({ rejected_code: 429, rejected_msg: "too many" });
  const held = await hold(1);
  const answer = await gateway.send(`/${id}`);
  expect([answer.status, answer.text]).toEqual([429, '{"error_msg":"too many"}\n']);
  waiting[0]?.();
  await Promise.all(held);
});

test("each key has its own places", async () => {
  await route({ key: "$http_x_user", key_type: "var_combination" });
  const held = await hold(1, { "x-user": "a" });
  expect(await ask({ "x-user": "a" })).toBe(503);
  expect(await ask({ "x-user": "b" })).toBe(200);
  waiting[0]?.();
  await Promise.all(held);
});

test("who leaves gives the place back, also while waiting for it", async () => {
  await route({ burst: 1, default_conn_delay: 1.5 });
  const held = await hold(1);
  const url = `${gateway.url}/${id}`;
  const leaving = openRequest(url, { agent: false });
  leaving.on("error", () => undefined);
  leaving.end();
  await waitFor("a full house", async () => (await ask()) === 503);
  leaving.destroy();
  await waitFor("a place", async () => (await ask()) === 200);
  waiting[0]?.();
  await Promise.all(held);
  for (let at = 0; at < 3; at++) expect(await ask()).toBe(200);
});

test("a place is not taken for a client that has gone before", async () => {
  let isLogged = false;
  let open: () => void = () => undefined;
  const gate: Plugin = {
    name: "gate",
    version: 0.1,
    priority: 2000,
    schema: { type: "object" },
    create: () => ({
      access: (_, ctx) => {
        if (ctx.request.headers.get("x-gate") === undefined) return undefined;
        return new Promise((resolve) => {
          open = () => resolve(undefined);
        });
      },
      log: (_, ctx) => {
        if (ctx.request.headers.has("x-gate")) isLogged = true;
      },
    }),
  };
  await using other = await startGateway({ plugins: [...PLUGINS, gate] });
  await other.put(`/routes/${id}`, {
    uri: `/${id}`,
    plugins: { gate: {}, "limit-conn": CONF },
    upstream: upstream.upstream,
  });
  const leaving = openRequest(`${other.url}/${id}`, { agent: false, headers: { "x-gate": "1" } });
  leaving.on("error", () => undefined);
  leaving.end();
  const shut = open;
  await waitFor("a request at the gate", () => open !== shut);
  leaving.destroy();
  await waitFor("its log phase", () => isLogged);
  open();
  for (let count = 0; count < 3; count++) expect(await ask({}, other)).toBe(200);
});

test("rules: those whose key has a value", async () => {
  const rules = [
    { conn: 1, burst: 0, key: "$http_x_a" },
    { conn: "$http_x_conn", burst: 0, key: "$http_x_b" },
  ];
  await gateway.put(`/routes/${id}`, {
    uri: `/${id}`,
    plugins: { "limit-conn": { rules, default_conn_delay: 0.1 } },
    upstream: upstream.upstream,
  });
  const held = await hold(1, { "x-a": "1", "x-b": "1", "x-conn": "2" });
  expect(await ask({ "x-a": "1" })).toBe(503);
  expect(await ask({ "x-b": "1", "x-conn": "2" })).toBe(200);
  expect(await ask({ "x-b": "1", "x-conn": "1" })).toBe(503);
  expect(await ask()).toBe(500);
  waiting[0]?.();
  await Promise.all(held);
});

describe.skipIf(!hasRedis)("redis", () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(() => redis[Symbol.asyncDispose]());

  const conf = (more: JsonObject = {}): JsonObject => ({
    policy: "redis",
    redis_host: "127.0.0.1",
    redis_port: redis.port,
    ...more,
  });

  test("gateways share the places", async () => {
    await using other = await startGateway();
    await route(conf());
    await route(conf(), other);
    const held = await hold(1);
    expect(await ask({}, other)).toBe(503);
    waiting[0]?.();
    await Promise.all(held);
    await waitFor("the place", async () => (await ask({}, other)) === 200);
  });

  test("nobody there", async () => {
    await route(conf({ redis_port: 1 }));
    expect(await ask()).toBe(500);
    await route(conf({ redis_port: 1, allow_degradation: true }));
    expect(await ask()).toBe(200);
  });
});
