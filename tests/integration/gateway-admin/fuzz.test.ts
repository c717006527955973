/** Whatever comes in, the Admin API answers with something that is no fault of its own. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { RESOURCE_SCHEMAS } from "../../../src/gateway/schema/resources.ts";
import { type RequestOptions, request } from "../../helpers/http.ts";
import { startPlatform, type TestPlatform, urlOf } from "../../helpers/platform.ts";
import { fc } from "../../helpers/property.ts";

const KEY = "edd1c9f034335f136f87ad84b625c8f1";
const RUNS = 300;

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform({ gateway: true });
});
afterAll(() => platform[Symbol.asyncDispose]());

async function ask(options: RequestOptions): Promise<number> {
  const headers = { "x-api-key": KEY, ...options.headers };
  const { status, text } = await request(urlOf(platform, "gateway-admin"), { ...options, headers });
  expect(status, `${options.method} ${options.path} ${options.body}: ${text}`).toBeLessThan(500);
  return status;
}

const FOLDERS = [
  "routes",
  "services",
  "upstreams",
  "consumers",
  "consumers/jack/credentials",
  "consumer_groups",
  "plugin_configs",
  "global_rules",
  "plugin_metadata",
  "ssls",
  "protos",
  "secrets/vault",
  "stream_routes",
  "schema/validate",
  "configs",
];
const IDS = ["", "/1", "/echo", "/validate", "/a b", "/%2e%2e", "/__proto__", "/1/plugins/echo"];
const METHODS = ["GET", "PUT", "POST", "PATCH", "DELETE"];

/** Names that mean something somewhere, so that values reach the checks behind them. */
const NAMES = [
  ...Object.keys(RESOURCE_SCHEMAS.route["properties"] as object),
  ...Object.keys(RESOURCE_SCHEMAS.upstream["properties"] as object),
  "username",
  "group_id",
  "cert",
  "sni",
  "echo",
  "_meta",
  "body",
  "__proto__",
  "constructor",
  "toString",
];
const VALUES = ["/x", "127.0.0.1:80", "chash", "GET", "$env://HOME", "$secret://a", "\u0000", "1"];

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(fc.constantFrom(...VALUES), fc.integer(), fc.double(), fc.boolean(), fc.string()),
    fc.constantFrom(null, [], {}, 0, -0, 1e308, ""),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), fc.string()), tie("json"), { maxKeys: 5 }),
  ),
}));

const asked = fc.record({
  method: fc.constantFrom(...METHODS),
  path: fc
    .tuple(fc.constantFrom(...FOLDERS), fc.constantFrom(...IDS))
    .map(([folder, id]) => `/apisix/admin/${folder}${id}`.replaceAll(" ", "%20")),
  query: fc.constantFrom("", "?ttl=1", "?ttl=-1", "?page=1&page_size=10", "?force=true", "?name=("),
});

test("any JSON", async () => {
  await fc.assert(
    fc.asyncProperty(asked, json, async ({ method, path, query }, body) => {
      await ask({ method, path: path + query, body: JSON.stringify(body) });
    }),
    { numRuns: RUNS },
  );
});

test("any resource that is nearly right", async () => {
  const members = fc.dictionary(fc.constantFrom(...NAMES), json, { maxKeys: 4 });
  await fc.assert(
    fc.asyncProperty(asked, members, async ({ path }, more) => {
      const route = { uri: "/x", upstream: { nodes: {} }, ...more };
      await ask({ method: "PUT", path, body: JSON.stringify(route) });
      await ask({ method: "PATCH", path, body: JSON.stringify(more) });
    }),
    { numRuns: RUNS },
  );
});

test("any bytes", async () => {
  await fc.assert(
    fc.asyncProperty(asked, fc.uint8Array({ maxLength: 200 }), async ({ method, path }, body) => {
      await ask({ method, path, body });
    }),
    { numRuns: RUNS },
  );
});

test("nesting without end", async () => {
  for (const body of [
    "[".repeat(100_000),
    '{"a":'.repeat(100_000),
    `${"[".repeat(999)}${"]".repeat(999)}`,
  ]) {
    for (const path of ["/routes/1", "/schema/validate/routes", "/configs/validate"]) {
      const method = path.startsWith("/routes") ? "PUT" : "POST";
      expect(await ask({ method, path: `/apisix/admin${path}`, body })).toBeLessThan(500);
    }
    const headers = { "content-type": "application/yaml" };
    await ask({ method: "POST", path: "/apisix/admin/configs/validate", body, headers });
  }
});

test("after all that it still serves", async () => {
  const path = "/apisix/admin/routes/after";
  const body = JSON.stringify({ uri: "/after", plugins: {} });
  expect(await ask({ method: "PUT", path, body })).toBeLessThan(300);
  expect(platform.logs()).not.toContain("a request to the Admin API failed");
});
