// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the gateway's own templates
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { startGateway, type TestGateway } from "../../../helpers/gateway.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

async function ask(
  conf: JsonObject,
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<[number, string | undefined]> {
  const plugins = { redirect: conf };
  await gateway.put("/routes/1", { uri: "/*", plugins });
  const { headers = {}, method = "GET" } = options;
  const answer = await gateway.send(path, { method, headers: { host: "a.test", ...headers } });
  return [answer.status, answer.headers.location];
}

test.each<[string, JsonObject, string, number, string | undefined]>([
  ["a text", { uri: "/other" }, "/a?x=1", 302, "/other"],
  ["its status", { uri: "/other", ret_code: 308 }, "/a", 308, "/other"],
  ["variables", { uri: "http://${host}$uri/x" }, "/a", 302, "http://a.test/a/x"],
  ["an unknown variable", { uri: "/b$none/x" }, "/a", 302, "/b/x"],
  ["a lone dollar", { uri: "/b$$uri" }, "/a", 302, "/b$/a"],
  ["an escaped variable", { uri: "/b\\$uri" }, "/a", 302, "/b\\$uri"],
  ["regex", { regex_uri: ["^/a/(.*)", "/b/$1"] }, "/a/x", 302, "/b/x"],
  ["regex without match", { regex_uri: ["^/a/(.*)", "/b/$1"] }, "/c", 503, undefined],
  ["encoded", { uri: "/b/$arg_x y?z= 1", encode_uri: true }, "/a", 302, "/b/%20y?z= 1"],
  ["query", { uri: "/b", append_query_string: true }, "/a?x=1", 302, "/b?x=1"],
  ["query added", { uri: "/b?y=2", append_query_string: true }, "/a?x=1", 302, "/b?y=2&x=1"],
  ["no query", { uri: "/b", append_query_string: true }, "/a", 302, "/b"],
  ["to https", { http_to_https: true }, "/a?x=1", 301, "https://a.test/a?x=1"],
  ["not to https", { http_to_https: false }, "/a", 503, undefined],
])("%s", async (_, conf, path, status, location) => {
  expect(await ask(conf, path)).toEqual([status, location]);
});

test("a method with a body is kept on the way to https", async () => {
  const answer = await ask({ http_to_https: true }, "/a", { method: "POST" });
  expect(answer).toEqual([308, "https://a.test/a"]);
});

test("who came by https, as a proxy says, is let through", async () => {
  const headers = { "X-Forwarded-Proto": "https" };
  await using trusting = await startGateway({ trustedAddresses: ["127.0.0.1"] });
  await trusting.put("/routes/1", { uri: "/*", plugins: { redirect: { http_to_https: true } } });
  expect((await trusting.send("/a", { headers })).status).toBe(503);
});

test("https_port of plugin_attr", async () => {
  await using other = await startGateway({ pluginAttributes: { redirect: { https_port: 9443 } } });
  await other.put("/routes/1", { uri: "/*", plugins: { redirect: { http_to_https: true } } });
  const answer = await other.send("/a", { headers: { host: "a.test:80" } });
  expect(answer.headers.location).toBe("https://a.test:9443/a");
});
