/** The packages of `/whisk.system` in the built server, with the real peers of their actions. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { type Answer, request } from "../helpers/http.ts";
import { guestKey, systemKey } from "../helpers/identities.ts";
import { root, startPlatform, type TestPlatform, wskBin } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

const NS = "/api/v1/namespaces";
const PACKAGES = ["alarms", "combinators", "github", "samples", "slack", "utils", "websocket"];

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform?.[Symbol.asyncDispose]());

const ask = (method: string, path: string, auth = guestKey, body?: object): Promise<Answer> =>
  request(platform.url, { method, path: NS + path, auth, ...(body === undefined ? {} : { body }) });

const invoke = (name: string, body: object, auth = guestKey): Promise<Answer> =>
  ask("POST", `/whisk.system/actions/${name}?blocking=true&result=true`, auth, body);

const isInstalled = (on: TestPlatform): boolean => on.logs().includes("installed the catalog");

test("a first start has nothing to warn of", async () => {
  await waitFor("the line in the log", () => isInstalled(platform));
  expect(platform.logs()).not.toContain('"level":"warn"');
});

/** A server of the outside world; keeps what it was asked. */
async function outside(answer: (request: IncomingMessage, body: string) => object) {
  const asked: { method: string; url: string; headers: object; body: string }[] = [];
  const server: Server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { method = "", url = "", headers } = incoming;
    asked.push({ method, url, headers, body });
    const { status = 200, ...json } = answer(incoming, body) as { status?: number };
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify("list" in json ? json.list : json));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: () => new Promise<void>((done) => server.close(() => done())),
  };
}

describe("actions that talk to others", () => {
  test("slack/post fills the form of a webhook", async () => {
    await using slack = await outside(() => ({ ok: true }));
    const params = { url: slack.url, text: "Hi & ho", channel: "#c", icon_emoji: ":x:" };
    expect(await invoke("slack/post", { ...params, attachments: [{ a: 1 }] })).toMatchObject({
      status: 200,
      json: {},
    });
    const [{ method, body } = { method: "", body: "" }] = slack.asked;
    expect(method).toBe("POST");
    const form = new URLSearchParams(body);
    expect([...form.keys()]).toEqual(["payload"]);
    expect(JSON.parse(form.get("payload") ?? "")).toEqual({
      channel: "#c",
      username: "Simple Message Bot",
      icon_emoji: ":x:",
      text: "Hi & ho",
      attachments: '[{"a":1}]',
    });
  });

  test("slack/post with a token sends the members one by one; a refusal is no error", async () => {
    await using slack = await outside(() => ({ status: 500 }));
    const params = { url: slack.url, text: "Hi", token: "t", username: "me", as_user: true };
    expect((await invoke("slack/post", params)).status).toBe(200);
    const form = new URLSearchParams(slack.asked[0]?.body);
    expect(Object.fromEntries(form)).toEqual({
      username: "me",
      as_user: "true",
      text: "Hi",
      token: "t",
    });
  });

  test.each([1, 125, 126, 70_000])("websocket/send sends %i characters", async (length) => {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    const got = new Promise<string>((resolve) => {
      server.on("connection", (socket) => socket.on("message", (data) => resolve(String(data))));
    });
    const { port } = server.address() as AddressInfo;
    const payload = "ä".padEnd(length, "x");
    const sent = await invoke("websocket/send", { uri: `ws://127.0.0.1:${port}/p?q=1`, payload });
    expect(sent).toMatchObject({ status: 200, json: { payload } });
    expect(await got).toBe(payload);
    await new Promise((done) => server.close(done));
  });

  test("websocket/send fails where nobody listens for one", async () => {
    await using plain = await outside(() => ({}));
    const uri = plain.url.replace("http", "ws");
    const failed = await invoke("websocket/send", { uri, payload: "x" });
    expect(failed.status).toBe(502);
    expect(failed.text).toContain("Unexpected server response: 200");
  });

  test("github/webhook makes a hook and takes it away, with the key it is given", async () => {
    const hooks: { url: string; config: { url: string } }[] = [];
    await using github = await outside(({ method, url = "" }, body) => {
      if (method === "GET") return { list: hooks };
      if (method === "DELETE") return { deleted: hooks.splice(0, 1).length };
      const { config } = JSON.parse(body);
      hooks.push({ url: `${github.url}${url}/1`, config });
      return { status: 201, id: 1 };
    });
    const params = {
      triggerName: "/guest/pushed",
      authKey: guestKey,
      username: "ada",
      accessToken: "secret",
      repository: "org/repo",
      events: "push, delete",
      baseUrl: github.url,
    };
    const created = await invoke("github/webhook", { ...params, lifecycleEvent: "CREATE" });
    expect(created).toMatchObject({ status: 200, json: { response: { id: 1 } } });
    const [{ url, headers, body } = { url: "", headers: {}, body: "{}" }] = github.asked;
    expect(url).toBe("/repos/org/repo/hooks");
    const basic = Buffer.from("ada:secret").toString("base64");
    expect(headers).toMatchObject({ authorization: `Basic ${basic}` });
    const host = platform.url.replace("http://", "");
    expect(JSON.parse(body)).toEqual({
      name: "web",
      active: true,
      events: ["push", " delete"],
      // New actions get no key, and the feed takes none from its parameters.
      config: {
        url: `http://undefined@${host}/api/v1/namespaces/guest/triggers/pushed`,
        content_type: "json",
      },
    });
    const removed = { ...params, lifecycleEvent: "DELETE" };
    expect((await invoke("github/webhook", removed)).status).toBe(200);
    expect(hooks).toEqual([]);
    const again = await invoke("github/webhook", removed);
    expect(again.status).toBe(502);
    expect(again.text).toContain("Found no existing webhooks for trigger URL http://undefined@");
  });

  test("samples/curl shows what is answered, and runs nothing but curl", async () => {
    await using site = await outside(() => ({ here: true }));
    const got = await invoke("samples/curl", { payload: `-s ${site.url}/` });
    expect(got.json).toEqual({ msg: '{"here":true}' });
    // A shell would put something else in its place.
    await invoke("samples/curl", { payload: `-s -g ${site.url}/$(id)` });
    expect(site.asked.map(({ url }) => url)).toEqual(["/", "/$(id)"]);
  });
});

describe("installation", () => {
  test("a start of a known store writes nothing", async () => {
    await using known = await startPlatform();
    await waitFor("the line in the log", () => isInstalled(known));
    await known.restart();
    await known.stop();
    expect(isInstalled(known)).toBe(false);
  });

  test("what the operator changed or took away stays so", async () => {
    await using home = await tempDir("catalog");
    await using own = await startPlatform({ dataFolder: join(home.path, "data") });
    const send = (method: string, path: string, body?: object) =>
      request(own.url, {
        method,
        path: `${NS}/_/${path}`,
        auth: systemKey,
        ...(body === undefined ? {} : { body }),
      });
    const exec = { kind: "nodejs:default", code: "function main() { return { mine: true }; }" };
    expect((await send("PUT", "actions/utils/echo?overwrite=true", { exec })).status).toBe(200);
    expect((await send("DELETE", "packages/slack?force=true")).status).toBe(200);
    await own.restart();
    const echo = await send("POST", "actions/utils/echo?blocking=true&result=true", {});
    expect(echo.json).toEqual({ mine: true });
    expect((await send("GET", "packages/slack")).status).toBe(404);
  });

  test("the same folders are projects for wsk, in any namespace", async () => {
    await using home = await tempDir("catalog");
    const place = { env: { HOME: home.path }, cwd: home.path };
    const wsk = (...args: readonly string[]) => runProgram(wskBin, args, place);
    await wsk("property", "set", "--apihost", platform.url, "--auth", guestKey);
    for (const name of PACKAGES) {
      const folder = join(root, "catalog", name);
      const { code, stderr } = await wsk("project", "deploy", "--project", folder);
      expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: "" });
      const shipped = (await ask("GET", `/whisk.system/packages/${name}`)).json;
      const deployed = (await ask("GET", `/_/packages/${name}`)).json;
      expect(withoutTimes(deployed)).toEqual(withoutTimes(shipped));
    }
    const smashed = await wsk(
      ...["action", "invoke", "utils/smash", "-r", "-p", "$fieldName", "p", "-p", "a", "1"],
    );
    expect(JSON.parse(smashed.stdout)).toEqual({ p: { a: 1 } });
    for (const name of PACKAGES) {
      await wsk("project", "undeploy", "--project", join(root, "catalog", name));
    }
    expect((await ask("GET", "/_/packages")).json).toEqual([]);
  });
});

/** Without what tells two namespaces apart. */
function withoutTimes(document: unknown): unknown {
  const { namespace: _, updated: __, actions, feeds, ...kept } = document as Record<string, never>;
  const byName = (list: readonly { readonly name: string }[]) =>
    [...list].sort((one, other) => (one.name < other.name ? -1 : 1));
  return { ...kept, actions: byName(actions ?? []), feeds: byName(feeds ?? []) };
}
