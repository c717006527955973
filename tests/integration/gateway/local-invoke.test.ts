/**
 * Plugins that call this very program invoke its actions in process: what comes back is what the
 * API answers over HTTP, header by header. `openfunction` shows all of it, `openwhisk` its reading.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, type RequestOptions, request } from "../../helpers/http.ts";
import { guestKey } from "../../helpers/identities.ts";
import { startPlatform, type TestPlatform, urlOf } from "../../helpers/platform.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const KEY = "edd1c9f034335f136f87ad84b625c8f1";
const ACTIONS = "/api/v1/namespaces/_/actions";
const CODE = `function main(args) {
  if (args.ms) return new Promise((resolve) => setTimeout(() => resolve(args), args.ms));
  if (args.fail) return { error: "no" };
  return args.as ?? { hello: args.name ?? "test" };
}`;

let platform: TestPlatform;

beforeAll(async () => {
  const limits = ["--throttle-invocations-per-minute", "200"];
  platform = await startPlatform({ gateway: true, args: ["--log-level", "debug", ...limits] });
  const put = (path: string, body: unknown): Promise<Answer> =>
    request(platform.url, {
      method: "PUT",
      path: `/api/v1/namespaces/_${path}`,
      auth: guestKey,
      body,
    });
  const exec = { kind: "nodejs:default", code: CODE };
  expect((await put("/packages/pkg", {})).status).toBe(200);
  for (const path of ["/actions/hello", "/actions/pkg/hello"]) {
    expect((await put(path, { exec })).status).toBe(200);
  }
  await route("raw", "/raw/*", "openfunction", {
    function_uri: `${platform.url}/api/v1/namespaces`,
    timeout: 60_000,
  });
});
afterAll(() => platform?.[Symbol.asyncDispose]());

async function route(id: string, uri: string, plugin: string, conf: object): Promise<void> {
  const answer = await request(urlOf(platform, "gateway-admin"), {
    method: "PUT",
    path: `/apisix/admin/routes/${id}`,
    headers: { "x-api-key": KEY },
    body: { uri, plugins: { [plugin]: conf } },
  });
  expect(answer.status, answer.text).toBeLessThan(300);
  await waitFor(`route ${id}`, async () => {
    const { text } = await viaGateway(uri.replace("*", ""));
    return !text.includes("404 Route Not Found");
  });
}

const viaGateway = (path: string, options: RequestOptions = {}): Promise<Answer> =>
  request(urlOf(platform, "gateway"), { ...options, path });

/** What does not depend on the moment; `Date` is that of the listener, as is `Server`. */
function comparable({ status, headers, text }: Answer): object {
  const { date, server, connection, "keep-alive": kept, ...rest } = headers;
  const id = headers["x-openwhisk-activation-id"];
  const transid = headers["x-request-id"];
  const blank = (all: string): string =>
    all.replaceAll(String(id), "ID").replaceAll(String(transid), "TRANSID");
  return { status, headers: JSON.parse(blank(JSON.stringify(rest))) as object, text: blank(text) };
}

const cases: readonly (readonly [string, string, RequestOptions?])[] = [
  ["a result", "/_/actions/hello?blocking=true&result=true", { body: { name: "Ada" } }],
  ["no body", "/_/actions/hello?blocking=true&result=true"],
  ["a packaged action", "/guest/actions/pkg/hello?blocking=true&result=true"],
  ["text beyond ASCII", "/_/actions/hello?blocking=true&result=true", { body: { name: "Ωé" } }],
  ["an error of the action", "/_/actions/hello?blocking=true&result=true", { body: { fail: 1 } }],
  ["an array", "/_/actions/hello?blocking=true", { body: { as: [1, 2] } }],
  ["not blocking", "/_/actions/hello"],
  ["not in time", "/_/actions/hello?blocking=true&timeout=50", { body: { ms: 400 } }],
  ["no key", "/_/actions/hello", { auth: "" }],
  ["a wrong key", "/_/actions/hello", { auth: `${guestKey}x` }],
  ["another namespace", "/whisk.system/actions/hello"],
  ["an action that is not there", "/_/actions/none?blocking=true"],
  ["a bad name", "/_/actions/a%20%20%2Fb"],
  ["a bad query", "/_/actions/hello?blocking=true&timeout=0"],
  [
    "malformed JSON",
    "/_/actions/hello",
    { body: "a=b", headers: { "content-type": "application/json" } },
  ],
  ["another type", "/_/actions/hello", { body: "a=b", headers: { "content-type": "text/plain" } }],
  ["a long body", "/_/actions/hello", { body: { name: "x".repeat(1_100_000) } }],
  ["a transaction id", "/_/actions/none", { headers: { "x-request-id": "my-own" } }],
  ["no action", "/_/actions"],
  ["a trigger", "/_/triggers/none"],
];

describe("in process as over HTTP:", () => {
  test.for(cases)("%s", async ([, path, { auth = guestKey, ...more } = {}]) => {
    const options = { method: "POST", ...(auth === "" ? {} : { auth }), ...more };
    const local = await viaGateway(`/raw${path}`, options);
    const direct = await request(platform.url, {
      ...options,
      path: `/api/v1/namespaces${path}`,
    });
    expect(comparable(local)).toEqual(comparable(direct));
  });

  test("no request reaches the API's listener for an action", async () => {
    const id = "in-process";
    const options = { method: "POST", auth: guestKey, headers: { "x-request-id": id } };
    const answer = await viaGateway("/raw/_/actions/hello?blocking=true", options);
    expect(answer.status).toBe(200);
    expect(answer.headers["x-request-id"]).toBe(id);
    await request(platform.url, {
      ...options,
      path: `${ACTIONS}/hello?blocking=true`,
      headers: { "x-request-id": "over-http" },
    });
    await waitFor("its line in the log", () => platform.logs().includes('"over-http"'));
    expect(platform.logs()).not.toContain(`"${id}"`);
  });
});

describe("openwhisk", () => {
  const conf = (more: object = {}): object => ({
    api_host: platform.url,
    service_token: guestKey,
    namespace: "guest",
    action: "hello",
    ...more,
  });

  test("answers with the result, whatever the method", async () => {
    await route("ow", "/ow", "openwhisk", conf());
    expect((await viaGateway("/ow")).text).toBe('{"hello":"test"}');
    const posted = await viaGateway("/ow", { method: "POST", body: { name: "world" } });
    expect(posted.text).toBe('{"hello":"world"}');
    const malformed = await viaGateway("/ow", { method: "POST", body: "test" });
    expect(malformed.status).toBe(400);
    expect(malformed.text).toContain("The request content was malformed");
  });

  test("a late action is a 202 with its id, an unknown one a 404, a wrong key a 401", async () => {
    await route("late", "/late", "openwhisk", conf({ timeout: 50 }));
    const late = await viaGateway("/late", { method: "POST", body: { ms: 1000 } });
    expect(late.status).toBe(202);
    expect(late.json).toEqual({ activationId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    await route("none", "/none", "openwhisk", conf({ action: "none" }));
    const none = await viaGateway("/none");
    expect(none.status).toBe(404);
    expect(none.text).toContain("The requested resource does not exist.");
    await route("key", "/key", "openwhisk", conf({ service_token: "a:b" }));
    expect((await viaGateway("/key")).status).toBe(401);
  });

  test("throttles count it", async () => {
    await route("ow", "/ow", "openwhisk", conf());
    // More than two minutes' worth: one may end meanwhile.
    const answers = await Promise.all(Array.from({ length: 420 }, () => viaGateway("/ow")));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.text).toContain("Too many requests in the last minute");
  });
});
