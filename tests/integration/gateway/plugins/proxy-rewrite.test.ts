// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the gateway's own templates
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway();

async function route(conf: JsonObject): Promise<void> {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "proxy-rewrite": conf },
    upstream: upstream.upstream,
  });
}

describe("uri", () => {
  test.each<[string, JsonObject, string, string]>([
    ["the query is kept", { uri: "/new" }, "/old?a=1&b=2", "/new?a=1&b=2"],
    ["variables", { uri: "/u/$arg_name/x" }, "/old?name=Ada", "/u/Ada/x?name=Ada"],
    ["queries are merged", { uri: "/new?c=3" }, "/old?a=1", "/new?c=3&a=1"],
    ["its own query alone", { uri: "/new?c=3" }, "/old", "/new?c=3"],
    ["? of a value is none", { uri: "/u/$arg_name" }, "/o?name=a%3Fb", "/u/a%253Fb?name=a%3Fb"],
    ["blanks are escaped", { uri: "/a b" }, "/old", "/a%20b"],
    ["default of a variable", { uri: "/u/${arg_name ?? nobody}" }, "/old", "/u/nobody"],
    ["regex", { regex_uri: ["^/a/(.*)/(.*)$", "/$2/$1"] }, "/a/x/y?q=1", "/y/x?q=1"],
    ["first pair that matches", { regex_uri: ["^/b", "/c", "^/a", "/d"] }, "/a/x", "/d/x"],
    ["no pair matches", { regex_uri: ["^/b", "/c"] }, "/a/x?z", "/a/x?z"],
    ["regex with query", { regex_uri: ["^/a/(.*)$", "/b?n=$1"] }, "/a/x?q=1", "/b?n=x&q=1"],
    ["uri before regex", { uri: "/u", regex_uri: ["^/a", "/r"] }, "/a", "/u"],
    ["normalised", { method: "GET" }, "/a/../b%20c", "/b%20c"],
    ["as it came", { use_real_request_uri_unsafe: true }, "/a/../b%20c?d", "/a/../b%20c?d"],
    ["as it came, query", { use_real_request_uri_unsafe: true, uri: "/n?x=1" }, "/a?d", "/n?x=1&d"],
  ])("%s", async (_, conf, sent, received) => {
    await route(conf);
    expect((await gateway.send(sent)).status).toBe(200);
    expect(upstream.last().url).toBe(received);
  });
});

test("method and host", async () => {
  await route({ method: "POST", host: "apisix.test:8080" });
  await gateway.send("/a");
  expect(upstream.last()).toMatchObject({ method: "POST", headers: { host: "apisix.test:8080" } });
});

describe("headers", () => {
  const header = { headers: { "x-a": "client" } };

  test.each<[string, JsonObject, Record<string, string | undefined>]>([
    ["flat: set", { "X-A": "new", "X-N": 7 }, { "x-a": "new", "x-n": "7" }],
    ["add", { add: { "X-A": "more" } }, { "x-a": "client, more" }],
    ["add several", { add: { "X-A": ["b", "c"] } }, { "x-a": "client, b, c" }],
    ["set", { set: { "X-A": "$remote_addr" } }, { "x-a": "127.0.0.1" }],
    ["set several", { set: { "X-A": ["b", 2] } }, { "x-a": "b, 2" }],
    ["remove", { remove: ["X-A"] }, { "x-a": undefined }],
    [
      "set nothing: removed",
      { "X-A": "", "X-N": "$arg_none" },
      { "x-a": undefined, "x-n": undefined },
    ],
    ["set a list that begins with nothing", { set: { "X-A": ["", "b"] } }, { "x-a": "b" }],
    [
      "add, set, remove",
      { add: { B: "1" }, set: { C: "2" }, remove: ["B"] },
      { b: undefined, c: "2" },
    ],
    ["a value beside text", { set: { "X-A": "v-$http_x_a" } }, { "x-a": "v-client" }],
  ])("%s", async (_, headers, expected) => {
    await route({ headers });
    await gateway.send("/a", header);
    expect(upstream.last().headers).toMatchObject(
      Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
    );
    for (const [name, value] of Object.entries(expected)) {
      expect(upstream.last().headers[name]).toBe(value);
    }
  });

  test("captures of the regex", async () => {
    await route({ regex_uri: ["^/u/(\\w+)$", "/x"], headers: { set: { "X-User": "u-$1-${1}" } } });
    await gateway.send("/u/ada");
    expect(upstream.last().headers["x-user"]).toBe("u-ada-ada");
  });

  test("no value can add a request of its own", async () => {
    for (const unsafe of [true, false]) {
      await route({ uri: "/u/$arg_a?q=$arg_a", use_real_request_uri_unsafe: unsafe });
      await gateway.send("/a?a=1%20HTTP/1.1%0d%0aX-Evil:%20yes");
      expect(upstream.last().headers["x-evil"]).toBeUndefined();
      expect(upstream.last().url).toMatch(/^\/u\/1%20HTTP\/1.1%0D%0AX-Evil:%20yes\?q=1%20/);
    }
  });

  test("no value can add a header of its own", async () => {
    await route({ headers: { set: { "X-A": "$arg_a" } } });
    await gateway.send("/a?a=1%0d%0aX-Evil:%20yes");
    expect(upstream.last().headers["x-evil"]).toBeUndefined();
  });
});
