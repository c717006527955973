import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway();

beforeAll(async () => {
  await gateway.put("/consumer_groups/staff", { id: "staff", plugins: {} });
  for (const [username, more] of [
    ["jack", { group_id: "staff" }],
    ["rose", {}],
  ] as const) {
    const plugins = { "key-auth": { key: username } };
    await gateway.put(`/consumers/${username}`, { username, plugins, ...more });
  }
  await gateway.put("/services/s1", { id: "s1", upstream: upstream.upstream });
});

async function send(conf: JsonObject, user: string | undefined, method = "GET") {
  const auth = user === undefined ? {} : { "key-auth": {} };
  const plugins = { ...auth, "consumer-restriction": conf };
  await gateway.put("/routes/r1", { id: "r1", uri: "/*", plugins, service_id: "s1" });
  const headers = user === undefined ? {} : { apikey: user };
  return gateway.send("/hello", { method, headers });
}

const METHODS = [{ user: "jack", methods: ["GET"] }];

test.each<[JsonObject, string, string, number]>([
  [{ whitelist: ["jack"] }, "jack", "GET", 200],
  [{ whitelist: ["jack"] }, "rose", "GET", 403],
  [{ blacklist: ["jack"] }, "jack", "GET", 403],
  [{ blacklist: ["jack"] }, "rose", "GET", 200],
  [{ allowed_by_methods: METHODS }, "jack", "GET", 200],
  [{ allowed_by_methods: METHODS }, "jack", "POST", 403],
  [{ allowed_by_methods: METHODS }, "rose", "POST", 200],
  [{ whitelist: ["jack"], allowed_by_methods: METHODS }, "jack", "POST", 200],
  [{ whitelist: ["rose"], allowed_by_methods: METHODS }, "jack", "GET", 403],
  [{ whitelist: ["jack"], blacklist: ["jack"] }, "jack", "GET", 403],
  [{ type: "consumer_group_id", whitelist: ["staff"] }, "jack", "GET", 200],
  [{ type: "consumer_group_id", blacklist: ["staff"] }, "jack", "GET", 403],
  [{ type: "route_id", whitelist: ["r1"] }, "jack", "GET", 200],
  [{ type: "route_id", blacklist: ["r1"] }, "jack", "GET", 403],
  [{ type: "service_id", whitelist: ["s1"] }, "jack", "GET", 200],
  [{ type: "service_id", whitelist: ["s2"] }, "jack", "GET", 403],
])("%j, %s, %s: %i", async (conf, user, method, status) => {
  const answer = await send(conf, user, method);
  expect(answer.status).toBe(status);
  if (status !== 403) return;
  const type = conf["type"] ?? "consumer_name";
  expect(answer.text).toBe(`{"message":"The ${type} is forbidden."}\n`);
});

test.each([
  ["consumer_name", undefined],
  ["consumer_group_id", "rose"],
])("a request without a %s is nobody's", async (type, user) => {
  const answer = await send({ type, blacklist: ["x"] }, user);
  const message = `The request is rejected, please check the ${type} for this request`;
  expect([answer.status, answer.json]).toEqual([401, { message }]);
});

test("status and message are configured", async () => {
  const conf = { blacklist: ["jack"], rejected_code: 401, rejected_msg: "not you" };
  const answer = await send(conf, "jack");
  expect([answer.status, answer.json]).toEqual([401, { message: "not you" }]);
});

test("a restriction that the consumer brings along holds on every route", async () => {
  await gateway.put("/consumers/held", {
    username: "held",
    plugins: {
      "key-auth": { key: "held" },
      "consumer-restriction": { type: "route_id", blacklist: ["r2"] },
    },
  });
  const plugins = { "key-auth": {} };
  await gateway.put("/routes/r2", { id: "r2", uri: "/r2", plugins, service_id: "s1" });
  await gateway.put("/routes/r3", { id: "r3", uri: "/r3", plugins, service_id: "s1" });
  const headers = { apikey: "held" };
  expect((await gateway.send("/r2", { headers })).status).toBe(403);
  expect((await gateway.send("/r3", { headers })).status).toBe(200);
});
