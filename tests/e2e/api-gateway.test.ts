/** `wsk api` and the `openwhisk` npm client against the built server, over restarts and crashes. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import openwhisk from "openwhisk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiOf } from "../helpers/api.ts";
import { request } from "../helpers/http.ts";
import { guestKey } from "../helpers/identities.ts";
import { startPlatform, type TestPlatform, urlOf, wskBin } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { type TempDir, tempDir } from "../helpers/temp-dir.ts";

const [UUID = ""] = guestKey.split(":");
const CODE = "function main(p) { return { statusCode: 200, body: { path: p.__ow_path } }; }";

let platform: TestPlatform;
let home: TempDir;

beforeAll(async () => {
  [platform, home] = await Promise.all([startPlatform({ apiGateway: true }), tempDir("api")]);
  await apiOf(() => platform.url).put("hello", CODE, { annotations: WEB });
  await wsk("property", "set", "--apihost", platform.url, "--auth", guestKey);
});
afterAll(async () => {
  await Promise.all([platform?.[Symbol.asyncDispose](), home?.[Symbol.asyncDispose]()]);
});

const WEB = [{ key: "web-export", value: true }];

function wsk(...args: readonly string[]): ReturnType<typeof runProgram> {
  return runProgram(wskBin, args, { env: { HOME: home.path }, cwd: home.path });
}

/** What a command that must work prints. */
async function printed(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await wsk(...args);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

function apiUrl(rest = ""): string {
  return `${urlOf(platform, "api-gateway")}/api/${UUID}${rest}`;
}

async function pathAt(path: string): Promise<unknown> {
  const { status, json } = await request(apiUrl(), { path });
  return status === 200 ? (json as { path?: string }).path : status;
}

function client(): openwhisk.Client {
  return openwhisk({ apihost: platform.url, api_key: guestKey, namespace: "_" });
}

describe("wsk api", () => {
  test("an API's life", async () => {
    const flags = ["--response-type", "http"];
    expect(await printed("api", "create", "/life", "/a", "get", "hello", ...flags)).toBe(
      `ok: created API /life/a GET for action /_/hello\n${apiUrl("/life/a")}\n`,
    );
    await printed("api", "create", "/life", "/a/{id}", "get", "hello", "-n", "Other", ...flags);
    expect([await pathAt("/life/a"), await pathAt("/life/a/7")]).toEqual(["/life/a", "/life/a/7"]);
    const full = await printed("api", "list", "/life", "/a", "GET", "-f");
    expect(full).toContain("Action: /guest/hello\n");
    expect(full).toContain(`URL: ${apiUrl("/life/a")}\n`);
    expect(full).not.toContain("{id}");
    expect(await printed("api", "delete", "/life", "/a", "get")).toBe(
      "ok: deleted /a GET from /life\n",
    );
    expect([await pathAt("/life/a"), await pathAt("/life/a/7")]).toEqual([404, "/life/a/7"]);
    expect(await printed("api", "delete", "/life")).toBe("ok: deleted API /life\n");
    expect(await pathAt("/life/a/7")).toBe(404);
    const { code, stderr } = await wsk("api", "get", "/life");
    expect([code, stderr]).toEqual([1, "error: API does not exist for basepath /life\n"]);
  });

  test.each(["json", "yaml"])("what get prints as %s, create takes", async (format) => {
    const flags = ["--response-type", "http"];
    await printed("api", "create", `/${format}`, "/x/{id}", "post", "hello", ...flags);
    const before = await printed("api", "get", `/${format}`, "--format", format);
    await printed("api", "delete", `/${format}`);
    const file = `api.${format}`;
    await writeFile(join(home.path, file), before);
    expect(await printed("api", "create", "-c", file)).toBe(
      `ok: created API /${format}/x/{id} post for action /guest/hello\n` +
        `${apiUrl(`/${format}/x/{id}`)}\n`,
    );
    expect(await printed("api", "get", `/${format}`, "--format", format)).toBe(before);
    const answer = await request(apiUrl(`/${format}/x/5`), { method: "POST" });
    expect(answer.json).toEqual({ path: `/${format}/x/5` });
  });

  test("a manifest's APIs are deployed and undeployed", async () => {
    const manifest = `
packages:
  shop:
    actions:
      item: { function: item.js, runtime: "nodejs:default", web: true }
    apis:
      shop-api:
        shop:
          items:
            item: { method: GET, response: http }
`;
    await writeFile(join(home.path, "manifest.yaml"), manifest);
    await writeFile(join(home.path, "item.js"), CODE);
    await printed("project", "deploy");
    expect(await pathAt("/shop/items")).toBe("/shop/items");
    await printed("project", "undeploy");
    expect(await pathAt("/shop/items")).toBe(404);
  });

  test("a secured action is called through its API alone", async () => {
    const annotations = [...WEB, { key: "require-whisk-auth", value: 12345 }];
    await apiOf(() => platform.url).put("safe", CODE, { annotations });
    await printed("api", "create", "/safe", "/x", "get", "safe", "--response-type", "http");
    const direct = { path: "/api/v1/web/guest/default/safe.http" };
    expect((await request(platform.url, direct)).status).toBe(401);
    expect(await pathAt("/safe/x")).toBe("/safe/x");
  });
});

test("the npm client's routes", async () => {
  const { routes } = client() as unknown as {
    routes: Record<string, (options: object) => Promise<unknown>>;
  };
  const life = { basepath: "/npm", relpath: "/r", operation: "GET" };
  const created = await routes["create"]?.({ ...life, action: "hello", responsetype: "http" });
  expect(created).toMatchObject({ gwApiUrl: apiUrl("/npm") });
  expect(await pathAt("/npm/r")).toBe("/npm/r");
  expect(await routes["get"]?.({ basepath: "/npm" })).toMatchObject({ apis: { length: 1 } });
  expect(await routes["list"]?.({})).toMatchObject({ apis: expect.any(Array) });
  await routes["delete"]?.(life);
  expect(await pathAt("/npm/r")).toBe(404);
  expect(await routes["list"]?.({ basepath: "/npm" })).toEqual({ apis: [] });
});

type Create = (path: string) => Promise<boolean>;

/** Adds an operation to an API; false: no answer, or a refusal. */
function creating(base: string): Create {
  const { routes } = client() as unknown as {
    routes: { create(options: object): Promise<unknown> };
  };
  return (relpath) =>
    routes
      .create({ basepath: base, relpath, operation: "GET", action: "hello", responsetype: "http" })
      .then(
        () => true,
        () => false,
      );
}

test("operations that are created at once are all there", { timeout: 60_000 }, async () => {
  const paths = Array.from({ length: 10 }, (_, n) => `/p${n}`);
  const done = await Promise.all(paths.map(creating("/together")));
  expect(done).toEqual(paths.map(() => true));
  const answers = await Promise.all(paths.map((path) => pathAt(`/together${path}`)));
  expect(answers).toEqual(paths.map((path) => `/together${path}`));
});

test("what was answered survives a kill, at other ports", { timeout: 120_000 }, async () => {
  const acknowledged: string[] = [];
  const create = creating("/kept");
  for (const path of ["/a", "/b"]) if (await create(path)) acknowledged.push(path);
  const running = ["/c", "/d", "/e", "/f"].map(async (path) => {
    if (await create(path)) acknowledged.push(path);
    if (path === "/c") await platform.kill("SIGKILL");
  });
  await Promise.all(running);
  await platform.restart();
  expect(acknowledged.length).toBeGreaterThanOrEqual(3);
  for (const path of acknowledged) expect(await pathAt(`/kept${path}`)).toBe(`/kept${path}`);
  // The actions of the management have moved with the server.
  expect(await creating("/kept")("/late")).toBe(true);
  expect(await pathAt("/kept/late")).toBe("/kept/late");
});

test("URLs begin with the public one; without a port nothing is served", async () => {
  const args = ["--apigw-public-url", "https://apis.example.com/"];
  await using own = await startPlatform({ apiGateway: true, args });
  await apiOf(() => own.url).put("hello", CODE, { annotations: WEB });
  const { routes } = openwhisk({ apihost: own.url, api_key: guestKey }) as unknown as {
    routes: { create(options: object): Promise<unknown> };
  };
  const created = await routes.create({ relpath: "/r", operation: "GET", action: "hello" });
  expect(created).toMatchObject({ gwApiUrl: `https://apis.example.com/api/${UUID}` });
  await using without = await startPlatform();
  const management = { path: "/apigw/v2/-/apis", auth: guestKey };
  expect((await request(own.url, management)).status).toBe(200);
  expect((await request(without.url, management)).status).toBe(405);
  const action = { path: "/api/v1/web/whisk.system/apimgmt/getApi", auth: guestKey };
  expect((await request(own.url, action)).status).toBe(200);
  expect((await request(without.url, action)).status).toBe(404);
});
