/** Secrets in a Vault: its HTTP API, as far as the gateway uses it, served on a real socket. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { createGateway } from "../../../src/gateway/gateway.ts";
import { startProxyListener } from "../../../src/gateway/listener.ts";
import { PLUGINS } from "../../../src/gateway/plugins/table.ts";
import { createLogger } from "../../../src/lib/log.ts";
import {
  MemoryConfigStore,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../helpers/gateway.ts";
import { request } from "../../helpers/http.ts";
import { waitFor } from "../../helpers/wait-for.ts";

let gateway: TestGateway;
let vault: TestUpstream;
/** What the vault has; a text goes out as it is. */
let secrets: Record<string, unknown>;
let held: (() => void)[];
let holds: boolean;

beforeEach(async () => {
  secrets = { "/v1/kv/apisix/jack": { data: { key: "key-of-vault", count: 7 } } };
  held = [];
  holds = false;
  vault = await startUpstream(({ url, headers }, response) => {
    const send = (): void => {
      const found = headers["x-vault-token"] === "root" ? secrets[url] : undefined;
      response.writeHead(found === undefined ? 404 : 200);
      response.end(typeof found === "string" ? found : JSON.stringify(found ?? { errors: [] }));
    };
    if (holds) held.push(send);
    else send();
  });
  gateway = await startGateway({ env: { VAULT_TOKEN: "root" } });
  await gateway.put("/secrets/vault/1", conf());
  await gateway.put("/routes/1", { uri: "/*", plugins: { "key-auth": {} } });
});

afterEach(async () => {
  holds = false;
  for (const send of held.splice(0)) send();
  await gateway[Symbol.asyncDispose]();
  await vault[Symbol.asyncDispose]();
});

function conf(more: Readonly<Record<string, string>> = {}) {
  return { uri: `http://${vault.address}`, prefix: "kv/apisix", token: "root", ...more };
}

function consumer(reference: string) {
  return { username: "jack", plugins: { "key-auth": { key: reference } } };
}

/** 503: let in, to a route without upstream. */
async function statusOf(apikey: string): Promise<number> {
  return (await gateway.send("/hello", { headers: { apikey } })).status;
}

function becomes(apikey: string, status: number): Promise<unknown> {
  return waitFor(`${status} for ${apikey}`, async () => (await statusOf(apikey)) === status);
}

test("a consumer's key is fetched, once", async () => {
  await gateway.put("/consumers/jack", consumer("$secret://vault/1/jack/key"));
  await becomes("key-of-vault", 503);
  for (let time = 0; time < 3; time++) expect(await statusOf("key-of-vault")).toBe(503);
  expect(await statusOf("$secret://vault/1/jack/key")).toBe(401);
  expect(vault.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "GET /v1/kv/apisix/jack",
  ]);
});

test("token from the environment, namespace, and a prefix with slashes of its own", async () => {
  const more = { token: "$env://VAULT_TOKEN", namespace: "team", prefix: "/kv//apisix/" };
  await gateway.put("/secrets/vault/1", conf(more));
  await gateway.put("/consumers/jack", consumer("$secret://vault/1/jack/count"));
  await becomes("7", 503);
  expect(vault.last().headers["x-vault-namespace"]).toBe("team");
});

test.each([
  ["an unknown manager", "$secret://vault/2/jack/key"],
  ["an unknown path", "$secret://vault/1/rose/key"],
  ["an unknown member", "$secret://vault/1/jack/none"],
  ["no member", "$secret://vault/1/jack"],
  ["no JSON", "$secret://vault/1/broken/key"],
  ["a manager that is not served", "$secret://gcp/1/jack/key"],
])("%s: nobody gets in, and the log says so", async (_, reference) => {
  secrets["/v1/kv/apisix/broken"] = "nonsense";
  await gateway.put("/secrets/gcp/1", {});
  await gateway.put("/consumers/jack", consumer(reference));
  expect(await statusOf(reference)).toBe(401);
  const lines = () => gateway.logs().map(({ msg }) => msg);
  await waitFor("the log", async () => lines().includes("failed to resolve secret reference"));
  expect(JSON.stringify(gateway.logs())).not.toContain("nonsense");
});

test("while a secret is asked for again, the last one holds", async () => {
  await gateway.put("/consumers/jack", consumer("$secret://vault/1/jack/key"));
  await becomes("key-of-vault", 503);
  secrets = { "/v1/kv/apisix/jack": { data: { key: "another-key" } } };
  holds = true;
  await gateway.put("/secrets/vault/1", conf());
  expect(await statusOf("key-of-vault")).toBe(503);
  await waitFor("the vault to be asked", async () => held.length > 0);
  expect(await statusOf("key-of-vault")).toBe(503);
  holds = false;
  for (const send of held.splice(0)) send();
  await becomes("another-key", 503);
  expect(await statusOf("key-of-vault")).toBe(401);
});

test("a gateway that starts has asked before it serves", async () => {
  const store = new MemoryConfigStore();
  await store.put("/secrets/vault/1", conf());
  await store.put("/consumers/jack", consumer("$secret://vault/1/jack/key"));
  await store.put("/routes/1", { uri: "/*", plugins: { "key-auth": {} } });
  const log = createLogger({ level: "error", readable: false, write: () => undefined });
  const started = await createGateway({ store, plugins: PLUGINS, log });
  const listener = await startProxyListener({ gateway: started, host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.port}`;
  const { status } = await request(url, { path: "/a", headers: { apikey: "key-of-vault" } });
  await listener.close();
  await started.stop();
  expect(status).toBe(503);
});
