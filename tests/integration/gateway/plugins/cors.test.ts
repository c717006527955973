import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway({}, (_, response) => {
  response.writeHead(200, {
    "access-control-allow-origin": "http://of.upstream",
    "access-control-allow-headers": "Of-Upstream",
    vary: "Accept-Encoding",
  });
  response.end("hello");
});

beforeAll(async () => {
  const allow_origins = { one: "https://one.com,https://uno.com", any: "**" };
  await gateway.put("/plugin_metadata/cors", { allow_origins });
});

async function send(conf: JsonObject, origin?: string, method = "GET", more: JsonObject = {}) {
  const plugins = { cors: conf, ...more };
  await gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
  const headers = origin === undefined ? {} : { origin };
  return gateway.send("/hello", { method, headers });
}

test("the defaults allow every origin", async () => {
  const { status, headers } = await send({}, "http://a.com");
  expect(status).toBe(200);
  expect(headers).toMatchObject({
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "*",
    "access-control-allow-headers": "*",
    "access-control-max-age": "5",
    vary: "Accept-Encoding",
  });
  expect(headers["access-control-allow-credentials"]).toBeUndefined();
  expect(headers["access-control-expose-headers"]).toBeUndefined();
});

describe("Access-Control-Allow-Origin", () => {
  const LIST = "https://a.com,https://b.com:8080";
  const REGEX = ["^https://.*\\.a\\.com$", "b\\.org$"];
  test.each<[JsonObject, string | undefined, string | undefined]>([
    [{ allow_origins: LIST }, "https://a.com", "https://a.com"],
    [{ allow_origins: LIST }, "https://b.com:8080", "https://b.com:8080"],
    [{ allow_origins: LIST }, "https://b.com", undefined],
    [{ allow_origins: LIST }, undefined, undefined],
    [{ allow_origins: "https://a.com" }, "https://a.com", "https://a.com"],
    [{ allow_origins: "https://a.com" }, "https://b.com", undefined],
    [{ allow_origins: "https://a.com" }, undefined, undefined],
    [{ allow_origins: "null" }, "null", "null"],
    [{ allow_origins: "**" }, "https://x.com", "https://x.com"],
    [{ allow_origins: "**" }, undefined, "*"],
    [{ allow_origins_by_regex: REGEX }, "https://www.a.com", "https://www.a.com"],
    [{ allow_origins_by_regex: REGEX }, "http://www.b.org", "http://www.b.org"],
    [{ allow_origins_by_regex: REGEX }, "https://a.com", undefined],
    [{ allow_origins_by_regex: REGEX }, undefined, undefined],
    [{ allow_origins_by_metadata: ["one"] }, "https://uno.com", "https://uno.com"],
    [{ allow_origins_by_metadata: ["one"] }, "https://two.com", undefined],
    [{ allow_origins_by_metadata: ["none"] }, "https://two.com", undefined],
    [{ allow_origins_by_metadata: ["any"] }, "https://two.com", "https://two.com"],
    [{ allow_origins_by_metadata: ["one"], allow_origins: LIST }, "https://a.com", "https://a.com"],
    [
      { allow_origins_by_metadata: ["one"], allow_origins: LIST },
      "https://one.com",
      "https://one.com",
    ],
  ])("%j, origin %s: %s", async (conf, origin, expected) => {
    const { status, headers } = await send(conf, origin);
    expect(status).toBe(200);
    // A header of the upstream is only replaced, never taken away.
    expect(headers["access-control-allow-origin"]).toBe(expected ?? "http://of.upstream");
    expect(headers["access-control-max-age"]).toBe(expected === undefined ? undefined : "5");
  });
});

test("answers that depend on the origin say so", async () => {
  const { lines } = await send({ allow_origins: "https://a.com,https://b.com" }, "https://c.com");
  expect(lines["vary"]).toEqual(["Accept-Encoding", "Origin"]);
});

test("any OPTIONS is answered at once, before authentication", async () => {
  const before = upstream.received.length;
  const answer = await send({}, "http://a.com", "OPTIONS", { "key-auth": {} });
  expect([answer.status, answer.text]).toEqual([200, ""]);
  expect(answer.headers["access-control-allow-origin"]).toBe("*");
  expect(upstream.received.length).toBe(before);
});

test("a refusal carries the headers too", async () => {
  const answer = await send({}, "http://a.com", "GET", { "key-auth": {} });
  expect(answer.status).toBe(401);
  expect(answer.headers["access-control-allow-origin"]).toBe("*");
});

test('"**" names all methods, and the headers that are asked for', async () => {
  const conf = {
    allow_origins: "**",
    allow_methods: "**",
    allow_headers: "**",
    expose_headers: "X-One,X-Two",
    allow_credential: true,
    max_age: 50,
  };
  await send(conf);
  const headers = { origin: "https://a.com", "access-control-request-headers": "x-mine" };
  const answer = await gateway.send("/hello", { headers });
  expect(answer.headers).toMatchObject({
    "access-control-allow-origin": "https://a.com",
    "access-control-allow-methods": "GET,POST,PUT,DELETE,PATCH,HEAD,OPTIONS,CONNECT,TRACE",
    "access-control-allow-headers": "x-mine",
    "access-control-expose-headers": "X-One,X-Two",
    "access-control-allow-credentials": "true",
    "access-control-max-age": "50",
  });
  const plain = await gateway.send("/hello", { headers: { origin: "https://a.com" } });
  expect(plain.headers["access-control-allow-headers"]).toBeUndefined();
});

test.each<[JsonObject, string | undefined, string | undefined]>([
  [{ timing_allow_origins: "*" }, "https://a.com", "*"],
  [{ timing_allow_origins: "https://a.com" }, "https://a.com", "https://a.com"],
  [{ timing_allow_origins: "https://a.com" }, "https://b.com", undefined],
  [{ timing_allow_origins: "https://a.com,https://b.com" }, "https://b.com", "https://b.com"],
  [{ timing_allow_origins_by_regex: ["a\\.com$"] }, "https://x.a.com", "https://x.a.com"],
  [{ timing_allow_origins_by_regex: ["a\\.com$"] }, "https://b.com", undefined],
  [{}, "https://a.com", undefined],
])("Timing-Allow-Origin: %j, origin %s: %s", async (conf, origin, expected) => {
  const { headers } = await send(conf, origin);
  expect(headers["timing-allow-origin"]).toBe(expected);
});
