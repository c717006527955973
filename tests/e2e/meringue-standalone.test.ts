import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { guestKey, makeIdentity } from "../helpers/identities.ts";
import { meringueBin, startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

const ACTIONS = "/api/v1/namespaces/_/actions";
const ACTIVATIONS = "/api/v1/namespaces/_/activations";

async function put(platform: TestPlatform, name: string, source: string | object): Promise<void> {
  const exec = typeof source === "string" ? { kind: "nodejs:default", code: source } : source;
  const answer = await request(platform.url, {
    method: "PUT",
    path: `${ACTIONS}/${name}`,
    auth: guestKey,
    body: { exec },
  });
  expect(answer.status, answer.text).toBe(200);
}

/** Invokes without waiting for the result; resolves with the activation id. */
async function invoke(platform: TestPlatform, name: string): Promise<string> {
  const answer = await request(platform.url, {
    method: "POST",
    path: `${ACTIONS}/${name}`,
    auth: guestKey,
    body: {},
  });
  expect(answer.status, answer.text).toBe(202);
  return (answer.json as { activationId: string }).activationId;
}

describe("a server that runs", () => {
  test("banner on stdout, log as JSON lines on stderr", async () => {
    await using platform = await startPlatform();
    const lastLine = /^ {2}isolation {2}(bwrap|unshare|none)$/m;
    const banner = await waitFor("the banner", () => {
      return lastLine.test(platform.banner()) && platform.banner();
    });
    expect(banner).toContain(`wsk property set --apihost '${platform.url}' --auth '${guestKey}'\n`);
    expect(banner).toContain(platform.dataFolder);
    expect(await platform.stop()).toEqual({ code: 0, signal: null });
    expect(platform.logs()).toContain("stopping");
    for (const line of platform.logs().split("\n").filter(Boolean)) {
      expect(JSON.parse(line)).toHaveProperty("level");
    }
    expect(platform.listeners.map((listener) => listener.role)).toEqual(["controller"]);
  });

  test("metrics get a listener of their own when asked for", async () => {
    await using platform = await startPlatform({ args: ["--metrics-port", "0"] });
    const metrics = platform.listeners.find((listener) => listener.role === "metrics");
    const own = await request(`http://127.0.0.1:${metrics?.port}`, { path: "/metrics" });
    expect(own.status).toBe(200);
    expect(own.text).toContain("# HELP");
    const onApi = await request(platform.url, { path: "/metrics" });
    expect(onApi.text).not.toContain("# HELP");
  });

  test("users of the settings file exist", async () => {
    const alice = makeIdentity("alice");
    await using platform = await startPlatform({ config: { users: [alice.user] } });
    const { json } = await request(platform.url, {
      path: "/api/v1/namespaces",
      auth: alice.auth,
    });
    expect(json).toEqual(["alice"]);
  });

  test("waitready returns when it answers", async () => {
    await using platform = await startPlatform();
    const run = await runProgram(meringueBin, ["waitready", "--url", platform.url]);
    expect(run).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("a second server with the same data folder is refused", async () => {
    await using platform = await startPlatform();
    const args = ["standalone", "--port", "0", "--data-dir", platform.dataFolder];
    const run = await runProgram(meringueBin, args);
    expect(run.code).toBe(1);
    expect(run.stdout).toBe("");
    expect(run.stderr).toBe(
      `meringue: data folder ${platform.dataFolder} is in use by another meringue server\n`,
    );
    expect((await request(platform.url, { path: "/ping" })).status).toBe(200);
  });

  test("--clean forgets what was there", async () => {
    await using platform = await startPlatform();
    await put(platform, "hello", "function main() { return {}; }");
    await platform.restart();
    const path = `${ACTIONS}/hello`;
    expect((await request(platform.url, { path, auth: guestKey })).status).toBe(200);
    await platform.restart({ args: ["--clean"] });
    expect((await request(platform.url, { path, auth: guestKey })).status).toBe(404);
  });
});

describe("stopping", () => {
  const sleeper = (ms: number) =>
    `function main() { return new Promise((done) => setTimeout(() => done({ ok: 1 }), ${ms})); }`;

  test("a signal waits for running activations, which get their record", async () => {
    await using platform = await startPlatform();
    await put(platform, "slow", sleeper(1500));
    const id = await invoke(platform, "slow");
    expect(await platform.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    await platform.restart();
    const path = `${ACTIVATIONS}/${id}`;
    const { json } = await request(platform.url, { path, auth: guestKey });
    expect(json).toMatchObject({ activationId: id, response: { status: "success" } });
  });

  test("a signal waits for a sequence to its last action", async () => {
    await using platform = await startPlatform();
    await put(platform, "slow", sleeper(700));
    await put(platform, "chain", {
      kind: "sequence",
      components: ["/_/slow", "/_/slow", "/_/slow"],
    });
    const id = await invoke(platform, "chain");
    expect(await platform.kill("SIGTERM")).toEqual({ code: 0, signal: null });
    await platform.restart();
    const path = `${ACTIVATIONS}/${id}`;
    const { json } = await request(platform.url, { path, auth: guestKey });
    expect(json).toMatchObject({ response: { status: "success" } });
    expect((json as { logs: unknown[] }).logs).toHaveLength(3);
  });

  test("a second signal ends it at once", async () => {
    await using platform = await startPlatform();
    await put(platform, "slower", sleeper(50_000));
    await invoke(platform, "slower");
    const first = platform.kill("SIGINT");
    await waitFor("the first signal to be taken", () => platform.logs().includes("SIGINT"));
    expect(await platform.kill("SIGINT")).toEqual({ code: 130, signal: null });
    await first;
  });
});

describe("what stops a start: one line, exit code not 0", () => {
  async function refused(
    args: readonly string[],
  ): Promise<{ code: number | null; stderr: string }> {
    const { code, stdout, stderr } = await runProgram(meringueBin, ["standalone", ...args]);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^meringue: [^\n]+\n$/);
    return { code, stderr };
  }

  test("the API port is in use", async () => {
    await using folder = await tempDir("port");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const data = join(folder.path, "data");
    const { code, stderr } = await refused(["--port", String(port), "--data-dir", data]);
    server.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port}`);
  });

  test("the data folder cannot be made", async () => {
    await using folder = await tempDir("file");
    const file = join(folder.path, "file");
    await writeFile(file, "");
    const { code, stderr } = await refused(["--port", "0", "--data-dir", join(file, "data")]);
    expect(code).toBe(1);
    expect(stderr).toContain(file);
  });

  test("the data folder holds files of someone else", async () => {
    await using folder = await tempDir("foreign");
    await writeFile(join(folder.path, "thesis.txt"), "");
    const { code } = await refused(["--port", "0", "--data-dir", folder.path, "--clean"]);
    expect(code).toBe(1);
    expect(existsSync(join(folder.path, "thesis.txt"))).toBe(true);
  });

  test("the data were written by a newer version", async () => {
    await using folder = await tempDir("newer");
    const dataFolder = join(folder.path, "data");
    await (await startPlatform({ dataFolder }))[Symbol.asyncDispose]();
    const database = new DatabaseSync(join(dataFolder, "entities.db"));
    database.exec("PRAGMA user_version = 9999");
    database.close();
    const { code, stderr } = await refused(["--port", "0", "--data-dir", dataFolder]);
    expect(code).toBe(1);
    expect(stderr).toContain("newer version");
  });

  test("the runtimes manifest cannot be read", async () => {
    await using folder = await tempDir("manifest");
    const data = join(folder.path, "data");
    const args = ["--port", "0", "--data-dir", data, "--manifest", "/nowhere.json"];
    const { code, stderr } = await refused(args);
    expect(code).toBe(1);
    expect(stderr).toContain("/nowhere.json");
  });
});
