import { afterEach, beforeEach, describe, expect, test } from "vitest";
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
let stack: AsyncDisposableStack;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  upstream = stack.use(await startUpstream());
  collector = stack.use(await startCollector());
  gateway = stack.use(await startGateway());
});

afterEach(() => stack.disposeAsync());

const ON = { sampler: { name: "always_on" } };
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: JsonObject;
  readonly attributes: readonly { key: string; value: Record<string, unknown> }[];
};

async function put(conf: JsonObject, metadata: JsonObject = {}, more: JsonObject = {}) {
  await gateway.put("/plugin_metadata/opentelemetry", {
    collector: { address: collector.address, request_headers: { Authorization: "token" } },
    batch_span_processor: { max_export_batch_size: 1 },
    ...metadata,
  });
  await gateway.put("/routes/1", {
    uri: "/hello/*",
    name: "hi",
    plugins: { opentelemetry: conf },
    upstream: upstream.upstream,
    ...more,
  });
}

type Export = {
  resourceSpans: {
    resource: { attributes: Span["attributes"] };
    scopeSpans: { spans: Span[] }[];
  }[];
};

async function spans(count: number): Promise<Span[]> {
  const bodies = (await collector.bodies(count)) as Export[];
  return bodies.flatMap((body) =>
    body.resourceSpans.flatMap((one) => one.scopeSpans[0]?.spans ?? []),
  );
}

function attributesOf({ attributes }: Pick<Span, "attributes">): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

test("a span goes to the collector, its context to the upstream", async () => {
  await put(ON);
  const before = Date.now();
  await gateway.send("/hello/x?a=1", { headers: { "User-Agent": "test" } });
  const [span] = await spans(1);
  expect(span).toMatchObject({ name: "GET /hello/*", kind: 2, status: {} });
  expect(span?.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(span).not.toHaveProperty("parentSpanId");
  expect(attributesOf(span as Span)).toEqual({
    "net.host.name": "127.0.0.1",
    "http.method": "GET",
    "http.scheme": "http",
    "http.target": "/hello/x?a=1",
    "http.user_agent": "test",
    "http.request.method": "GET",
    "url.scheme": "http",
    "url.path": "/hello/x",
    "user_agent.original": "test",
    "apisix.route_id": "1",
    "apisix.route_name": "hi",
    "http.route": "/hello/*",
    "apisix.response_source": "upstream",
    "http.status_code": "200",
    "http.response.status_code": "200",
  });
  const start = Number(BigInt(span?.startTimeUnixNano ?? 0) / 1_000_000n);
  expect(start).toBeGreaterThanOrEqual(before);
  expect(BigInt(span?.endTimeUnixNano ?? 0)).toBeGreaterThan(BigInt(span?.startTimeUnixNano ?? 0));
  expect(upstream.last().headers["traceparent"]).toBe(`00-${span?.traceId}-${span?.spanId}-01`);
  const { method, url, headers } = collector.last();
  expect([method, url]).toEqual(["POST", "/v1/traces"]);
  expect(headers).toMatchObject({ authorization: "token", "content-type": "application/json" });
});

test("the resource is named", async () => {
  await put(ON, { resource: { "deployment.environment": "test", replica: 1.5, edge: true } });
  await gateway.send("/hello/x");
  const [body] = (await collector.bodies(1)) as Export[];
  const resource = body?.resourceSpans[0]?.resource as Pick<Span, "attributes">;
  expect(attributesOf(resource)).toEqual({
    hostname: "localhost",
    "service.name": "APISIX",
    "deployment.environment": "test",
    replica: 1.5,
    edge: true,
  });
});

describe("the client's trace is continued", () => {
  test.each([
    ["01", "always_on", 1],
    ["01", "parent_base", 1],
    ["00", "parent_base", 0],
    ["01", "always_off", 0],
  ])("flags %s, sampler %s", async (flags, name, sampled) => {
    await put({ sampler: { name } });
    const headers = { traceparent: `00-${TRACE}-${PARENT}-${flags}`, tracestate: "a=1,b=2" };
    await gateway.send("/hello/x", { headers });
    const sent = upstream.last().headers;
    expect(sent["traceparent"]).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-0${sampled}$`));
    expect(sent["traceparent"]).not.toContain(PARENT);
    expect(sent["tracestate"]).toBe("a=1,b=2");
    if (sampled === 1) {
      expect(await spans(1)).toMatchObject([
        { traceId: TRACE, parentSpanId: PARENT, traceState: "a=1,b=2" },
      ]);
    }
  });

  test.each([
    ["no context at all", "nonsense"],
    ["an id of zeros", `00-${"0".repeat(32)}-${PARENT}-01`],
    ["capital letters", `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ["an invalid version", `ff-${TRACE}-${PARENT}-01`],
    ["more than version 00 has", `00-${TRACE}-${PARENT}-01-x`],
  ])("but not from %s", async (_what, traceparent) => {
    await put({ sampler: { name: "parent_base" } });
    await gateway.send("/hello/x", { headers: { traceparent } });
    const sent = String(upstream.last().headers["traceparent"]);
    expect(sent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(sent).not.toContain(TRACE);
  });
});

test("nothing is sampled unless that is asked for, and parents decide before roots", async () => {
  await put({});
  await gateway.send("/hello/x");
  const root = { name: "trace_id_ratio", options: { fraction: 1 } };
  await put({ sampler: { name: "parent_base", options: { root } } });
  await gateway.send("/hello/x");
  await gateway.send("/hello/x", { headers: { traceparent: `00-${TRACE}-${PARENT}-00` } });
  await put(ON);
  await gateway.send("/hello/last");
  const names = (await spans(2)).map((span) => attributesOf(span)["url.path"]);
  expect(names.sort()).toEqual(["/hello/last", "/hello/x"]);
});

test("an answer of 500 and beyond is an error", async () => {
  const nodes = { "127.0.0.1:1": 1 };
  await put(ON, {}, { upstream: { type: "roundrobin", nodes } });
  await gateway.send("/hello/x");
  expect(await spans(1)).toMatchObject([{ status: { code: 2, message: "nginx error: 502" } }]);
});

test("further attributes come from variables and headers", async () => {
  await put({
    ...ON,
    additional_attributes: ["arg_a", "route_id", "arg_none"],
    additional_header_prefix_attributes: ["x-my-*", "x-single", "x-none"],
  });
  await gateway.send("/hello/x?a=1", {
    headers: { "X-My-One": "1", "X-My-Two": ["2", "3"], "X-Single": "s" },
  });
  const [span] = await spans(1);
  const attributes = attributesOf(span as Span);
  expect(attributes).toMatchObject({
    arg_a: "1",
    route_id: "1",
    "x-my-one": "1",
    "x-my-two": "2, 3",
    "x-single": "s",
  });
  expect(attributes).not.toHaveProperty("arg_none");
  expect(attributes).not.toHaveProperty("x-none");
});

test("the trace id may be the request's id, and variables tell it to other plugins", async () => {
  await put(
    ON,
    { trace_id_source: "x-request-id", set_ngx_var: true },
    {
      plugins: {
        opentelemetry: ON,
        "http-logger": {
          uri: `http://${collector.address}/log`,
          batch_max_size: 1,
          log_format: {
            trace: "$opentelemetry_trace_id",
            all: "$opentelemetry_context_traceparent",
          },
        },
      },
    },
  );
  await gateway.send("/hello/x", { headers: { "X-Request-Id": TRACE } });
  await collector.bodies(2);
  const log = collector.received.find(({ url }) => url === "/log");
  const { trace, all } = JSON.parse(log?.body ?? "") as Record<string, string>;
  expect(trace).toBe(TRACE);
  expect(all).toBe(upstream.last().headers["traceparent"]);
  await gateway.send("/hello/x", { headers: { "X-Request-Id": "no trace id" } });
  expect(upstream.last().headers["traceparent"]).toMatch(/^00-[0-9a-f]{32}-/);
});

test("without metadata nothing happens, but for a warning", async () => {
  await put(ON);
  await gateway.delete("/plugin_metadata/opentelemetry");
  expect((await gateway.send("/hello/x")).status).toBe(200);
  expect(upstream.last().headers["traceparent"]).toBeUndefined();
  expect(gateway.logs().at(-1)?.["msg"]).toMatch(/^plugin_metadata is required/);
});

test("a collector that does not answer is asked again, and holds no request up", async () => {
  await collector[Symbol.asyncDispose]();
  collector = stack.use(
    await startCollector((_, response) => {
      response.writeHead(collector.received.length === 1 ? 503 : 200).end();
    }),
  );
  await put(ON);
  expect((await gateway.send("/hello/x")).status).toBe(200);
  const [first, second] = await spans(2);
  expect(second).toEqual(first);
});

test("a full queue drops spans", async () => {
  await put(ON, { batch_span_processor: { max_queue_size: 2, inactive_timeout: 2 } });
  for (let n = 0; n < 4; n++) await gateway.send("/hello/x");
  expect(await spans(1)).toHaveLength(2);
  await waitFor("the log", () =>
    gateway.logs().some(({ msg }) => String(msg).startsWith("max pending entries limit exceeded")),
  );
});

test("a global rule and a route make a span each, one within the other", async () => {
  await put(ON);
  await gateway.put("/global_rules/1", { plugins: { opentelemetry: ON } });
  await gateway.send("/hello/x");
  const both = await spans(2);
  const outer = both.find((span) => span.parentSpanId === undefined);
  const inner = both.find((span) => span !== outer);
  expect(inner?.traceId).toBe(outer?.traceId);
  expect(inner?.parentSpanId).toBe(outer?.spanId);
  expect(upstream.last().headers["traceparent"]).toContain(inner?.spanId);
});
