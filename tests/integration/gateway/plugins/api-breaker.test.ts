import { beforeEach, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

let clock = 1_000_000_000;
let path = "/0";
let count = 0;

const { gateway, upstream } = await sharedGateway({ now: () => clock }, ({ headers }, response) => {
  response.writeHead(Number(headers["x-status"] ?? 200)).end("up");
});

beforeEach(() => {
  path = `/${++count}`;
});

async function route(conf: JsonObject): Promise<void> {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "api-breaker": conf },
    upstream: upstream.upstream,
  });
}

async function ask(status = 200, times = 1): Promise<number[]> {
  const statuses: number[] = [];
  for (let at = 0; at < times; at++) {
    const headers = { "x-status": String(status) };
    statuses.push((await gateway.send(path, { headers })).status);
  }
  return statuses;
}

const CONF: JsonObject = {
  break_response_code: 502,
  unhealthy: { http_statuses: [500, 503], failures: 3 },
  healthy: { http_statuses: [200], successes: 2 },
  max_breaker_sec: 5,
};

test("after so many failures requests are refused, for longer each time", async () => {
  await route(CONF);
  expect(await ask(500, 4)).toEqual([500, 500, 500, 502]);
  clock += 2_000;
  expect(await ask(500)).toEqual([502]);
  clock += 1_000;
  // Its time is over; the next series breaks for 4 s.
  expect(await ask(503, 4)).toEqual([503, 503, 503, 502]);
  clock += 4_000;
  expect(await ask()).toEqual([502]);
  clock += 1_000;
  // The third would be 8 s, but 5 is the most.
  expect(await ask(500, 3)).toEqual([500, 500, 500]);
  clock += 6_000;
  expect(await ask()).toEqual([200]);
});

test("successes make it well again", async () => {
  await route(CONF);
  await ask(500, 2);
  expect(await ask(200, 2)).toEqual([200, 200]);
  // Were the two still counted, the next would break it.
  expect(await ask(500, 3)).toEqual([500, 500, 500]);
  expect(await ask(500)).toEqual([502]);
});

test("a failure begins the count of successes again; other statuses do nothing", async () => {
  await route(CONF);
  await ask(500, 1);
  await ask(200, 1);
  await ask(404, 5);
  await ask(500, 1);
  await ask(200, 1);
  await ask(500, 1);
  expect(await ask(200)).toEqual([502]);
});

test("each path, and each host, has a breaker of its own", async () => {
  await route(CONF);
  await ask(500, 3);
  const other = await gateway.send(path, { headers: { host: "other.test", "x-status": "200" } });
  expect(other.status).toBe(200);
  path += "/x";
  expect(await ask()).toEqual([200]);
});

test("body and headers of the refusal", async () => {
  const headers = [
    { key: "Content-Type", value: "application/json" },
    { key: "X-Who", value: "$remote_addr" },
  ];
  await route({ ...CONF, break_response_body: '{"m":1}', break_response_headers: headers });
  await ask(500, 3);
  const answer = await gateway.send(path);
  expect([answer.status, answer.json]).toEqual([502, { m: 1 }]);
  expect(answer.headers).toMatchObject({
    "content-type": "application/json",
    "x-who": "127.0.0.1",
  });
  expect(answer.lines["content-type"]).toEqual(["application/json"]);
});

test("an upstream that cannot be reached counts by its status", async () => {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: {
      "api-breaker": {
        break_response_code: 599,
        unhealthy: { http_statuses: [502], failures: 1 },
      },
    },
    upstream: { type: "roundrobin", nodes: { "127.0.0.1:1": 1 } },
  });
  expect(await ask(200, 2)).toEqual([502, 599]);
});
