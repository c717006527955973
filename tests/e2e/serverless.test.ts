/** The Serverless Framework with its plugin for OpenWhisk, unmodified, against the built server. */
import { existsSync } from "node:fs";
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import openwhisk from "openwhisk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { guestKey } from "../helpers/identities.ts";
import { root, startPlatform, type TestPlatform, urlOf } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { type TempDir, tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

const PACKAGES = join(root, "tests", "clients", "serverless", "node_modules");
const isInstalled = existsSync(join(PACKAGES, "serverless-openwhisk"));

const HANDLER = `
exports.hello = (params) => {
  console.log("greeted");
  return { greeting: "hello " + (params.name || params.greeting || "you") };
};
exports.page = () => ({ body: "<p>here</p>" });
`;

const SERVICE = `
service: demo
frameworkVersion: "3"
configValidationMode: off
provider:
  name: openwhisk
  ignore_certs: true
package:
  patterns: ["!node_modules/**"]
functions:
  hello:
    handler: handler.hello
    memory: 128
    timeout: 30
    parameters: { place: here }
    events:
      - trigger: { name: fired, rule: linked }
  page:
    handler: handler.page
    annotations: { web-export: true }
  routed:
    handler: handler.page
    events:
      - http: GET /demo/page
  both:
    sequence: [hello, hello]
  scheduled:
    handler: handler.hello
    events:
      - schedule: cron(0 0 1 1 *)
resources:
  packages:
    bound:
      binding: /whisk.system/utils
plugins:
  - serverless-openwhisk
`;

describe.skipIf(!isInstalled)("serverless 3 with serverless-openwhisk, if it is installed", () => {
  let platform: TestPlatform;
  let home: TempDir;
  let client: openwhisk.Client;
  beforeAll(async () => {
    platform = await startPlatform({ apiGateway: true, args: ["--tls-port", "0"] });
    home = await tempDir("serverless");
    client = openwhisk({ apihost: platform.url, api_key: guestKey });
    const file = (name: string, content: string) => writeFile(join(home.path, name), content);
    // Without a scheme, for it puts "https://" before it in the addresses of actions.
    const host = urlOf(platform, "https").replace("http://", "");
    await file(".wskprops", `APIHOST=${host}\nAUTH=${guestKey}\n`);
    await file("handler.js", HANDLER);
    await file("serverless.yml", SERVICE);
    await symlink(PACKAGES, join(home.path, "node_modules"));
  });
  afterAll(async () => {
    await platform?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
  });

  function run(...args: readonly string[]) {
    const program = join(PACKAGES, "serverless", "bin", "serverless.js");
    return runProgram(process.execPath, [program, ...args], {
      cwd: home.path,
      env: {
        HOME: home.path,
        CI: "1",
        SLS_TRACKING_DISABLED: "1",
        SLS_NOTIFICATIONS_MODE: "off",
      },
    });
  }

  /** A command line that must succeed; gives all it writes. */
  async function serverless(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await run(...args);
    expect({ args, code, said: code === 0 ? "" : stdout + stderr }).toEqual({
      args,
      code: 0,
      said: "",
    });
    return stdout + stderr;
  }

  test("deploys a service: actions, a sequence, a binding, triggers, rules", async () => {
    const said = await serverless("deploy");
    expect(said).toContain("Deployment successful!");
    const actions = await client.actions.list();
    const names = actions.map(({ name }) => name).sort();
    expect(names).toEqual([
      "demo-dev-both",
      "demo-dev-hello",
      "demo-dev-page",
      "demo-dev-routed",
      "demo-dev-scheduled",
    ]);
    expect(await client.actions.get("demo-dev-hello")).toMatchObject({
      exec: { kind: "nodejs:20", binary: true },
      limits: { memory: 128, timeout: 30_000 },
      parameters: [{ key: "place", value: "here" }],
    });
    expect(await client.packages.get({ name: "bound" })).toMatchObject({
      binding: { namespace: "whisk.system", name: "utils" },
    });
    expect(await client.rules.get({ name: "linked" })).toMatchObject({
      status: "active",
      trigger: { name: "fired" },
      action: { name: "demo-dev-hello" },
    });
    const scheduled = await client.triggers.get({ name: "demo_scheduled_schedule_trigger" });
    expect(scheduled.annotations).toContainEqual({
      key: "feed",
      value: "/whisk.system/alarms/alarm",
    });
  });

  test("deploys it again", async () => {
    expect(await serverless("deploy")).toContain("Deployment successful!");
    expect(await client.actions.get("demo-dev-hello")).toMatchObject({ version: "0.0.2" });
  });

  test("invokes a function, and a sequence", async () => {
    const said = await serverless("invoke", "-f", "hello", "--data", '{"name":"Ada"}');
    expect(said).toContain('"greeting": "hello Ada"');
    expect(await serverless("invoke", "-f", "both")).toContain('"greeting": "hello hello you"');
  });

  test("shows what is deployed, and the log of a function", async () => {
    const info = await serverless("info");
    expect(info).toMatch(/actions:\n.*demo-dev-hello/);
    expect(info).toMatch(/rules:\n.*linked/);
    await waitFor("the line in the log", async () =>
      (await serverless("logs", "-f", "hello")).includes("greeted"),
    );
  });

  test("what it deployed runs: the web action, the route, the rule", async () => {
    const page = await fetch(`${platform.url}/api/v1/web/guest/default/demo-dev-page.http`);
    expect(await page.text()).toBe("<p>here</p>");
    const [, url = ""] = /GET\s+(http\S+\/demo\/page)/.exec(await serverless("info")) ?? [];
    expect(await (await fetch(url)).json()).toEqual({ body: "<p>here</p>" });
    const before = Date.now();
    await client.triggers.invoke({ name: "fired", params: { name: "rule" } });
    await waitFor("the run behind the rule", async () => {
      const list = await client.activations.list({ name: "demo-dev-hello", since: before });
      return list.length > 0;
    });
  });

  test("removes all of it", async () => {
    expect(await serverless("remove")).toContain("Resource removal successful!");
    expect(await client.actions.list()).toEqual([]);
    expect(await client.triggers.list()).toEqual([]);
    expect(await client.rules.list()).toEqual([]);
  });
});
