import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Answer, request } from "../helpers/http.ts";
import { guestKey } from "../helpers/identities.ts";
import { startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

const K128 = "ra1V6AfOYAv0jCzEdufIFA==";
const K256 = "j5rLzhtxwzPyUVUy8/p8XJmBoKeDoSzNJP1SITJEY9E=";
const SECRET = "a-very-secret-value";
const CODE = "function main(args) { return { length: args.token.length, env: process.env.mode }; }";

function env(current: string, keys: { aes128?: string; aes256?: string }): Record<string, string> {
  const { aes128, aes256 } = keys;
  return {
    MERINGUE_PARAMETER_STORAGE_CURRENT: current,
    ...(aes128 === undefined ? {} : { MERINGUE_PARAMETER_STORAGE_AES_128: aes128 }),
    ...(aes256 === undefined ? {} : { MERINGUE_PARAMETER_STORAGE_AES_256: aes256 }),
  };
}

const PATH = "/api/v1/namespaces/_/actions/locked";
const ask = (platform: TestPlatform, method: string, query = "", body?: unknown): Promise<Answer> =>
  request(platform.url, { method, path: PATH + query, auth: guestKey, body });

const ACTION = {
  exec: { kind: "nodejs:default", code: CODE },
  parameters: [
    { key: "token", value: SECRET },
    { key: "mode", value: "from-init", init: true },
  ],
};

async function invoked(platform: TestPlatform, body: object = {}): Promise<unknown> {
  return (await ask(platform, "POST", "?blocking=true&result=true", body)).json;
}

/** Everything on disk, as one text. */
async function onDisk(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = entries
    .filter((entry) => entry.isFile())
    .map((entry) => readFile(join(entry.parentPath, entry.name), "latin1").catch(() => ""));
  return (await Promise.all(texts)).join("\n");
}

type Parameters = { parameters: { key: string; value: unknown; encryption?: string }[] };

describe("parameters at rest", () => {
  test("are clear in the answer to the PUT, locked in every GET, and clear to the action", async () => {
    await using platform = await startPlatform({ env: env("aes-128", { aes128: K128 }) });
    const put = await ask(platform, "PUT", "", ACTION);
    expect((put.json as Parameters).parameters).toEqual(ACTION.parameters);
    const got = (await ask(platform, "GET")).json as Parameters;
    expect(got.parameters.map(({ key, encryption }) => [key, encryption])).toEqual([
      ["token", "aes-128"],
      ["mode", "aes-128"],
    ]);
    expect(JSON.stringify(got)).not.toContain(SECRET);
    expect(await invoked(platform)).toEqual({ length: SECRET.length, env: "from-init" });
    expect(await invoked(platform, { token: "own" })).toEqual({ length: 3, env: "from-init" });
    // A copy by GET and PUT works: the values stay what they are.
    await ask(platform, "PUT", "?overwrite=true", { parameters: got.parameters });
    expect(await invoked(platform)).toEqual({ length: SECRET.length, env: "from-init" });
  });

  test("are on disk in no form but the locked one, accepted activations included", async () => {
    await using platform = await startPlatform({ env: env("aes-256", { aes256: K256 }) });
    await ask(platform, "PUT", "", ACTION);
    const accepted = await ask(platform, "POST", "", {});
    expect(accepted.status).toBe(202);
    const { activationId } = accepted.json as { activationId: string };
    expect(await onDisk(platform.dataFolder)).toContain(activationId);
    expect(await onDisk(platform.dataFolder)).not.toContain(SECRET);
    const record = `/api/v1/namespaces/_/activations/${activationId}`;
    const ended = await waitFor("the record", async () => {
      const answer = await request(platform.url, { path: record, auth: guestKey });
      return answer.status === 200 ? answer.json : undefined;
    });
    expect(ended).toMatchObject({ response: { result: { length: SECRET.length } } });
    await platform.stop();
    const disk = await onDisk(platform.dataFolder);
    for (const hidden of [SECRET, K256]) expect(disk).not.toContain(hidden);
    expect(platform.logs()).not.toContain(SECRET);
    expect(platform.logs()).not.toContain(K256);
  });
});

describe("parameters that reach an action from elsewhere", () => {
  const API = "/api/v1/namespaces/_";
  const PACKAGED = "function main({ token, own, fired }) { return { token, own, fired }; }";

  test("a package's, through a binding, a sequence, a web request and a trigger", async () => {
    await using platform = await startPlatform({ env: env("aes-128", { aes128: K128 }) });
    const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
      const answer = await request(platform.url, { method, path, auth: guestKey, body });
      expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
      return answer;
    };
    const put = (path: string, body: unknown): Promise<Answer> => call("PUT", API + path, body);
    await put("/packages/vault", { parameters: [{ key: "token", value: SECRET }] });
    await put("/packages/bound", {
      binding: { namespace: "guest", name: "vault" },
      parameters: [{ key: "own", value: { of: "binding" } }],
    });
    await put("/actions/vault/show", {
      exec: { kind: "nodejs:default", code: PACKAGED },
      annotations: [{ key: "web-export", value: true }],
    });
    await put("/actions/chain", {
      exec: { kind: "sequence", components: ["/guest/bound/show", "/guest/vault/show"] },
    });
    const wanted = { token: SECRET, own: { of: "binding" } };
    const run = (path: string) => `${API}/actions/${path}?blocking=true&result=true`;
    expect((await call("POST", run("bound/show"), {})).json).toEqual(wanted);
    expect((await call("POST", run("chain"), {})).json).toEqual(wanted);
    const web = await call("GET", "/api/v1/web/guest/vault/show.json?own=web");
    expect(web.json).toEqual({ token: SECRET, own: "web" });
    await put("/triggers/event", { parameters: [{ key: "fired", value: "yes" }] });
    await put("/rules/follow", { trigger: "/guest/event", action: "/guest/bound/show" });
    await call("POST", `${API}/triggers/event`, {});
    const result = await waitFor("the activation of the rule", async () => {
      const list = await call("GET", `${API}/activations?docs=true&name=bound/show`);
      const records = list.json as { response: { result: Record<string, unknown> } }[];
      return records.map((one) => one.response.result).find((one) => one["fired"] === "yes");
    });
    expect(result).toEqual({ ...wanted, fired: "yes" });
    const shown = await call("GET", `${API}/packages/bound`);
    expect(shown.text).not.toContain(SECRET);
  });
});

describe("keys change", () => {
  test("old values stay readable and are rewritten with the next update; a lost key is told", async () => {
    await using folder = await tempDir("rotation");
    const start = (given: Record<string, string>): Promise<TestPlatform> =>
      startPlatform({ dataFolder: folder.path, env: given });
    {
      await using platform = await start(env("aes-128", { aes128: K128 }));
      await ask(platform, "PUT", "", ACTION);
    }
    {
      await using platform = await start(env("aes-256", { aes128: K128, aes256: K256 }));
      expect(await invoked(platform)).toMatchObject({ length: SECRET.length });
      const before = (await ask(platform, "GET")).json as Parameters;
      expect(before.parameters[0]).toMatchObject({ encryption: "aes-128" });
      await ask(platform, "PUT", "?overwrite=true", { limits: { timeout: 5000 } });
      const after = (await ask(platform, "GET")).json as Parameters;
      expect(after.parameters[0]).toMatchObject({ encryption: "aes-256" });
    }
    {
      // The old key is gone, encryption is off: what is locked is still opened.
      await using platform = await start(env("off", { aes256: K256 }));
      expect(await invoked(platform)).toMatchObject({ length: SECRET.length });
    }
    await using platform = await start({});
    const failed = await ask(platform, "POST", "?blocking=true", {});
    expect(failed.status).toBe(500);
    expect(failed.json).toMatchObject({
      response: {
        status: "whisk internal error",
        result: { error: "The parameters of the action could not be decrypted." },
      },
    });
    await waitFor("the line of the log", () =>
      platform.logs().includes("none of the keys opens it"),
    );
  });
});
