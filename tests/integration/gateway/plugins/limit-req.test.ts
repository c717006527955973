import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { startGateway } from "../../../helpers/gateway.ts";
import { hasRedis, startRedis, type TestRedis } from "../../../helpers/redis.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

let clock = 1_000_000_000;
let id = 0;

const { gateway, upstream } = await sharedGateway({ now: () => clock });

beforeEach(() => {
  id++;
});

async function route(conf: JsonObject, on = gateway): Promise<void> {
  await on.put(`/routes/${id}`, {
    uri: `/${id}`,
    plugins: { "limit-req": conf },
    upstream: upstream.upstream,
  });
}

async function statuses(count: number, user = "a", on = gateway): Promise<number[]> {
  const list: number[] = [];
  for (let at = 0; at < count; at++) {
    list.push((await on.send(`/${id}`, { headers: { "x-user": user } })).status);
  }
  return list;
}

test("the first passes, then what has not dripped out is refused", async () => {
  await route({ rate: 2, burst: 0, key: "remote_addr" });
  expect(await statuses(2)).toEqual([200, 503]);
  clock += 499;
  expect(await statuses(1)).toEqual([503]);
  clock += 1;
  expect(await statuses(2)).toEqual([200, 503]);
});

test("a burst passes, without delay if wished", async () => {
  await route({ rate: 1, burst: 2, key: "remote_addr", nodelay: true });
  const begun = performance.now();
  expect(await statuses(4)).toEqual([200, 200, 200, 503]);
  // With a delay they would wait for one second and for two.
  expect(performance.now() - begun).toBeLessThan(2900);
});

test("a burst is slowed down", async () => {
  await route({ rate: 5, burst: 2, key: "remote_addr" });
  const begun = performance.now();
  expect(await statuses(2)).toEqual([200, 200]);
  const ms = performance.now() - begun;
  expect(ms).toBeGreaterThan(195);
});

test.each<[string, JsonObject]>([
  ["a variable", { key: "http_x_user" }],
  ["a combination", { key: "$http_x_user-$uri", key_type: "var_combination" }],
])("key: %s", async (_, conf) => {
  await route({ rate: 1, burst: 0, ...conf });
  expect(await statuses(2, "a")).toEqual([200, 503]);
  expect(await statuses(1, "b")).toEqual([200]);
});

test("code and message of the refusal", async () => {
  await route({
    rate: 1,
    burst: 0,
    key: "remote_addr",
    rejected_code: 429,
    rejected_msg: "slow down",
  });
  await statuses(1);
  const answer = await gateway.send(`/${id}`);
  expect([answer.status, answer.text]).toEqual([429, '{"error_msg":"slow down"}\n']);
});

describe.skipIf(!hasRedis)("redis", () => {
  let redis: TestRedis;

  beforeAll(async () => {
    redis = await startRedis();
  });

  afterAll(() => redis[Symbol.asyncDispose]());

  const conf = (more: JsonObject = {}): JsonObject => ({
    rate: 0.1,
    burst: 1.5,
    nodelay: true,
    key: "remote_addr",
    policy: "redis",
    redis_host: "127.0.0.1",
    redis_port: redis.port,
    ...more,
  });

  test("gateways share the bucket", async () => {
    await using other = await startGateway();
    await using third = await startGateway();
    for (const one of [other, third]) await route(conf(), one);
    expect(await statuses(1, "a", other)).toEqual([200]);
    expect(await statuses(2, "a", third)).toEqual([200, 503]);
    expect(await statuses(1, "a", other)).toEqual([503]);
  });

  test("nobody there", async () => {
    await using other = await startGateway();
    await route(conf({ redis_port: 1 }), other);
    expect(await statuses(1, "a", other)).toEqual([500]);
    await route(conf({ redis_port: 1, allow_degradation: true }), other);
    expect(await statuses(1, "a", other)).toEqual([200]);
  });
});
