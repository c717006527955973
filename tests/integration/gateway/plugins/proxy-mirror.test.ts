import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";
import { waitFor } from "../../../helpers/wait-for.ts";

let gateway: TestGateway;
let upstream: TestUpstream;
let mirror: TestUpstream;

beforeAll(async () => {
  gateway = await startGateway();
  upstream = await startUpstream();
  mirror = await startUpstream((_, response) => response.writeHead(500).end("mirror"));
});

afterAll(async () => {
  for (const one of [gateway, upstream, mirror]) await one[Symbol.asyncDispose]();
});

async function route(conf: JsonObject = {}, more: JsonObject = {}): Promise<void> {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "proxy-mirror": { host: `http://${mirror.address}`, ...conf }, ...more },
    upstream: upstream.upstream,
  });
}

/** The copy of a request whose answer was the upstream's. */
async function copyOf(path: string, options: object = {}): Promise<TestUpstream["received"][0]> {
  const before = mirror.received.length;
  const answer = await gateway.send(path, options);
  expect([answer.status, answer.text]).toEqual([200, "hello"]);
  await waitFor("a copy", () => mirror.received.length > before);
  expect(mirror.received.length).toBe(before + 1);
  return mirror.last();
}

test("method, target, headers and body", async () => {
  await route();
  const copy = await copyOf("/a%20b?x=1", {
    method: "POST",
    body: "data",
    headers: { host: "a.test", "x-a": "1", connection: "close" },
  });
  expect(copy).toMatchObject({
    method: "POST",
    url: "/a%20b?x=1",
    body: "data",
    headers: { host: "a.test", "x-a": "1", "content-length": "4" },
  });
  expect(upstream.last().body).toBe("data");
});

test("nothing of the client's connection", async () => {
  await route();
  const own = { te: "trailers", trailer: "x-t", "keep-alive": "x", "proxy-connection": "x" };
  const headers = { ...own, "x-a": "1", "transfer-encoding": "chunked", "content-length": [] };
  const copy = await copyOf("/a", { method: "POST", body: "data", headers });
  expect(copy.headers["x-a"]).toBe("1");
  for (const name of Object.keys(own)) expect(copy.headers).not.toHaveProperty(name);
});

test("a body in chunks", async () => {
  await route();
  const copy = await copyOf("/a", {
    method: "POST",
    body: "data",
    headers: { "transfer-encoding": "chunked", "content-length": [] },
  });
  expect([copy.body, upstream.last().body]).toEqual(["data", "data"]);
});

test.each<[string, JsonObject, string]>([
  ["another path", { path: "/m" }, "/m?x=1"],
  ["a prefix", { path: "/m", path_concat_mode: "prefix" }, "/m/a?x=1"],
])("%s", async (_, conf, url) => {
  await route(conf);
  expect((await copyOf("/a?x=1")).url).toBe(url);
});

test.each([
  ["the client's, as proxy-rewrite comes later", {}, "/a?x=1"],
  ["that of a proxy-rewrite put before", { _meta: { priority: 1011 } }, "/new?x=1"],
])("the URI is %s; the rest is what was rewritten", async (_, meta, url) => {
  const rewrite = { uri: "/new", host: "new.test", method: "PUT", headers: { "X-A": "n" } };
  await route({}, { "proxy-rewrite": { ...rewrite, ...meta } });
  const copy = await copyOf("/a?x=1");
  expect(copy).toMatchObject({ method: "PUT", url, headers: { host: "new.test", "x-a": "n" } });
  expect(upstream.last().url).toBe("/new?x=1");
});

test("a share of the requests", async () => {
  // Nobody waits for these copies: they may come while the next test counts its own.
  await using own = await startUpstream();
  const host = `http://${own.address}`;
  await route({ host, sample_ratio: 0.00001 });
  for (let count = 0; count < 20; count++) await gateway.send("/a");
  await route({ host, sample_ratio: 0.5 });
  const asked = Array.from({ length: 100 }, () => gateway.send("/a"));
  await Promise.all(asked);
  await waitFor("some copies", () => own.received.length > 10);
  expect(own.received.length).toBeLessThan(95);
});

test("a request that a plugin ends is not copied", async () => {
  await route({}, { "fault-injection": { abort: { http_status: 403 } } });
  const before = mirror.received.length;
  expect((await gateway.send("/a")).status).toBe(403);
  await route();
  await copyOf("/after");
  expect(mirror.received.length).toBe(before + 1);
});

test("nobody waits for the copy, nor for who cannot be reached", async () => {
  await using silent = await startUpstream(() => undefined);
  await route({ host: `http://${silent.address}` });
  expect((await gateway.send("/a", { timeoutMs: 5_000 })).text).toBe("hello");
  await route({ host: "http://127.0.0.1:1" });
  expect((await gateway.send("/a")).text).toBe("hello");
  await waitFor("a line of the log", () =>
    gateway.logs().some(({ msg }) => msg === "a request could not be mirrored"),
  );
});
