import { beforeAll, beforeEach, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway({ env: { KEY: "key-of-env" } });

beforeAll(async () => {
  await gateway.put("/consumers/jack", {
    username: "jack",
    labels: { custom_id: "495aec6a" },
    plugins: { "key-auth": { key: "key-of-jack" } },
  });
  await gateway.put("/consumers/jack/credentials/one", {
    id: "one",
    plugins: { "key-auth": { key: "key-of-one" } },
  });
  await gateway.put("/consumers/env", {
    username: "env",
    plugins: { "key-auth": { key: "$env://KEY" } },
  });
  await gateway.put("/consumers/unresolved", {
    username: "unresolved",
    plugins: { "key-auth": { key: "$env://NONE" } },
  });
  await gateway.put("/consumers/anonymous", { username: "anonymous" });
});

beforeEach(() => configure({}));

function configure(conf: JsonObject): Promise<void> {
  const plugins = { "key-auth": conf };
  return gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
}

test("a key in the header makes the request the consumer's", async () => {
  const headers = { apikey: "key-of-jack", "X-Credential-Identifier": "forged" };
  const answer = await gateway.send("/hello?a=1", { headers });
  expect(answer.status).toBe(200);
  const sent = upstream.last().headers;
  expect(sent["x-consumer-username"]).toBe("jack");
  expect(sent["x-consumer-custom-id"]).toBe("495aec6a");
  expect(sent["x-credential-identifier"]).toBeUndefined();
  expect(sent["apikey"]).toBe("key-of-jack");
});

test("a key of a credential makes it the consumer's, with its credential", async () => {
  await gateway.send("/hello", { headers: { apikey: "key-of-one" } });
  const sent = upstream.last().headers;
  expect(sent["x-consumer-username"]).toBe("jack");
  expect(sent["x-credential-identifier"]).toBe("one");
});

test("a key in the query will do; the header comes first", async () => {
  expect((await gateway.send("/hello?apikey=key-of-jack")).status).toBe(200);
  expect(upstream.last().url).toBe("/hello?apikey=key-of-jack");
  const headers = { apikey: "wrong" };
  expect((await gateway.send("/hello?apikey=key-of-jack", { headers })).status).toBe(401);
});

test("a key may come from the environment; a reference to nothing is no key", async () => {
  const send = (apikey: string) => gateway.send("/hello", { headers: { apikey } });
  expect((await send("key-of-env")).status).toBe(200);
  expect(upstream.last().headers["x-consumer-username"]).toBe("env");
  expect((await send("$env://NONE")).status).toBe(401);
});

test.each([
  ["/hello", {}, "Missing"],
  ["/hello?other=1", {}, "Missing"],
  ["/hello", { apikey: "wrong" }, "Invalid"],
  ["/hello", { apikey: "" }, "Invalid"],
  ["/hello?apikey", {}, "Invalid"],
  ["/hello?apikey=key-of-jack&apikey=key-of-jack", {}, "Invalid"],
])("%s with %j: %s", async (path, headers, word) => {
  const before = upstream.received.length;
  const answer = await gateway.send(path, { headers });
  expect(answer.status).toBe(401);
  expect(answer.text).toBe(`{"message":"${word} API key in request"}\n`);
  expect(answer.headers["www-authenticate"]).toBe('apikey realm="key"');
  expect(upstream.received.length).toBe(before);
});

test("names of header, argument and realm are configured", async () => {
  await configure({ header: "X-Key", query: "k", realm: "my realm" });
  expect((await gateway.send("/hello", { headers: { "x-key": "key-of-jack" } })).status).toBe(200);
  expect((await gateway.send("/hello?k=key-of-jack")).status).toBe(200);
  const answer = await gateway.send("/hello", { headers: { apikey: "key-of-jack" } });
  expect(answer.headers["www-authenticate"]).toBe('apikey realm="my realm"');
});

test("hide_credentials takes the key from what goes upstream", async () => {
  await configure({ hide_credentials: true });
  await gateway.send("/hello?a=1", { headers: { apikey: "key-of-jack" } });
  expect(upstream.last().headers["apikey"]).toBeUndefined();
  expect(upstream.last().url).toBe("/hello?a=1");
  await gateway.send("/hello?a=1&apikey=key-of-jack&b=%20");
  expect(upstream.last().url).toBe("/hello?a=1&b=%20");
});

test("without a known key the request is the anonymous consumer's", async () => {
  await configure({ anonymous_consumer: "anonymous", hide_credentials: true });
  for (const headers of [{}, { apikey: "wrong" }]) {
    const answer = await gateway.send("/hello?apikey=wrong", { headers });
    expect(answer.status).toBe(200);
    const sent = upstream.last();
    expect(sent.headers["x-consumer-username"]).toBe("anonymous");
    expect(sent.headers["apikey"]).toBeUndefined();
    expect(sent.url).toBe("/hello");
  }
});

test("an anonymous consumer that does not exist lets nobody in", async () => {
  await configure({ anonymous_consumer: "nobody" });
  const answer = await gateway.send("/hello");
  expect(answer.status).toBe(401);
  expect(answer.json).toEqual({ message: "Invalid user authorization" });
  expect(answer.headers["www-authenticate"]).toBe('apikey realm="key"');
});

test("a consumer that is gone is gone at once", async () => {
  const plugins = { "key-auth": { key: "key-of-short" } };
  await gateway.put("/consumers/short", { username: "short", plugins });
  const headers = { apikey: "key-of-short" };
  expect((await gateway.send("/hello", { headers })).status).toBe(200);
  await gateway.delete("/consumers/short");
  expect((await gateway.send("/hello", { headers })).status).toBe(401);
});

test("a change of the consumer reaches those of its credentials, and those of its group", async () => {
  const send = () => gateway.send("/hello", { headers: { apikey: "key-of-card" } });
  const plugins = { "key-auth": { key: "key-of-card" } };
  await gateway.put("/consumers/rose/credentials/card", { id: "card", plugins });
  expect((await send()).status).toBe(401);
  for (const custom_id of ["one", "two"]) {
    await gateway.put("/consumers/rose", { username: "rose", labels: { custom_id } });
    expect((await send()).status).toBe(200);
    expect(upstream.last().headers["x-consumer-custom-id"]).toBe(custom_id);
  }
  await gateway.put("/consumers/rose", { username: "rose", group_id: "none" });
  expect((await send()).status).toBe(503);
  const restriction = { type: "consumer_group_id", blacklist: ["none"] };
  await gateway.put("/consumer_groups/none", { plugins: { "consumer-restriction": restriction } });
  expect((await send()).status).toBe(403);
  await gateway.delete("/consumers/rose");
  expect((await send()).status).toBe(401);
});

test("of two with one key the last one written counts, then the other again", async () => {
  const plugins = { "key-auth": { key: "key-of-both" } };
  const who = async () => {
    const { status } = await gateway.send("/hello", { headers: { apikey: "key-of-both" } });
    return status === 200 ? upstream.last().headers["x-consumer-username"] : status;
  };
  await gateway.put("/consumers/first", { username: "first", plugins });
  expect(await who()).toBe("first");
  await gateway.put("/consumers/second", { username: "second", plugins });
  expect(await who()).toBe("second");
  await gateway.put("/consumers/first", { username: "first", desc: "written again", plugins });
  expect(await who()).toBe("first");
  await gateway.delete("/consumers/first");
  expect(await who()).toBe("second");
  await gateway.put("/consumers/second", { username: "second" });
  expect(await who()).toBe(401);
});

test("a client cannot name the consumer's headers away", async () => {
  const connection = "close, X-Consumer-Username, X-Forwarded-Proto, X-Own";
  const headers = { apikey: "key-of-jack", Connection: connection, "X-Own": "1" };
  expect((await gateway.send("/hello", { headers })).status).toBe(200);
  const received = upstream.last().headers;
  expect(received["x-consumer-username"]).toBe("jack");
  expect(received["x-forwarded-proto"]).toBe("http");
  expect(received["x-own"]).toBeUndefined();
});
