/** The built client against the built server: web actions and their URLs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openWskHome, type WskHome } from "../helpers/wsk.ts";

let home: WskHome;
const wsk: WskHome["wsk"] = (...args) => home.wsk(...args);

beforeAll(async () => {
  home = await openWskHome();
  await home.file(
    "page.js",
    "exports.main = (args) => ({ body: '<h1>Hello ' + (args.name ?? args.__ow_query) + '</h1>' });",
  );
});

afterAll(() => home[Symbol.asyncDispose]());

async function urlOf(action: string): Promise<string> {
  const { code, stdout } = await wsk("action", "get", action, "--url");
  expect(code).toBe(0);
  const [ok, url = ""] = stdout.split("\n");
  expect(ok).toBe(`ok: got action ${action.split("/").at(-1)}`);
  return url;
}

test("a web action answers at the URL that is told, until it is none any more", async () => {
  await wsk("package", "create", "demo");
  const created = await wsk("action", "create", "demo/page", "page.js", "--web", "true");
  expect(created.stdout).toBe("ok: created action demo/page\n");
  const url = await urlOf("demo/page");
  expect(url).toBe(`${home.host}/api/v1/web/guest/demo/page`);
  const answer = await fetch(`${url}.http?name=Ada`);
  expect([answer.status, await answer.text()]).toEqual([200, "<h1>Hello Ada</h1>"]);

  await wsk("action", "update", "demo/page", "--web", "raw");
  expect(await (await fetch(`${url}.http?name=Ada`)).text()).toBe("<h1>Hello name=Ada</h1>");

  expect((await wsk("action", "update", "demo/page", "--web", "false")).code).toBe(0);
  expect((await fetch(`${url}.http`)).status).toBe(404);
  expect(await urlOf("demo/page")).toBe(`${home.host}/api/v1/namespaces/guest/actions/demo/page`);
  await wsk("action", "delete", "demo/page");
  await wsk("package", "delete", "demo");
});

test("a secured web action asks for its secret", async () => {
  await wsk("action", "create", "safe", "page.js", "--web", "true", "--web-secure", "s3cret");
  const url = `${await urlOf("safe")}.http?name=Bob`;
  expect(url).toContain("/api/v1/web/guest/default/safe.http");
  const ask = async (secret?: string): Promise<number> => {
    const headers = secret === undefined ? undefined : { "X-Require-Whisk-Auth": secret };
    return (await fetch(url, headers === undefined ? {} : { headers })).status;
  };
  expect([await ask(), await ask("no"), await ask("s3cret")]).toEqual([401, 401, 200]);

  expect((await wsk("action", "update", "safe", "--web-secure", "true")).code).toBe(0);
  const { stdout } = await wsk("action", "get", "safe", "annotations");
  const number = /"require-whisk-auth",\s+"value": (\d+)/.exec(stdout)?.[1];
  expect([await ask("s3cret"), await ask(number)]).toEqual([401, 200]);

  expect((await wsk("action", "update", "safe", "--web-secure", "false")).code).toBe(0);
  expect(await ask()).toBe(200);
  await wsk("action", "delete", "safe");
});
