import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";
import { request } from "../../../helpers/http.ts";
import { waitFor } from "../../../helpers/wait-for.ts";

const PATH = "/apisix/prometheus/metrics";
let gateway: TestGateway;
let upstream: TestUpstream;
const stack: AsyncDisposableStack[] = [];

beforeEach(() => start());
afterEach(() => stack.pop()?.disposeAsync());

async function start(attributes: JsonObject = {}): Promise<void> {
  await stack.pop()?.disposeAsync();
  const owned = new AsyncDisposableStack();
  stack.push(owned);
  gateway = owned.use(await startGateway({ pluginAttributes: { prometheus: attributes } }));
  upstream = owned.use(await startUpstream());
}

async function put(conf: JsonObject = {}, more: JsonObject = {}): Promise<void> {
  await gateway.put("/routes/r1", {
    uri: "/hello/*",
    plugins: { prometheus: conf },
    upstream: upstream.upstream,
    ...more,
  });
}

/** What the port for metrics answers; in the composition it is a listener of its own. */
async function page(path = PATH): Promise<{ status: number; text: string; type: string }> {
  const server = createServer((incoming, response) => {
    if (!gateway.gateway.serveApi("metrics", incoming, response)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const { status, text, headers } = await request(`http://127.0.0.1:${port}`, { path });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return { status, text, type: String(headers["content-type"]) };
}

/** Lines of one metric, when there are any. */
function lines(name: string): Promise<string[]> {
  return waitFor(`samples of ${name}`, async () => {
    const { text } = await page();
    const found = text.split("\n").filter((line) => line.startsWith(name));
    return found.length > 0 && found;
  });
}

test("requests are counted under the original's names and labels", async () => {
  await put();
  await gateway.send("/hello/1");
  await gateway.send("/hello/2");
  const owner =
    'route="r1",service="",consumer="",node="127.0.0.1",' +
    'request_type="traditional_http",request_llm_model="",llm_model=""';
  expect(await lines("apisix_http_status")).toEqual([
    'apisix_http_status{code="200",route="r1",matched_uri="/hello/*",matched_host="",' +
      'service="",consumer="",node="127.0.0.1",request_type="traditional_http",' +
      'request_llm_model="",llm_model="",response_source="upstream"} 2',
  ]);
  const latency = await lines("apisix_http_latency");
  expect(latency).toHaveLength(3 * (15 + 1 + 2));
  for (const type of ["request", "upstream", "apisix"]) {
    expect(latency).toContain(`apisix_http_latency_count{type="${type}",${owner}} 2`);
    expect(latency).toContain(`apisix_http_latency_bucket{type="${type}",${owner},le="60000"} 2`);
  }
  const [ingress, egress] = await lines("apisix_bandwidth");
  expect(ingress).toMatch(`apisix_bandwidth{type="ingress",${owner}} `);
  expect(egress).toMatch(`apisix_bandwidth{type="egress",${owner}} `);
  expect(Number(ingress?.split(" ").at(-1))).toBeGreaterThan(20);
  expect(Number(egress?.split(" ").at(-1))).toBeGreaterThanOrEqual(2 * "hello".length);
});

test("each metric has help and type, in the text format", async () => {
  await put();
  await gateway.send("/hello/1");
  await lines("apisix_http_status");
  const { status, text, type } = await page();
  expect([status, type]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  expect(text).toContain("# TYPE apisix_http_status counter\n");
  expect(text).toContain("# TYPE apisix_http_latency histogram\n");
  expect(text).toContain("# HELP apisix_bandwidth Total bandwidth in bytes");
  for (const line of text.trimEnd().split("\n")) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [\d.e+-]+)$/);
  }
});

test("the state of the gateway is told without any route", async () => {
  await gateway.send("/none");
  const { text } = await page();
  expect(text).toMatch(/^apisix_http_requests_total \d+$/m);
  for (const state of ["active", "accepted", "handled", "reading", "writing", "waiting"]) {
    expect(text).toMatch(
      new RegExp(`^apisix_nginx_http_current_connections\\{state="${state}"\\} \\d+$`, "m"),
    );
  }
  expect(text).toContain('apisix_node_info{hostname="localhost",version="3.18.0"} 1');
  expect(text).toContain("apisix_etcd_reachable 1");
  expect(text).not.toContain("apisix_http_status");
});

test("connections come and go", async () => {
  for (let n = 0; n < 3; n++) await gateway.send("/none");
  const states = await waitFor("the end of all but the one that asks", async () => {
    const found = await lines("apisix_nginx_http_current_connections");
    return found.some((line) => line.includes('"active"} 1')) && found;
  });
  const counts = Object.fromEntries(states.map((line) => line.split(/.*state="|"\} /).slice(1)));
  expect(counts).toMatchObject({ active: "1", reading: "0", writing: "0", waiting: "1" });
  expect(Number(counts["accepted"])).toBeGreaterThanOrEqual(4);
  expect(await lines("apisix_http_requests_total")).toEqual(["apisix_http_requests_total 3"]);
});

test("the consumer is a label", async () => {
  await gateway.put("/consumers/jack", {
    username: "jack",
    plugins: { "key-auth": { key: "key-of-jack" } },
  });
  await put({}, { plugins: { prometheus: {}, "key-auth": {} } });
  await gateway.send("/hello/1", { headers: { apikey: "key-of-jack" } });
  await gateway.send("/hello/1");
  const found = await waitFor("both", async () => {
    const all = await lines("apisix_http_status");
    return all.length === 2 && all;
  });
  expect(found[0]).toMatch(/code="200".*consumer="jack"/);
  expect(found[1]).toMatch(/code="401".*consumer="".*response_source="apisix"/);
});

test("modification indexes follow the configuration", async () => {
  await put();
  await gateway.put("/services/s1", { name: "one" });
  const found = await lines("apisix_etcd_modify_indexes");
  expect(found).toContain('apisix_etcd_modify_indexes{key="routes"} 1');
  expect(found).toContain('apisix_etcd_modify_indexes{key="services"} 2');
  expect(found).toContain('apisix_etcd_modify_indexes{key="max_modify_index"} 2');
});

test("names are preferred to ids where that is asked for", async () => {
  await gateway.put("/services/s1", { name: "the service", upstream: upstream.upstream });
  await gateway.put("/routes/r1", {
    uri: "/hello/*",
    name: 'the "route"',
    service_id: "s1",
    plugins: { prometheus: { prefer_name: true } },
  });
  await gateway.send("/hello/1");
  const [line] = await lines("apisix_http_status");
  expect(line).toContain('route="the \\"route\\""');
  expect(line).toContain('service="the service"');
});

test("a global rule counts what no route matches, and gives way to the route's own", async () => {
  await gateway.put("/global_rules/1", { plugins: { prometheus: {} } });
  await put();
  await gateway.send("/hello/1");
  await gateway.send("/none");
  const found = await waitFor("both", async () => {
    const all = await lines("apisix_http_status");
    return all.length === 2 && all;
  });
  expect(found[0]).toMatch(/code="200",route="r1".* 1$/);
  expect(found[1]).toMatch(/code="404",route="",matched_uri="".*response_source="apisix"\} 1$/);
});

test.each([
  ["a plugin", { echo: { body: "x" } }, undefined, "503", "apisix"],
  ["the proxy", {}, { type: "roundrobin", nodes: { "127.0.0.1:1": 1 } }, "502", "nginx"],
])("an answer of %s is known as such", async (_who, plugins, node, code, source) => {
  await gateway.put("/routes/r1", {
    uri: "/hello/*",
    plugins: { prometheus: {}, ...(plugins as JsonObject) },
    ...(node === undefined ? {} : { upstream: node }),
  });
  await gateway.send("/hello/1");
  const [line] = await lines("apisix_http_status");
  expect(line).toMatch(new RegExp(`code="${code}".*response_source="${source}"`));
});

describe("plugin_attr", () => {
  test("prefix, address, buckets and extra labels", async () => {
    await start({
      metric_prefix: "my_",
      export_uri: "/m",
      default_buckets: [10, 1000],
      metrics: { http_status: { extra_labels: [{ agent: "$http_user_agent" }] } },
    });
    await put();
    await gateway.send("/hello/1", { headers: { "User-Agent": "test" } });
    const text = await waitFor("the count", async () => {
      const found = (await page("/m")).text;
      return found.includes("my_http_status") && found;
    });
    expect(text).toContain('response_source="upstream",agent="test"} 1');
    expect(text.match(/^my_http_latency_bucket.*type="request".*le="(.*?)"/gm)).toHaveLength(3);
    expect((await page()).status).toBe(404);
  });

  test("without a port of their own, metrics are served by a route", async () => {
    await start({ enable_export_server: false });
    await gateway.put("/routes/m", { uri: "/m/*", plugins: { "public-api": { uri: PATH } } });
    const answer = await gateway.send("/m/x");
    expect([answer.status, answer.headers["content-type"]]).toEqual([
      200,
      "text/plain; version=0.0.4; charset=utf-8",
    ]);
    expect(answer.text).toContain("apisix_node_info{");
    expect((await gateway.send("/m/x", { method: "POST" })).status).toBe(404);
    expect((await page()).status).toBe(404);
  });

  test("with one, they are not", async () => {
    await gateway.put("/routes/m", { uri: PATH, plugins: { "public-api": {} } });
    expect((await gateway.send(PATH)).status).toBe(404);
  });

  test("series vanish when they were not used", async () => {
    await start({ metrics: { http_status: { expire: 1.5 } } });
    await put();
    await gateway.send("/hello/1");
    await lines("apisix_http_status");
    await lines("apisix_bandwidth");
    await waitFor("expiry", async () => !(await page()).text.includes("apisix_http_status{"));
    expect((await page()).text).toContain("apisix_bandwidth{");
  });
});

test("labels can be left empty", async () => {
  await gateway.put("/plugin_metadata/prometheus", {
    disabled_labels: { http_status: ["node", "matched_uri"], bandwidth: ["node"] },
  });
  await put();
  await gateway.send("/hello/1");
  const [line] = await lines("apisix_http_status");
  expect(line).toContain('matched_uri="",matched_host="",service="",consumer="",node=""');
  expect((await lines("apisix_bandwidth"))[0]).toContain('node=""');
  expect((await lines("apisix_http_latency"))[0]).toContain('node="127.0.0.1"');
});

test("entries that wait for a log server are a gauge", async () => {
  await put(
    {},
    {
      plugins: {
        prometheus: {},
        "http-logger": { uri: "http://127.0.0.1:1/", name: "logs", inactive_timeout: 60 },
      },
    },
  );
  await gateway.send("/hello/1");
  expect(await lines("apisix_batch_process_entries")).toEqual([
    'apisix_batch_process_entries{name="logs",route_id="r1",server_addr="127.0.0.1"} 1',
  ]);
});
