/** Secrets of plugins in the real program: encrypted on disk, in clear text where they are used. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { basic, request } from "../../../helpers/http.ts";
import { startPlatform, type TestPlatform, urlOf } from "../../../helpers/platform.ts";
import { waitFor } from "../../../helpers/wait-for.ts";

const KEY = "edd1c9f034335f136f87ad84b625c8f1";
/** In clear text nowhere on disk. */
const SECRETS = [
  "secret-of-key-auth",
  "secret-of-basic-auth",
  "secret-of-jwt-auth",
  "secret-of-hmac-auth",
  "secret-of-csrf",
  "secret-of-openid-client",
  "secret-of-openid-session",
];
const CONSUMER = {
  username: "jack",
  plugins: {
    "key-auth": { key: "secret-of-key-auth" },
    "basic-auth": { username: "visible-name", password: "secret-of-basic-auth" },
    "jwt-auth": { key: "visible-jwt-key", secret: "secret-of-jwt-auth" },
    "hmac-auth": { key_id: "visible-id", secret_key: "secret-of-hmac-auth" },
  },
};
const ROUTES = {
  key: { uri: "/key", plugins: { "key-auth": {} } },
  basic: { uri: "/basic", plugins: { "basic-auth": {} } },
  other: {
    uri: "/other",
    plugins: {
      csrf: { key: "secret-of-csrf" },
      "openid-connect": {
        client_id: "visible-client",
        client_secret: "secret-of-openid-client",
        discovery: "http://127.0.0.1:1/none",
        unauth_action: "pass",
        session: { secret: "secret-of-openid-session" },
      },
    },
  },
};

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform({ gateway: true });
  await put("/consumers/jack", CONSUMER);
  for (const [id, route] of Object.entries(ROUTES)) await put(`/routes/${id}`, route);
});
afterAll(() => platform[Symbol.asyncDispose]());

function admin(method: string, path: string, body?: unknown) {
  return request(urlOf(platform, "gateway-admin"), {
    method,
    path: `/apisix/admin${path}`,
    headers: { "x-api-key": KEY },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function put(path: string, body: unknown): Promise<void> {
  const { status, text } = await admin("PUT", path, body);
  expect([path, status, text]).toEqual([path, 201, expect.not.stringContaining("secret-of-")]);
}

function ask(path: string, headers: Readonly<Record<string, string>>) {
  return request(urlOf(platform, "gateway"), { path, headers });
}

/** 503: let in, to a route that has no upstream. */
async function expectUse(): Promise<void> {
  const key = { apikey: "secret-of-key-auth" };
  const pair = { authorization: basic("visible-name:secret-of-basic-auth") };
  // What was written last is known last.
  await waitFor("the routes", async () => (await ask("/other", {})).status === 503);
  expect((await ask("/key", key)).status).toBe(503);
  expect((await ask("/basic", pair)).status).toBe(503);
  expect((await ask("/key", { apikey: "other" })).status).toBe(401);
}

test("they work, before and after a start", async () => {
  await expectUse();
  await platform.restart();
  await expectUse();
});

test("the Admin API shows them", async () => {
  const { json } = await admin("GET", "/consumers/jack");
  expect(json).toMatchObject({ value: { plugins: CONSUMER.plugins } });
  expect((await admin("GET", "/routes/other")).json).toMatchObject({
    value: { plugins: ROUTES.other.plugins },
  });
});

test("what cannot be told apart is refused, encrypted or not", async () => {
  const plugins = { "key-auth": { key: "secret-of-key-auth" } };
  const { status, json } = await admin("PUT", "/consumers/rose", { username: "rose", plugins });
  expect([status, json]).toEqual([
    400,
    { error_msg: "duplicate key of plugin key-auth found with consumer: jack" },
  ]);
});

test("neither files nor the log have them", async () => {
  await platform.stop();
  const names = await readdir(platform.dataFolder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  const contents = await Promise.all(
    files.map(async (entry) =>
      (await readFile(join(entry.parentPath, entry.name))).toString("latin1"),
    ),
  );
  const all = [...contents, platform.logs()].join("\n");
  expect(all).toContain("visible-jwt-key");
  expect(SECRETS.filter((secret) => all.includes(secret))).toEqual([]);
});
