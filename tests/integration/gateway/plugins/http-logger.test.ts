import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { type Collector, startCollector } from "../../../helpers/collector.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";
import { waitFor } from "../../../helpers/wait-for.ts";

let gateway: TestGateway;
let upstream: TestUpstream;
let collector: Collector;

beforeAll(async () => {
  gateway = await startGateway();
  upstream = await startUpstream((received, response) => {
    if (received.url === "/zipped") {
      response.writeHead(200, { "content-encoding": "gzip", "content-type": "text/html" });
      response.end(gzipSync("unzipped"));
    } else {
      response.writeHead(200, { "content-type": "text/html", "x-many": ["a", "b"] });
      response.end(received.body === "" ? "hello" : received.body);
    }
  });
});

beforeEach(async () => {
  await collector?.[Symbol.asyncDispose]();
  collector = await startCollector();
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await collector[Symbol.asyncDispose]();
});

async function put(conf: JsonObject, more: JsonObject = {}): Promise<void> {
  const uri = `http://${collector.address}/log?x=1`;
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "http-logger": { uri, batch_max_size: 1, ...conf }, ...more },
    upstream: upstream.upstream,
  });
}

describe("an entry", () => {
  test("tells what is known of the request", async () => {
    await put({ auth_header: "Basic abc" });
    await gateway.send("/hello?a=1&a=2&b", { headers: { "X-One": "1" } });
    const [entry] = await collector.bodies(1);
    expect(entry).toEqual({
      request: {
        url: `http://127.0.0.1:${gateway.port}/hello?a=1&a=2&b`,
        uri: "/hello?a=1&a=2&b",
        method: "GET",
        headers: expect.objectContaining({ "x-one": "1", host: `127.0.0.1:${gateway.port}` }),
        querystring: { a: ["1", "2"], b: true },
        size: expect.any(Number),
      },
      response: {
        status: 200,
        headers: expect.objectContaining({ "x-many": ["a", "b"], server: "APISIX/3.18.0" }),
        size: expect.any(Number),
      },
      server: { hostname: "localhost", version: "3.18.0" },
      upstream: upstream.address,
      service_id: "",
      route_id: "1",
      client_ip: "127.0.0.1",
      start_time: expect.any(Number),
      latency: expect.any(Number),
      upstream_latency: expect.any(Number),
      apisix_latency: expect.any(Number),
    });
    const { method, url, headers } = collector.last();
    expect([method, url]).toEqual(["POST", "/log?x=1"]);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      authorization: "Basic abc",
    });
  });

  test("has bodies where they are asked for, up to a length", async () => {
    const bodies = { include_req_body: true, include_resp_body: true };
    await put({ ...bodies, max_req_body_bytes: 4, max_resp_body_bytes: 3 });
    await gateway.send("/", { method: "POST", body: "a body" });
    const [entry] = await collector.bodies(1);
    expect(entry).toMatchObject({ request: { body: "a bo" }, response: { body: "a b" } });
    expect(upstream.last().body).toBe("a body");
  });

  test("has bodies only where expressions hold", async () => {
    await put({
      include_req_body: true,
      include_req_body_expr: [["arg_log", "==", "request"]],
      include_resp_body: true,
      include_resp_body_expr: [["arg_log", "==", "response"]],
    });
    await gateway.send("/?log=request", { method: "POST", body: "sent" });
    await collector.bodies(1);
    await gateway.send("/?log=response", { method: "POST", body: "sent" });
    const [first, second] = await collector.bodies(2);
    expect(first).toMatchObject({ request: { body: "sent" } });
    expect(first).not.toHaveProperty("response.body");
    expect(second).toMatchObject({ response: { body: "sent" } });
    expect(second).not.toHaveProperty("request.body");
  });

  // As the original: the body of a request is in the log once something has read it.
  test.each<[string, JsonObject, string | undefined]>([
    ["before the logger has read the body", { mocking: { response_example: "{}" } }, undefined],
    ["in the rewrite phase", { redirect: { uri: "/other" } }, undefined],
    ["after that", { "azure-functions": { function_uri: "http://127.0.0.1:1" } }, "sent"],
  ])("of an answer that a plugin gives %s", async (_when, more, body) => {
    const log_format = { status: "$status", body: "$request_body" };
    await put({ log_format }, more);
    await gateway.send("/", { method: "POST", body: "sent" });
    await collector.bodies(1);
    await put({ include_req_body: true }, more);
    await gateway.send("/", { method: "POST", body: "sent" });
    const [formatted, full] = (await collector.bodies(2)) as [JsonObject, JsonObject];
    expect(formatted["body"]).toBe(body);
    expect((full["request"] as JsonObject)["body"]).toBe(body);
  });

  test.each([
    ["the upstream", {}, "/zipped", "unzipped"],
    ["the gateway", { gzip: { min_length: 1 } }, "/", "hello"],
  ])("has the body in clear that %s has compressed", async (_by, more, path, body) => {
    await put({ include_resp_body: true }, more);
    const answer = await gateway.send(path, { headers: { "Accept-Encoding": "gzip" } });
    expect(answer.headers["content-encoding"]).toBe("gzip");
    expect(await collector.bodies(1)).toMatchObject([{ response: { body } }]);
  });

  test("names the consumer", async () => {
    await gateway.put("/consumers/jack", {
      username: "jack",
      plugins: { "key-auth": { key: "key-of-jack" } },
    });
    await put({}, { "key-auth": {} });
    await gateway.send("/", { headers: { apikey: "key-of-jack" } });
    expect(await collector.bodies(1)).toMatchObject([{ consumer: { username: "jack" } }]);
    await gateway.delete("/consumers/jack");
  });

  test("names no route when none matched", async () => {
    const uri = `http://${collector.address}/`;
    await gateway.delete("/routes/1");
    await gateway.put("/global_rules/1", {
      plugins: { "http-logger": { uri, batch_max_size: 1 } },
    });
    await gateway.send("/none");
    await gateway.delete("/global_rules/1");
    expect(await collector.bodies(1)).toMatchObject([
      { route_id: "no-matched", service_id: "127.0.0.1", response: { status: 404 } },
    ]);
  });
});

describe("a format", () => {
  test("of the configuration, with variables and members", async () => {
    await put({
      log_format: {
        host: "$host",
        fixed: "text",
        nothing: "$arg_none",
        nested: { body: "$request_body", deep: { uri: "$uri" } },
      },
    });
    await gateway.send("/path", { method: "POST", body: "data" });
    expect(await collector.bodies(1)).toEqual([
      {
        host: "127.0.0.1",
        fixed: "text",
        nested: { body: "data", deep: { uri: "/path" } },
        route_id: "1",
      },
    ]);
  });

  test("goes five deep", async () => {
    const nest = (depth: number): JsonObject =>
      depth === 0 ? { end: "$uri" } : { in: nest(depth - 1) };
    await put({ log_format: { four: nest(3), five: nest(4) } });
    await gateway.send("/p");
    expect(await collector.bodies(1)).toEqual([
      {
        four: { in: { in: { in: { end: "/p" } } } },
        five: { in: { in: { in: { in: {} } } } },
        route_id: "1",
      },
    ]);
  });

  test("of the metadata, for those that have none of their own", async () => {
    await gateway.put("/plugin_metadata/http-logger", {
      log_format: { from: "metadata", body: "$request_body" },
    });
    await put({});
    await gateway.send("/", { method: "POST", body: "sent" });
    await collector.bodies(1);
    await put({ log_format: { from: "route" } });
    await gateway.send("/");
    await gateway.delete("/plugin_metadata/http-logger");
    expect(await collector.bodies(2)).toEqual([
      { from: "metadata", body: "sent", route_id: "1" },
      { from: "route", route_id: "1" },
    ]);
  });

  test("of additional members leaves the others as they are", async () => {
    await put({ log_format_extra: { mine: "$arg_a", route_id: "never" } });
    await gateway.send("/?a=1");
    const [entry] = await collector.bodies(1);
    expect(entry).toMatchObject({ mine: "1", route_id: "1", response: { status: 200 } });
  });
});

describe("a batch", () => {
  test.each([
    ["json", '[{"n":"1","route_id":"1"},{"n":"2","route_id":"1"}]', "application/json"],
    ["new_line", '{"n":"1","route_id":"1"}\n{"n":"2","route_id":"1"}', "text/plain"],
  ])("as %s", async (concat_method, body, type) => {
    await put({ concat_method, batch_max_size: 2, log_format: { n: "$arg_n" } });
    for (const n of [1, 2]) await gateway.send(`/?n=${n}`);
    await waitFor("the batch", () => collector.received.length === 1);
    expect(collector.last().body).toBe(body);
    expect(collector.last().headers["content-type"]).toBe(type);
  });

  test("is sent when nothing more comes", async () => {
    await put({ batch_max_size: 100, inactive_timeout: 1 });
    await gateway.send("/");
    expect(await collector.bodies(1)).toHaveLength(1);
  });

  test("is sent again after a refusal, as often as configured", async () => {
    await collector[Symbol.asyncDispose]();
    collector = await startCollector((_, response) => {
      response.writeHead(collector.received.length === 1 ? 500 : 200).end("why not");
    });
    await put({ max_retry_count: 1, retry_delay: 0 });
    await gateway.send("/");
    await collector.bodies(2);
    const lines = gateway.logs().map(({ msg }) => String(msg));
    expect(lines).toContain(
      "Batch Processor[http logger] failed to process entries: " +
        "server returned status code[500] body[why not]",
    );
  });

  test("is dropped when nobody takes it, and the log says so", async () => {
    await put({ uri: "http://127.0.0.1:1/", name: "nobody" });
    await gateway.send("/");
    await waitFor("the log", () =>
      gateway
        .logs()
        .some(({ msg }) =>
          String(msg).startsWith("Batch Processor[nobody] exceeded the max_retry_count[1]"),
        ),
    );
  });

  test("has a bounded backlog", async () => {
    await gateway.put("/plugin_metadata/http-logger", { max_pending_entries: 2 });
    await put({ batch_max_size: 100, inactive_timeout: 2 });
    for (let n = 0; n < 4; n++) await gateway.send("/");
    await gateway.delete("/plugin_metadata/http-logger");
    const [batch] = await collector.bodies(1);
    expect(batch).toHaveLength(2);
    const told = gateway.logs().filter(({ msg }) => String(msg).startsWith("max pending entries"));
    expect(told).toHaveLength(1);
  });

  test("is sent when the gateway stops", async () => {
    const other = await startGateway();
    await other.put("/routes/1", {
      uri: "/*",
      plugins: { "http-logger": { uri: `http://${collector.address}/` } },
      upstream: upstream.upstream,
    });
    await other.send("/");
    expect(collector.received).toHaveLength(0);
    await other[Symbol.asyncDispose]();
    expect(collector.received).toHaveLength(1);
  });
});
