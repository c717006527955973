import { beforeAll, beforeEach, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway();

beforeAll(async () => {
  const jack = { username: "jack", password: "secret" };
  await gateway.put("/consumers/jack", { username: "jack", plugins: { "basic-auth": jack } });
  const umlaut = { username: "jürgen", password: "geheim" };
  await gateway.put("/consumers/j", { username: "j", plugins: { "basic-auth": umlaut } });
  await gateway.put("/consumers/anonymous", { username: "anonymous" });
});

beforeEach(() => configure({}));

function configure(conf: JsonObject): Promise<void> {
  const plugins = { "basic-auth": conf };
  return gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
}

function send(authorization?: string) {
  return gateway.send("/hello", {
    headers: authorization === undefined ? {} : { authorization },
  });
}

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString("base64")}`;
}

test.each([
  ["as it should be", basic("jack:secret")],
  ["the scheme in any case", basic("jack:secret").replace("Basic", "bAsIc")],
  ["without padding", basic("jack:secret").replaceAll("=", "")],
  ["blanks are taken out", basic("ja ck : sec\tret")],
  ["a password ends at its first colon", basic("jack:secret:and more")],
])("%s", async (_, authorization) => {
  const answer = await send(authorization);
  expect(answer.status).toBe(200);
  expect(upstream.last().headers["x-consumer-username"]).toBe("jack");
  expect(upstream.last().headers["authorization"]).toBe(authorization);
});

test("names are UTF-8", async () => {
  await send(basic("jürgen:geheim"));
  expect(upstream.last().headers["x-consumer-username"]).toBe("j");
});

test.each([
  [undefined, "Missing authorization in request"],
  ["Bearer x", "Invalid authorization in request"],
  ["Basic", "Invalid authorization in request"],
  ["Basic !!!!", "Invalid authorization in request"],
  [basic("jack"), "Invalid authorization in request"],
  [basic("jack:"), "Invalid authorization in request"],
  [basic("jack:wrong"), "Invalid user authorization"],
  [basic("jill:secret"), "Invalid user authorization"],
  [basic("__proto__:secret"), "Invalid user authorization"],
])("%s: %s", async (authorization, message) => {
  const before = upstream.received.length;
  const answer = await send(authorization);
  expect(answer.status).toBe(401);
  expect(answer.text).toBe(`${JSON.stringify({ message })}\n`);
  expect(answer.headers["www-authenticate"]).toBe('Basic realm="basic"');
  expect(upstream.received.length).toBe(before);
});

test("realm and hide_credentials", async () => {
  await configure({ realm: "test", hide_credentials: true });
  expect((await send()).headers["www-authenticate"]).toBe('Basic realm="test"');
  expect((await send(basic("jack:secret"))).status).toBe(200);
  expect(upstream.last().headers["authorization"]).toBeUndefined();
});

test("without a known user the request is the anonymous consumer's", async () => {
  await configure({ anonymous_consumer: "anonymous", hide_credentials: true });
  for (const authorization of [undefined, basic("jack:wrong")]) {
    expect((await send(authorization)).status).toBe(200);
    expect(upstream.last().headers["x-consumer-username"]).toBe("anonymous");
    expect(upstream.last().headers["authorization"]).toBeUndefined();
  }
  await configure({ anonymous_consumer: "nobody" });
  expect((await send()).json).toEqual({ message: "Invalid user authorization" });
});
