// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the gateway's own templates
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { startGateway, type TestGateway } from "../../../helpers/gateway.ts";
import type { Answer } from "../../../helpers/http.ts";
import {
  hasRedis,
  startRedis,
  startRedisCluster,
  startSentinel,
  startTlsRedis,
  type TestRedis,
} from "../../../helpers/redis.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";
import { waitFor } from "../../../helpers/wait-for.ts";

let clock = 1_000_000_000;
let id = 0;

const { gateway, upstream } = await sharedGateway({ now: () => clock });

beforeEach(() => {
  id++;
});

async function route(conf: JsonObject, on = gateway, more: JsonObject = {}): Promise<void> {
  await on.put(`/routes/${id}`, {
    uri: `/${id}`,
    plugins: { "limit-count": conf, ...more },
    upstream: upstream.upstream,
  });
}

function ask(headers: Record<string, string> = {}, on = gateway): Promise<Answer> {
  return on.send(`/${id}`, { headers });
}

function quota({ headers }: Answer): (string | undefined)[] {
  return ["limit", "remaining", "reset"].map((name) => headers[`x-ratelimit-${name}`] as string);
}

async function statuses(count: number, headers: Record<string, string> = {}): Promise<number[]> {
  const list: number[] = [];
  for (let at = 0; at < count; at++) list.push((await ask(headers)).status);
  return list;
}

describe("fixed window", () => {
  test("counts down, refuses, and begins again", async () => {
    await route({ count: 2, time_window: 60 });
    expect(quota(await ask())).toEqual(["2", "1", "60"]);
    clock += 1_504;
    expect(quota(await ask())).toEqual(["2", "0", "58.49"]);
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect(quota(refused)).toEqual(["2", "0", "58.49"]);
    expect(refused.text).toContain("503 Service Temporarily Unavailable");
    clock += 58_496;
    expect(quota(await ask())).toEqual(["2", "1", "60"]);
  });

  test("code and message of the refusal; without headers", async () => {
    await route({
      count: 1,
      time_window: 60,
      rejected_code: 429,
      rejected_msg: "slow down",
      show_limit_quota_header: false,
    });
    await ask();
    const refused = await ask();
    expect([refused.status, refused.text]).toEqual([429, '{"error_msg":"slow down"}\n']);
    expect(quota(refused)).toEqual([undefined, undefined, undefined]);
  });

  test("another plugin of the route leaves the count alone, its own change begins anew", async () => {
    const conf = { count: 1, time_window: 60 };
    await route(conf);
    expect(await statuses(2)).toEqual([200, 503]);
    await route(conf, gateway, { "proxy-rewrite": { method: "GET" } });
    expect(await statuses(1)).toEqual([503]);
    await route({ ...conf, rejected_code: 429 });
    expect(await statuses(2)).toEqual([200, 429]);
  });

  test("names of the headers from the metadata", async () => {
    await using other = await startGateway();
    await other.put("/plugin_metadata/limit-count", { limit_header: "X-Most" });
    await route({ count: 3, time_window: 60 }, other);
    const { headers } = await ask({}, other);
    expect([headers["x-most"], headers["x-ratelimit-remaining"]]).toEqual(["3", "2"]);
  });
});

describe("key", () => {
  test.each<[string, JsonObject]>([
    ["a variable", { key: "http_x_user" }],
    ["a combination", { key: "$http_x_user-$uri", key_type: "var_combination" }],
  ])("%s", async (_, conf) => {
    await route({ count: 1, time_window: 60, ...conf });
    expect(await statuses(2, { "x-user": "a" })).toEqual([200, 503]);
    expect(await statuses(1, { "x-user": "b" })).toEqual([200]);
  });

  test("without a value the client's address", async () => {
    await route({ count: 1, time_window: 60, key: "http_x_user" });
    expect(await statuses(2)).toEqual([200, 503]);
    expect(await statuses(1, { "x-user": "127.0.0.1" })).toEqual([503]);
  });

  test("a constant is one for all", async () => {
    await route({ count: 1, time_window: 60, key: "http_x_user", key_type: "constant" });
    expect(await statuses(1, { "x-user": "a" })).toEqual([200]);
    expect(await statuses(1, { "x-user": "b" })).toEqual([503]);
  });

  test("routes of a group share", async () => {
    const conf = { count: 1, time_window: 60, group: `g${id}` };
    await route(conf);
    expect(await statuses(1)).toEqual([200]);
    id++;
    await route(conf);
    expect(await statuses(1)).toEqual([503]);
  });

  test("routes of a service share its limit", async () => {
    await gateway.put("/services/1", {
      plugins: { "limit-count": { count: 1, time_window: 60 } },
      upstream: upstream.upstream,
    });
    await gateway.put("/routes/s1", { uri: "/s1", service_id: "1" });
    await gateway.put("/routes/s2", { uri: "/s2", service_id: "1" });
    const answers = [await gateway.send("/s1"), await gateway.send("/s2")];
    expect(answers.map(({ status }) => status)).toEqual([200, 503]);
  });
});

describe("amounts of variables", () => {
  test("per request", async () => {
    await route({ count: "${http_x_count ?? 1}", time_window: "$http_x_window" });
    const headers = { "x-count": "2", "x-window": "10" };
    expect(quota(await ask(headers))).toEqual(["2", "1", "10"]);
    expect(await statuses(2, headers)).toEqual([200, 503]);
  });

  test.each(["", "abc", "0", "-1", "1.5", "1e300"])("%j is none", async (count) => {
    await route({ count: "$http_x_count", time_window: 60 });
    expect((await ask({ "x-count": count })).status).toBe(500);
    await route({ count: "$http_x_count", time_window: 60, allow_degradation: true });
    expect((await ask({ "x-count": count })).status).toBe(200);
  });
});

describe("rules", () => {
  const rules = [
    { count: 1, time_window: 10, key: "$http_x_a" },
    { count: 2, time_window: 60, key: "$http_x_b", header_prefix: "user" },
  ];

  test("each that has a value applies, with headers of its own", async () => {
    await route({ rules });
    const answer = await ask({ "x-a": "1", "x-b": "1" });
    expect(answer.headers).toMatchObject({
      "x-1-ratelimit-remaining": "0",
      "x-user-ratelimit-remaining": "1",
      "x-user-ratelimit-reset": "60",
    });
    expect(await statuses(2, { "x-b": "1" })).toEqual([200, 503]);
    expect(await statuses(1, { "x-a": "1" })).toEqual([503]);
  });

  test("none that applies is an error, unless degradation is allowed", async () => {
    await route({ rules });
    expect(await statuses(1)).toEqual([500]);
    await route({ rules, allow_degradation: true });
    expect(await statuses(1)).toEqual([200]);
  });
});

test("sliding window: the window before counts by what still overlaps", async () => {
  clock = 2_000_000_000;
  await route({ count: 4, time_window: 10, window_type: "sliding" });
  expect(await statuses(5)).toEqual([200, 200, 200, 200, 503]);
  clock += 12_000;
  // 8 of 10 seconds overlap: 3.2 of 4 are taken.
  expect(quota(await ask())).toEqual(["4", "-1", "8"]);
  const refused = await ask();
  expect([refused.status, refused.headers["x-ratelimit-reset"]]).toEqual([503, "0.5"]);
  clock += 6_000;
  expect(await statuses(3)).toEqual([200, 200, 200]);
});

describe.skipIf(!hasRedis)("redis", () => {
  let redis: TestRedis;
  let other: TestGateway;

  beforeAll(async () => {
    redis = await startRedis(["--requirepass", "secret"]);
    other = await startGateway();
  });

  afterAll(async () => {
    await other[Symbol.asyncDispose]();
    await redis[Symbol.asyncDispose]();
  });

  const conf = (more: JsonObject = {}): JsonObject => ({
    count: 2,
    // A window of the clock that ends within a test is rare enough when they are days.
    time_window: 86_400,
    policy: "redis",
    redis_host: "127.0.0.1",
    redis_port: redis.port,
    redis_password: "secret",
    ...more,
  });

  test.each(["fixed", "sliding"])("%s: gateways share the count", async (window_type) => {
    await using third = await startGateway();
    for (const one of [other, third]) await route(conf({ window_type }), one);
    const first = await ask({}, other);
    expect([first.status, ...quota(first).slice(0, 2)]).toEqual([200, "2", "1"]);
    expect(Number(quota(first)[2])).toBeGreaterThan(0);
    expect((await ask({}, third)).status).toBe(200);
    const refused = await ask({}, other);
    expect([refused.status, quota(refused)[1]]).toEqual([503, "0"]);
  });

  test("another database counts apart", async () => {
    await route(conf({ count: 1 }), other);
    await ask({}, other);
    expect((await ask({}, other)).status).toBe(503);
    await route(conf({ count: 1, redis_database: 1 }), other);
    expect((await ask({}, other)).status).toBe(200);
  });

  test("a database that is not there is a failure, not another database", async () => {
    await route(conf({ count: 1, redis_database: 999_999 }), other);
    for (let at = 0; at < 3; at++) expect((await ask({}, other)).status).toBe(500);
    expect(other.logs().map(({ reason }) => reason)).toContain(
      "failed to change redis db, err: ERR DB index is out of range",
    );
  });

  test("simultaneous requests: exactly as many as allowed", async () => {
    await route(conf({ count: 10 }), other);
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask({}, other)));
    expect(answers.filter(({ status }) => status === 200).length).toBe(10);
  });

  test.each(["fixed", "sliding"])("%s: told now and then", async (window_type) => {
    await using third = await startGateway();
    const delayed = conf({ count: 5, sync_interval: 0.1, window_type });
    for (const one of [other, third]) await route(delayed, one);
    for (let at = 0; at < 3; at++) expect((await ask({}, other)).status).toBe(200);
    // Nothing was told yet, or all of it: soon the second gateway knows of three.
    await waitFor("the other gateway's count", async () => {
      const { status, headers } = await ask({}, third);
      return status === 503 && headers["x-ratelimit-remaining"] === "0";
    });
    await waitFor("the first gateway's refusal", async () => (await ask({}, other)).status === 503);
  });

  test.each<[boolean, number]>([
    [false, 500],
    [true, 200],
  ])("a wrong password: degradation %s: %i", async (allow_degradation, status) => {
    await route(conf({ redis_password: "wrong-password", allow_degradation }), other);
    const answer = await ask({}, other);
    expect(answer.status).toBe(status);
    if (status === 500) expect(answer.text).toBe('{"error_msg":"failed to limit count"}\n');
    const logged = other.logs().filter(({ msg }) => msg === "failed to limit count");
    expect(logged.at(-1)?.["reason"]).toMatch(/^WRONGPASS /);
    expect(JSON.stringify(other.logs())).not.toContain("wrong-password");
  });

  test("over TLS: a certificate is only looked at when that is wished", async () => {
    await using secure = await startTlsRedis();
    const tls = { redis_port: secure.port, redis_password: "", redis_ssl: true, count: 1 };
    await route(conf(tls), other);
    expect((await ask({}, other)).status).toBe(200);
    expect((await ask({}, other)).status).toBe(503);
    await route(conf({ ...tls, redis_ssl_verify: true }), other);
    expect((await ask({}, other)).status).toBe(500);
  });

  test("a cluster", async () => {
    await using cluster = await startRedisCluster();
    const node = `127.0.0.1:${cluster.port}`;
    const settings = { redis_cluster_nodes: [node], redis_cluster_name: "c", redis_timeout: 5000 };
    const shared = { count: 2, time_window: 60, policy: "redis-cluster", ...settings };
    await using third = await startGateway();
    for (const one of [other, third]) await route(shared, one);
    const answers = [await ask({}, other), await ask({}, third), await ask({}, other)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 503]);
  });

  test("a cluster that is not there", async () => {
    const settings = { redis_cluster_nodes: ["127.0.0.1:1"], redis_cluster_name: "c" };
    const shared = { count: 2, time_window: 60, policy: "redis-cluster", redis_timeout: 100 };
    await using third = await startGateway();
    await route({ ...shared, ...settings }, third);
    expect((await ask({}, third)).status).toBe(500);
  });

  test("a master that a sentinel knows", async () => {
    await using master = await startRedis();
    await using sentinel = await startSentinel(master);
    const shared = {
      count: 1,
      time_window: 60,
      policy: "redis-sentinel",
      redis_sentinels: [{ host: "127.0.0.1", port: sentinel.port }],
      redis_master_name: "mymaster",
    };
    await using third = await startGateway();
    for (const one of [other, third]) await route(shared, one);
    expect((await ask({}, other)).status).toBe(200);
    expect((await ask({}, third)).status).toBe(503);
  });

  test("a server that dies and comes back", async () => {
    const dying = await startRedis();
    await route(conf({ redis_port: dying.port, redis_password: "" }), other);
    expect((await ask({}, other)).status).toBe(200);
    await dying[Symbol.asyncDispose]();
    const before = other.logs().length;
    for (let at = 0; at < 3; at++) expect((await ask({}, other)).status).toBe(500);
    const logged = JSON.stringify(other.logs().slice(before));
    expect(logged).toContain(`connect ECONNREFUSED 127.0.0.1:${dying.port}`);
    // An option of a library that nobody here can set.
    expect(logged).not.toContain("maxRetriesPerRequest");
    await using again = await startRedis(["--port", String(dying.port)]);
    expect(again.port).toBeGreaterThan(0);
    await waitFor("a count again", async () => (await ask({}, other)).status === 200);
  });
});
