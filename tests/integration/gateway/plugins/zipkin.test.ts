import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { type Collector, startCollector } from "../../../helpers/collector.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";

let gateway: TestGateway;
let upstream: TestUpstream;
let collector: Collector;
let stack: AsyncDisposableStack;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  upstream = stack.use(await startUpstream());
  collector = stack.use(await startCollector((_, response) => void response.writeHead(202).end()));
  gateway = stack.use(await startGateway({ pluginAttributes: { zipkin: { set_ngx_var: true } } }));
});

afterEach(() => stack.disposeAsync());

const TRACE = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN = "e457b5a2e4d86bd1";
const PARENT = "05e3ac9a4f6e3b90";

async function put(conf: JsonObject = {}, plugins: JsonObject = {}): Promise<void> {
  const endpoint = `http://${collector.address}/api/v2/spans`;
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { zipkin: { endpoint, sample_ratio: 1, ...conf }, ...plugins },
    upstream: upstream.upstream,
  });
}

type Span = {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  readonly timestamp: number;
  readonly duration: number;
  readonly [member: string]: unknown;
};

/** By name; they are sent when the gateway stops. */
async function spans(): Promise<Record<string, Span>> {
  await gateway[Symbol.asyncDispose]();
  const [list] = (await collector.bodies(1)) as Span[][];
  return Object.fromEntries((list ?? []).map((span) => [span.name, span]));
}

test("version 2: the request, and within it proxying and answering", async () => {
  await put({ service_name: "mine", server_addr: "10.0.0.1" });
  const before = Date.now() * 1000;
  await gateway.send("/hello?a=1");
  const sent = upstream.last().headers;
  const all = await spans();
  const request = all["apisix.request"];
  expect(Object.keys(all).sort()).toEqual([
    "apisix.proxy",
    "apisix.request",
    "apisix.response_span",
  ]);
  const local = { serviceName: "mine", ipv4: "10.0.0.1", port: gateway.port };
  expect(request).toEqual({
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    id: expect.stringMatching(/^[0-9a-f]{16}$/),
    name: "apisix.request",
    kind: "SERVER",
    timestamp: expect.any(Number),
    duration: expect.any(Number),
    localEndpoint: local,
    remoteEndpoint: { ipv4: "127.0.0.1", port: expect.any(Number) },
    tags: {
      component: "apisix",
      "http.method": "GET",
      "http.url": "/hello?a=1",
      "http.status_code": "200",
      "apisix.response_source": "upstream",
    },
  });
  expect(request?.timestamp).toBeGreaterThanOrEqual(before);
  for (const name of ["apisix.proxy", "apisix.response_span"]) {
    const { traceId, parentId, localEndpoint, duration } = all[name] as Span;
    expect([traceId, parentId]).toEqual([request?.traceId, request?.id]);
    expect(localEndpoint).toEqual(local);
    expect(duration).toBeLessThanOrEqual(request?.duration ?? 0);
  }
  expect(sent).toMatchObject({
    "x-b3-traceid": request?.traceId,
    "x-b3-parentspanid": request?.id,
    "x-b3-spanid": all["apisix.proxy"]?.id,
    "x-b3-sampled": "1",
  });
});

test("version 1: a span per phase", async () => {
  await put({ span_version: 1 });
  await gateway.send("/");
  const all = await spans();
  const { id } = all["apisix.request"] as Span;
  expect(all["apisix.rewrite"]?.parentId).toBe(id);
  expect(all["apisix.access"]?.parentId).toBe(id);
  expect(all["apisix.proxy"]?.parentId).toBe(id);
  expect(all["apisix.body_filter"]?.parentId).toBe(all["apisix.proxy"]?.id);
});

describe("B3 of the client", () => {
  test.each([
    ["one header", { b3: `${TRACE}-${SPAN}-1-${PARENT}` }],
    ["several", { "X-B3-TraceId": TRACE, "X-B3-SpanId": SPAN, "X-B3-Sampled": "true" }],
  ])("as %s: the trace is continued", async (_form, headers) => {
    await put({ sample_ratio: 0.00001 });
    await gateway.send("/", { headers });
    const sent = upstream.last().headers;
    expect(sent["b3"]).toBeUndefined();
    expect(sent["x-b3-traceid"]).toBe(TRACE);
    const { "apisix.request": request } = await spans();
    expect(request).toMatchObject({ traceId: TRACE, parentId: SPAN });
    expect(sent["x-b3-parentspanid"]).toBe(request?.id);
  });

  test.each([
    [{ b3: "0" }, "0"],
    [{ "X-B3-Sampled": "0" }, "0"],
    [{ "X-B3-Sampled": "false" }, "0"],
    [{ b3: `${TRACE}-${SPAN}-0` }, "0"],
    [{ b3: `${TRACE}-${SPAN}-d` }, "1"],
    [{ "X-B3-Flags": "1" }, "1"],
  ])("%j decides: sampled %s", async (headers, sampled) => {
    await put({ sample_ratio: sampled === "1" ? 0.00001 : 1 });
    await gateway.send("/", { headers });
    const sent = upstream.last().headers;
    expect(sent["x-b3-sampled"]).toBe(sampled);
    expect(sent["x-b3-spanid"]).toMatch(/^[0-9a-f]{16}$/);
    await gateway[Symbol.asyncDispose]();
    expect(collector.received).toHaveLength(Number(sampled));
  });

  test("debugging is handed on as a flag", async () => {
    await put();
    await gateway.send("/", { headers: { b3: `${TRACE}-${SPAN}-d` } });
    expect(upstream.last().headers["x-b3-flags"]).toBe("1");
  });

  test.each(["abc", `-${SPAN}`])("%s as a single header is refused", async (b3) => {
    await put();
    const answer = await gateway.send("/", { headers: { b3 } });
    expect([answer.status, upstream.received.length]).toEqual([400, 0]);
  });

  test.each([
    { "X-B3-TraceId": "short", "X-B3-SpanId": SPAN },
    { "X-B3-TraceId": TRACE, "X-B3-SpanId": "xyz" },
    { "X-B3-TraceId": TRACE, "X-B3-SpanId": SPAN, "X-B3-ParentSpanId": "zz" },
  ])("%j begins a new trace", async (headers) => {
    await put();
    await gateway.send("/", { headers });
    expect(upstream.last().headers["x-b3-traceid"]).not.toBe(headers["X-B3-TraceId"]);
    expect(upstream.last().headers["x-b3-traceid"]).toMatch(/^[0-9a-f]{32}$/);
  });
});

test("a refusal of another plugin is traced, too", async () => {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: {
      zipkin: { endpoint: `http://${collector.address}/`, sample_ratio: 1 },
      echo: { body: "no upstream" },
    },
  });
  await gateway.send("/");
  expect((await spans())["apisix.request"]).toMatchObject({
    tags: { "http.status_code": "503", "apisix.response_source": "apisix" },
  });
});

test("variables tell the trace to other plugins", async () => {
  await put(
    {},
    {
      "http-logger": {
        uri: `http://${collector.address}/log`,
        batch_max_size: 1,
        log_format: { trace: "$zipkin_trace_id", all: "$zipkin_context_traceparent" },
      },
    },
  );
  await gateway.send("/");
  const [log] = (await collector.bodies(1)) as Record<string, string>[];
  expect(log?.["trace"]).toBe(upstream.last().headers["x-b3-traceid"]);
  expect(log?.["all"]).toMatch(new RegExp(`^00-${log?.["trace"]}-[0-9a-f]{16}-01$`));
});
