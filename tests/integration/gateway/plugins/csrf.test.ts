import { createHash } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

let now = Date.parse("2026-11-20T12:00:00Z");

const { gateway, upstream } = await sharedGateway({ now: () => now }, (_, response) => {
  response.writeHead(200, { "set-cookie": "own=1" }).end("hello");
});

beforeEach(() => configure({}));

function configure(conf: JsonObject): Promise<void> {
  const plugins = { csrf: { key: "userkey", expires: 600, ...conf } };
  return gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
}

async function fetchToken(): Promise<string> {
  const { lines } = await gateway.send("/hello");
  const cookie = lines["set-cookie"]?.find((line) => line.startsWith("apisix-csrf-token="));
  return /^apisix-csrf-token=([^;]+);/.exec(cookie ?? "")?.[1] ?? "";
}

function post(token: string | undefined, cookie = token) {
  const headers = {
    ...(token === undefined ? {} : { "apisix-csrf-token": token }),
    ...(cookie === undefined ? {} : { cookie: `apisix-csrf-token=${cookie}` }),
  };
  return gateway.send("/hello", { method: "POST", headers });
}

function forge(members: JsonObject): string {
  return Buffer.from(JSON.stringify(members)).toString("base64");
}

function sign(random: number | string, expires: number): string {
  const text = `{expires:${expires},random:${random},key:userkey}`;
  return createHash("sha256").update(text).digest("hex");
}

test.each(["GET", "HEAD", "OPTIONS"])("%s needs no token, and gets one", async (method) => {
  const answer = await gateway.send("/hello", { method });
  expect(answer.status).toBe(200);
  const [own, cookie] = answer.lines["set-cookie"] ?? [];
  expect(own).toBe("own=1");
  expect(cookie).toMatch(
    /^apisix-csrf-token=[\w+/]+=*;path=\/;SameSite=Lax;Expires=Fri, 20-Nov-26 12:10:00 GMT$/,
  );
});

test("a token that comes back in cookie and header lets the request through", async () => {
  const answer = await post(await fetchToken());
  expect([answer.status, answer.text]).toEqual([200, "hello"]);
});

test("a token of the original is understood", async () => {
  const seconds = now / 1000;
  const random = 0.5137186282;
  const answer = await post(forge({ random, expires: seconds, sign: sign(random, seconds) }));
  expect(answer.status).toBe(200);
});

test("what is missing or does not fit is told; a new cookie comes with the refusal", async () => {
  const token = await fetchToken();
  for (const [sent, cookie, text] of [
    [undefined, token, "no csrf token in headers"],
    ["", token, "no csrf token in headers"],
    [token, undefined, "no csrf cookie"],
    [token, await fetchToken(), "csrf token mismatch"],
  ] as const) {
    const headers = {
      ...(sent === undefined ? {} : { "apisix-csrf-token": sent }),
      ...(cookie === undefined ? {} : { cookie: `apisix-csrf-token=${cookie}` }),
    };
    const answer = await gateway.send("/hello", { method: "POST", headers });
    expect([answer.status, answer.text]).toEqual([401, `{"error_msg":"${text}"}\n`]);
    expect(answer.headers["set-cookie"]).toHaveLength(1);
  }
});

test.each<[string, () => string]>([
  ["not base64", () => "%%%"],
  ["not JSON", () => Buffer.from("nonsense").toString("base64")],
  ["not an object", () => Buffer.from("[1]").toString("base64")],
  ["no random", () => forge({ expires: now / 1000, sign: "x" })],
  ["no time", () => forge({ random: 1, sign: "x" })],
  ["time of another type", () => forge({ random: 1, expires: {}, sign: "x" })],
  ["wrong signature", () => forge({ random: 1, expires: now / 1000, sign: "x" })],
  [
    "too old",
    () => forge({ random: 1, expires: now / 1000 - 601, sign: sign(1, now / 1000 - 601) }),
  ],
])("%s: refused", async (_, token) => {
  const answer = await post(token());
  expect(answer.status).toBe(401);
  expect(answer.json).toEqual({ error_msg: "Failed to verify the csrf token signature" });
});

test("a token holds for its time, to the second; without an end for ever", async () => {
  const token = await fetchToken();
  now += 600_000;
  expect((await post(token)).status).toBe(200);
  now += 1000;
  expect((await post(token)).status).toBe(401);
  await configure({ expires: 0 });
  expect((await post(token)).status).toBe(200);
});

test("another name is the name of cookie and header", async () => {
  await configure({ name: "X-Csrf" });
  const { lines } = await gateway.send("/hello");
  const token = /^X-Csrf=([^;]+)/.exec(lines["set-cookie"]?.[1] ?? "")?.[1] ?? "";
  const headers = { "x-csrf": token, cookie: `a=b; X-Csrf=${token}` };
  expect((await gateway.send("/hello", { method: "POST", headers })).status).toBe(200);
});
