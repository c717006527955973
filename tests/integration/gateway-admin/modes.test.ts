/** The gateway without a stored configuration, without a platform, and over TLS. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { request as requestTls } from "node:https";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { generate } from "selfsigned";
import { describe, expect, test } from "vitest";
import { request } from "../../helpers/http.ts";
import { type Listener, meringueBin, startPlatform, urlOf } from "../../helpers/platform.ts";
import { cleanEnv } from "../../helpers/program.ts";
import { tempDir } from "../../helpers/temp-dir.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const KEY = { "x-api-key": "edd1c9f034335f136f87ad84b625c8f1" };
const ROUTE = { uri: "/hello", plugins: { echo: { body: "hello" } }, upstream: { nodes: {} } };

async function withConf(folder: string, conf: string, env: Record<string, string> = {}) {
  const file = join(folder, "config.yaml");
  await writeFile(file, conf);
  return startPlatform({ gateway: true, args: ["--gateway-conf-file", file], env });
}

test("rules come from a file, and again when it changes", async () => {
  await using folder = await tempDir();
  const rules = join(folder.path, "apisix.yaml");
  const write = (body: string) =>
    writeFile(
      rules,
      `routes:
  - uri: /hello
    plugins: {echo: {body: ${body}}}
    upstream: {nodes: {}}
  - uri: 7
services:
  - id: kept
#END
`,
    );
  await write("one");
  await using platform = await withConf(
    folder.path,
    "deployment: {role: data_plane, role_data_plane: {config_provider: yaml}}",
  );
  const url = urlOf(platform, "gateway");
  expect((await request(url, { path: "/hello" })).text).toBe("one");
  expect(platform.logs()).toContain("a resource in the rules was left out");
  expect(platform.listeners.map(({ role }) => role)).not.toContain("gateway-admin");
  const services = await request(urlOf(platform, "gateway-control"), { path: "/v1/service/kept" });
  expect(services.status).toBe(200);
  await write("changed");
  await waitFor("the new rules", async () => {
    return (await request(url, { path: "/hello" })).text === "changed";
  });
});

describe("a file of rules", () => {
  const MODE = "deployment: {role: data_plane, role_data_plane: {config_provider: yaml}}";

  /** Starts with these rules; `write` puts others in their place. */
  async function withRules(folder: string, rules: string, env?: Record<string, string>) {
    const write = (text: string) => writeFile(join(folder, "apisix.yaml"), `${text}\n#END\n`);
    await write(rules);
    const platform = await withConf(folder, MODE, env);
    const get = (path: string, headers: Record<string, string> = {}) =>
      request(urlOf(platform, "gateway"), { path, headers });
    const control = (path: string) => request(urlOf(platform, "gateway-control"), { path });
    return { platform, write, get, control };
  }

  test("what is left empty is a plugin with its defaults; credentials survive changes", async () => {
    await using folder = await tempDir();
    const rules = `routes:
  - uri: /hello
    plugins:
      key-auth:
      echo: {body: hello}
    upstream: {nodes: {}}
consumers:
  - id: rose/credentials/one
    plugins: {key-auth: {key: rose-key}}
  - username: rose
    plugins:
`;
    const { platform, write, get } = await withRules(folder.path, rules);
    await using _ = platform;
    expect((await get("/hello")).status).toBe(401);
    expect((await get("/hello", { apikey: "rose-key" })).text).toBe("hello");
    await write(`${rules}services: [{id: new}]`);
    await waitFor("the change", async () => {
      const answer = await request(urlOf(platform, "gateway-control"), { path: "/v1/service/new" });
      return answer.status === 200;
    });
    expect((await get("/hello", { apikey: "rose-key" })).text).toBe("hello");
    expect(platform.logs()).not.toContain("left out");
  });

  test("what is no list is told, and the rest served", async () => {
    await using folder = await tempDir();
    const routes = "routes: [{uri: /hello, plugins: {echo: {body: hello}}, upstream: {nodes: {}}}]";
    const rules = `${routes}
services: {one: {hosts: [example.org]}}
upstreams:
consumers: none`;
    const { platform, get } = await withRules(folder.path, rules);
    await using _ = platform;
    expect((await get("/hello")).text).toBe("hello");
    expect(platform.logs()).toContain("services: wrong type: expected array, got table");
    expect(platform.logs()).toContain("consumers: wrong type: expected array, got string");
    expect(platform.logs()).not.toContain("upstreams: wrong type");
  });

  test("variables stand anywhere in it, and in quotes they are texts", async () => {
    await using folder = await tempDir();
    const rules = `routes:
  - id: 1
    uri: /\${{GW_PATH}}
    name: "\${{GW_NUMBER}}"
    priority: \${{GW_NUMBER}}
    upstream:
      nodes:
        "\${{GW_NODE:=127.0.0.1:1}}": 1
`;
    const env = { GW_PATH: "hello", GW_NUMBER: "7" };
    const { platform, control } = await withRules(folder.path, rules, env);
    await using _ = platform;
    expect((await control("/v1/route/1")).json).toMatchObject({
      key: "/routes/1",
      has_domain: false,
      value: {
        id: "1",
        uri: "/hello",
        name: "7",
        priority: 7,
        status: 1,
        upstream: { type: "roundrobin", nodes: [{ host: "127.0.0.1", port: 1, weight: 1 }] },
      },
    });
  });

  test("its list of plugins takes the place of that of config.yaml while it is there", async () => {
    await using folder = await tempDir();
    const routes = `routes:
  - uri: /hello
    plugins: {echo: {body: hello}}
    upstream: {nodes: {}}
`;
    const { platform, write, get } = await withRules(folder.path, routes);
    await using _ = platform;
    expect((await get("/hello")).text).toBe("hello");
    await write(`${routes}plugins: [{name: key-auth}]`);
    await waitFor("the end of echo", async () => (await get("/hello")).status === 404);
    await write(`${routes}plugins: [{name: echo}]`);
    await waitFor("echo again", async () => (await get("/hello")).text === "hello");
    await write(`${routes}plugins: [{name: key-auth, stream: of course}]`);
    await waitFor("the refusal", () => platform.logs().includes("expected boolean, got string"));
    expect((await get("/hello")).text).toBe("hello");
    await write(`${routes}plugins:`);
    await waitFor("no plugins", async () => (await get("/hello")).status === 404);
    await write(routes);
    await waitFor("all plugins", async () => (await get("/hello")).text === "hello");
  });
});

describe("the whole configuration in one request", () => {
  test("is versioned, digested and served", async () => {
    await using folder = await tempDir();
    await using platform = await withConf(
      folder.path,
      "deployment: {role: traditional, role_traditional: {config_provider: yaml}}",
    );
    const url = urlOf(platform, "gateway-admin");
    const path = "/apisix/admin/configs";
    const put = (body: unknown, headers: Record<string, string> = {}) =>
      request(url, { method: "PUT", path, body, headers: { ...KEY, ...headers } });
    const digest = (text: string) => ({ "x-digest": text });

    const empty = await request(url, { path, headers: KEY });
    expect(empty.json).toMatchObject({ routes_conf_version: 0, consumers_conf_version: 0 });
    expect((await put({})).json).toEqual({ error_msg: "missing digest header" });
    const nothing = await request(url, {
      method: "PUT",
      path,
      headers: { ...KEY, ...digest("0") },
    });
    expect(nothing.json).toEqual({ error_msg: "invalid request body: empty request body" });

    const routes = [{ id: "1", modifiedIndex: 1, ...ROUTE }];
    const first = await put({ routes, routes_conf_version: 5 }, digest("1"));
    expect(first.status).toBe(202);
    expect(first.headers["x-digest"]).toBe("1");
    expect((await put({ routes: [] }, digest("1"))).status).toBe(204);
    const gateway = urlOf(platform, "gateway");
    await waitFor("the route", async () => {
      return (await request(gateway, { path: "/hello" })).text === "hello";
    });
    const lower = await put({ routes_conf_version: 4 }, digest("2"));
    expect(lower.json).toEqual({
      error_msg: "routes_conf_version must be greater than or equal to (5)",
    });
    const wrong = await put({ routes_conf_version: "x" }, digest("2"));
    expect(wrong.json).toEqual({ error_msg: "routes_conf_version must be a number" });
    const bad = await put({ routes: [{ id: "1", uri: 1 }] }, digest("2"));
    expect(bad.status).toBe(400);
    expect((await put({ routes_conf_version: 5 }, digest("3"))).status).toBe(202);
    expect((await request(gateway, { path: "/hello" })).text).toBe("hello");
    const other = [{ ...routes[0], uri: "/other" }];
    const put6 = { routes: other, routes_conf_version: 6 };
    expect((await put(put6, digest("same index"))).status).toBe(202);
    expect((await request(gateway, { path: "/hello" })).text).toBe("hello");
    const put7 = { routes: [{ ...other[0], modifiedIndex: 2 }], routes_conf_version: 7 };
    expect((await put(put7, digest("new index"))).status).toBe(202);
    await waitFor("the other route", async () => {
      return (await request(gateway, { path: "/other" })).text === "hello";
    });
    const put8 = { routes: [{ ...routes[0], modifiedIndex: 3 }], routes_conf_version: 8 };
    expect((await put(put8, digest("back"))).status).toBe(202);
    await waitFor("the first route", async () => {
      return (await request(gateway, { path: "/hello" })).text === "hello";
    });
    const consumers = [
      { username: "rose" },
      { id: "rose/credentials/one", plugins: { "key-auth": { key: "rose-key" } } },
    ];
    const global_rules = [{ id: "a", plugins: { "request-id": {} } }];
    const owned = { routes_conf_version: 8, consumers, global_rules };
    expect((await put(owned, digest("3a"))).status).toBe(202);
    const renamed = { ...owned, global_rules: [{ id: "b", plugins: { "request-id": {} } }] };
    expect((await put(renamed, digest("3"))).status).toBe(202);
    const now = await request(url, { path, headers: KEY });
    expect(now.json).toMatchObject({ routes_conf_version: 8, "X-Digest": "3", consumers });
    expect((await put({}, digest("4"))).status).toBe(202);
    await waitFor("the end of the route", async () => {
      return (await request(gateway, { path: "/hello" })).status === 404;
    });
    const crud = await request(url, { path: "/apisix/admin/routes", headers: KEY });
    expect(crud.status).toBe(404);
  });
});

test("probes learn whether the configuration is there", async () => {
  await using folder = await tempDir();
  await using platform = await withConf(
    folder.path,
    `apisix: {status: {port: 0}}
deployment: {role: traditional, role_traditional: {config_provider: yaml}}`,
  );
  const url = urlOf(platform, "gateway-status");
  expect((await request(url, { path: "/status" })).text).toBe('{"status":"ok"}');
  const waiting = await request(url, { path: "/status/ready" });
  expect(waiting.status).toBe(503);
  expect(waiting.json).toEqual({
    status: "error",
    error: "worker id: 0 has not received configuration",
  });
  await request(urlOf(platform, "gateway-admin"), {
    method: "PUT",
    path: "/apisix/admin/configs",
    headers: { ...KEY, "x-digest": "1" },
    body: {},
  });
  const ready = await request(url, { path: "/status/ready" });
  expect([ready.status, ready.text]).toEqual([200, '{"status":"ok"}']);
  expect((await request(url, { path: "/other" })).status).toBe(404);
});

test("the gateway is served alone, and keeps what it was given", async () => {
  await using folder = await tempDir();
  const start = async () => {
    const ports = ["", "tls-", "admin-", "control-", "prometheus-"];
    const child = spawn(
      meringueBin,
      [
        ...["serve", "--roles", "gateway", "--ready-fd", "3"],
        ...["--data-dir", join(folder.path, "data")],
        ...ports.flatMap((name) => [`--gateway-${name}port`, "0"]),
      ],
      { cwd: folder.path, env: cleanEnv(), stdio: ["ignore", "pipe", "pipe", "pipe"] },
    );
    const listeners: Listener[] = [];
    for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
      listeners.push(JSON.parse(line) as Listener);
    }
    const at = (role: string) =>
      `http://127.0.0.1:${listeners.find((one) => one.role === role)?.port}`;
    const stop = async (): Promise<number | null> => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      return (await ended)[0] as number | null;
    };
    return { at, stop, roles: listeners.map(({ role }) => role) };
  };
  const first = await start();
  expect(first.roles).toEqual([
    "gateway",
    "gateway-tls",
    "gateway-admin",
    "gateway-control",
    "gateway-prometheus",
  ]);
  const path = "/apisix/admin/routes/1";
  const headers = KEY;
  const body = ROUTE;
  expect(
    (await request(first.at("gateway-admin"), { method: "PUT", path, headers, body })).status,
  ).toBe(201);
  expect(await first.stop()).toBe(0);
  const second = await start();
  expect((await request(second.at("gateway"), { path: "/hello" })).text).toBe("hello");
  expect(await second.stop()).toBe(0);
});

test("a certificate is served by name, and its key is told to nobody", async () => {
  await using platform = await startPlatform({ gateway: true });
  const admin = urlOf(platform, "gateway-admin");
  const pair = await generate([{ name: "commonName", value: "test.com" }]);
  const put = (path: string, body: unknown) =>
    request(admin, { method: "PUT", path: `/apisix/admin${path}`, headers: KEY, body });
  const ssl = { cert: pair.cert, key: pair.private, sni: "test.com" };
  const written = await put("/ssls/1", ssl);
  expect(written.status).toBe(201);
  expect(written.text).not.toContain("PRIVATE KEY");
  const shown = await request(admin, { path: "/apisix/admin/ssls/1", headers: KEY });
  expect(shown.json).toMatchObject({ value: { cert: pair.cert, sni: "test.com" } });
  expect((shown.json as { value: object }).value).not.toHaveProperty("key");
  const data = await readFile(join(platform.dataFolder, "gateway.db-wal"), "latin1");
  expect(data).not.toContain("PRIVATE KEY");
  await put("/routes/1", ROUTE);
  const { port } = new URL(urlOf(platform, "gateway-tls"));
  const subject = await waitFor("an answer over TLS", async () => {
    const options = { host: "127.0.0.1", port, path: "/hello", servername: "test.com" };
    const outgoing = requestTls({ ...options, ca: pair.cert, agent: false });
    outgoing.end();
    const [incoming] = await once(outgoing, "response");
    incoming.resume();
    return incoming.socket.getPeerCertificate().subject.CN as string;
  });
  expect(subject).toBe("test.com");
  const damaged = await put("/ssls/2", { ...ssl, key: pair.private.slice(0, 200) });
  expect(damaged.json).toMatchObject({
    error_msg: expect.stringMatching(/^failed to parse key: /),
  });
});
