/** Functions in JavaScript on their way through a real gateway, phase by phase. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { createFilterCompiler } from "../../../../src/gateway/script/filter.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";

let gateway: TestGateway;
let upstream: TestUpstream;

beforeAll(async () => {
  const filters = createFilterCompiler(() => {});
  gateway = await startGateway({ compileFilter: filters.compile });
  upstream = await startUpstream((_, response) => {
    response.writeHead(200, { "content-type": "text/plain", "content-length": 6 }).end("héllo");
  });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await upstream?.[Symbol.asyncDispose]();
});

async function route(functions: string[], more: JsonObject = {}, plugins: JsonObject = {}) {
  const { plugin = "serverless-pre-function", ...conf } = more;
  await gateway.put("/routes/1", {
    uri: "/hello",
    plugins: { ...plugins, [String(plugin)]: { ...conf, functions } },
    upstream: upstream.upstream,
  });
}

describe("before the upstream", () => {
  test("the first function that wants something ends the request", async () => {
    const before = upstream.received.length;
    await route(["() => undefined", "() => [403, { error: 'no' }]", "() => 500"]);
    const answer = await gateway.send("/hello");
    expect([answer.status, answer.text]).toEqual([403, '{"error":"no"}\n']);
    await route(["(conf, ctx) => ctx.exit(201, 'made', { 'X-A': ['1', '2'] })"]);
    const made = await gateway.send("/hello");
    expect([made.status, made.text, made.lines["x-a"]]).toEqual([201, "made", ["1", "2"]]);
    await route(["() => 503"]);
    expect((await gateway.send("/hello")).text).toContain("503 Service Temporarily Unavailable");
    expect(upstream.received.length).toBe(before);
  });

  test.for(["rewrite", "access", "before_proxy"])("changes the request in %s", async (phase) => {
    await route(["(conf, ctx) => ctx.request.setHeader('X-Phase', conf.phase)"], { phase });
    expect((await gateway.send("/hello")).text).toBe("héllo");
    expect(upstream.last().headers["x-phase"]).toBe(phase);
  });

  test("pre runs before, post after the other plugins", async () => {
    const echoes = { "request-id": { header_name: "X-Id" } };
    const tell =
      "(conf, ctx) => ctx.response.setHeader('X-Seen', String(ctx.request.getHeader('x-id')))";
    await route([tell], { phase: "rewrite" }, { "request-id": { header_name: "X-Id" } });
    const pre = await gateway.send("/hello");
    expect(pre.headers["x-seen"]).not.toBe("undefined");
    await route([tell], { phase: "rewrite", plugin: "serverless-post-function" }, echoes);
    const post = await gateway.send("/hello");
    expect(post.headers["x-seen"]).toBe(post.headers["x-id"]);
  });

  test("closures live until the configuration changes", async () => {
    const source = "let count = 0; return () => [200, 'count ' + ++count]";
    await route([source]);
    await gateway.send("/hello");
    expect((await gateway.send("/hello")).text).toBe("count 2");
    // Another plugin's configuration is another matter.
    await route([source], {}, { "request-id": {} });
    expect((await gateway.send("/hello")).text).toBe("count 3");
    await route([source, "() => 500"]);
    expect((await gateway.send("/hello")).text).toBe("count 1");
  });

  test("a function that fails, and one that does not end, is a 500; the gateway goes on", async () => {
    await route(["() => { throw new Error('its own words') }"]);
    expect((await gateway.send("/hello")).status).toBe(500);
    expect(JSON.stringify(gateway.logs())).toContain("its own words");
    await route(["() => { for (;;); }"]);
    expect((await gateway.send("/hello")).status).toBe(500);
    await route(["() => [1000]"]);
    expect((await gateway.send("/hello")).status).toBe(500);
    await route(["() => 204"]);
    expect((await gateway.send("/hello")).status).toBe(204);
  });
});

describe("on the answer", () => {
  test("header_filter changes status and headers", async () => {
    const source = `(conf, ctx) => {
      ctx.response.setStatus(ctx.response.status + 1);
      ctx.response.setHeader("X-Was", ctx.response.getHeader("content-type"));
      ctx.response.removeHeader("Content-Type");
    }`;
    await route([source], { phase: "header_filter" });
    const answer = await gateway.send("/hello");
    expect([answer.status, answer.headers["x-was"]]).toEqual([201, "text/plain"]);
    expect(answer.headers).not.toHaveProperty("content-type");
  });

  test("body_filter of a global rule and of the route do not share what they hold", async () => {
    await using apart = await startGateway();
    let finish = (): unknown => undefined;
    await using node = await startUpstream((_, response) => {
      response.write(Buffer.from([0x68, 0xc3]));
      finish = () => response.end(Buffer.from([0xa9, 0x6c]));
    });
    const plugins = {
      "serverless-pre-function": { phase: "body_filter", functions: ["(conf, ctx, text) => text"] },
    };
    await apart.put("/global_rules/1", { plugins });
    await apart.put("/routes/1", { uri: "/p", plugins, upstream: node.upstream });
    const { body } = await fetch(`${apart.url}/p`);
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toEqual({ done: false, value: "h" });
    finish();
    expect(await reader?.read()).toEqual({ done: false, value: "él" });
  });

  test("body_filter replaces pieces, and adds at the end", async () => {
    const source = `(conf, ctx, chunk, eof) => chunk.replaceAll("é", "e") + (eof ? "!" : "")`;
    await route([source], { phase: "body_filter" });
    const answer = await gateway.send("/hello");
    expect(answer.text).toBe("hello!");
  });

  test("a failing filter lets the answer pass, and is told in the log", async () => {
    await route(["() => { throw new Error('filter words') }"], { phase: "body_filter" });
    expect((await gateway.send("/hello")).text).toBe("héllo");
    expect(JSON.stringify(gateway.logs())).toContain("filter words");
  });

  test("log sees the answer's status", async () => {
    await route(["(conf, ctx) => ctx.log('status', ctx.var.status)"], { phase: "log" });
    await gateway.send("/hello");
    expect(gateway.logs().map(({ msg }) => msg)).toContain("status 200");
  });
});

test("filter_func decides whether a route matches", async () => {
  await gateway.put("/routes/1", {
    uri: "/hello",
    filter_func: "function (vars) { return vars.arg_a === '1' && vars.http_x_b !== undefined }",
    plugins: { echo: { body: "matched" } },
    upstream: upstream.upstream,
  });
  const headers = { "x-b": "" };
  expect((await gateway.send("/hello?a=1", { headers })).text).toBe("matched");
  expect((await gateway.send("/hello?a=2", { headers })).status).toBe(404);
  expect((await gateway.send("/hello?a=1")).status).toBe(404);
});
