/** Secrets in a Vault: its HTTP API, as far as the gateway uses it, served on a real socket. */
import { createHmac } from "node:crypto";
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

function segment(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function hmac(secret: string, text: string): Buffer {
  return createHmac("sha256", secret).update(text).digest();
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

test("a secret that is stored after its consumer is there within a second", async () => {
  const plugins = {
    "key-auth": { key: "$secret://vault/1/rose/key" },
    "basic-auth": { username: "rose", password: "$secret://vault/1/rose/password" },
    "jwt-auth": { key: "rose", secret: "$secret://vault/1/rose/secret" },
    "hmac-auth": { key_id: "rose", secret_key: "$secret://vault/1/rose/secret" },
  };
  await gateway.put("/consumers/rose", { username: "rose", plugins });
  const secret = "a-secret-of-32-characters-or-more";
  const jwt = `${segment({ alg: "HS256", typ: "JWT" })}.${segment({ key: "rose" })}`;
  const date = new Date().toUTCString();
  const signed = hmac(secret, `rose\ndate: ${date}\n`).toString("base64");
  const fields = `keyId="rose",algorithm="hmac-sha256",headers="date",signature="${signed}"`;
  const requests: Readonly<Record<string, Record<string, string>>> = {
    "key-auth": { apikey: "key-of-rose" },
    "basic-auth": { authorization: `Basic ${btoa("rose:pass")}` },
    "jwt-auth": { authorization: `${jwt}.${hmac(secret, jwt).toString("base64url")}` },
    "hmac-auth": { authorization: `Signature ${fields}`, date },
  };
  for (const [at, name] of Object.keys(requests).entries()) {
    await gateway.put(`/routes/${at + 2}`, { uri: `/${name}`, plugins: { [name]: {} } });
  }
  secrets["/v1/kv/apisix/rose"] = { data: { key: "key-of-rose", password: "pass", secret } };
  for (const [name, headers] of Object.entries(requests)) {
    // 503: let in, to a route without upstream.
    await waitFor(`503 of ${name}`, async () => {
      return (await gateway.send(`/${name}`, { headers })).status === 503;
    });
  }
});

test("what is not there is asked for at most once a second", async () => {
  const begun = performance.now();
  await gateway.put("/consumers/jack", consumer("$secret://vault/1/jack/none"));
  const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf("any")));
  expect(new Set(statuses)).toEqual(new Set([401]));
  for (let time = 0; time < 20; time++) expect(await statusOf("any")).toBe(401);
  const seconds = Math.floor((performance.now() - begun) / 1000);
  expect(vault.received.length).toBeLessThanOrEqual(1 + seconds);
});

test("so it is with what is not there for the configuration of a plugin", async () => {
  const begun = performance.now();
  const plugins = { mocking: { response_example: "$secret://vault/1/jack/none" } };
  await gateway.put("/routes/2", { uri: "/mock", plugins });
  for (let time = 0; time < 20; time++) expect((await gateway.send("/mock")).status).toBe(200);
  const seconds = Math.floor((performance.now() - begun) / 1000);
  expect(vault.received.length).toBeLessThanOrEqual(1 + seconds);
});

test("a plugin put while its secret is known, or known to be missing, gets the later one", async () => {
  const path = "/v1/kv/apisix/rose";
  const text = async (name: string): Promise<string> => (await gateway.send(`/${name}`)).text;
  const put = (name: string): Promise<void> => {
    const plugins = { mocking: { response_example: "$secret://vault/1/rose/text" } };
    return gateway.put(`/routes/${name}`, { uri: `/${name}`, plugins });
  };
  await put("first");
  expect(await text("first")).toContain("vault/1/rose/text");
  await put("second");
  await text("second");
  secrets[path] = { data: { text: "one" } };
  await waitFor("the secret", async () => (await text("second")) === "one");
  await put("third");
  expect(await text("third")).toBe("one");
  secrets[path] = { data: { text: "two" } };
  await gateway.put("/secrets/vault/1", conf());
  for (const name of ["first", "second", "third"]) expect(await text(name)).toBe("two");
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
  ["a manager that there is not", "$secret://azure/1/jack/key"],
])("%s: nobody gets in, and the log says so", async (_, reference) => {
  secrets["/v1/kv/apisix/broken"] = "nonsense";
  await gateway.put("/secrets/azure/1", {});
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
