import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { request } from "../helpers/http.ts";
import { guestKey } from "../helpers/identities.ts";
import { meringueBin, startPlatform, type TestPlatform } from "../helpers/platform.ts";
import { runProgram } from "../helpers/program.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { waitFor } from "../helpers/wait-for.ts";

type Ran = Awaited<ReturnType<typeof runProgram>>;

function adminOn(folder: string): (...args: string[]) => Promise<Ran> {
  return (...args) => runProgram(meringueBin, ["admin", ...args, "--data-dir", folder]);
}

async function keyOf(ran: Promise<Ran>): Promise<string> {
  const { code, stdout, stderr } = await ran;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.trim();
}

async function namespaces(platform: TestPlatform, auth: string): Promise<unknown> {
  const answer = await request(platform.url, { path: "/api/v1/namespaces", auth });
  return answer.status === 200 ? answer.json : answer.status;
}

const ACTION = { exec: { kind: "nodejs:default", code: "function main() { return { ok: 1 }; }" } };
const path = (name: string): string => `/api/v1/namespaces/_/actions/${name}`;

describe("meringue admin on a running server", () => {
  test("users come, are blocked, get other keys and go, all at once", async () => {
    await using platform = await startPlatform();
    const admin = adminOn(platform.dataFolder);
    const key = await keyOf(admin("user", "create", "alice"));
    expect(await namespaces(platform, key)).toEqual(["alice"]);
    await admin("user", "block", "alice");
    expect(await namespaces(platform, key)).toBe(401);
    await admin("user", "unblock", "alice");
    expect(await namespaces(platform, key)).toEqual(["alice"]);
    const next = await keyOf(admin("user", "create", "alice", "-r"));
    expect(await namespaces(platform, key)).toBe(401);
    expect(await namespaces(platform, next)).toEqual(["alice"]);
    const web = { ...ACTION, annotations: [{ key: "web-export", value: true }] };
    const put = { method: "PUT", path: path("page"), body: web, auth: next };
    expect((await request(platform.url, put)).status).toBe(200);
    const page = async (): Promise<number> =>
      (await request(platform.url, { path: "/api/v1/web/alice/default/page.json" })).status;
    expect(await page()).toBe(200);
    await admin("user", "block", "alice");
    expect(await page()).toBe(404);
    await admin("user", "unblock", "alice");
    expect(await page()).toBe(200);
    expect((await admin("user", "delete", "alice")).stdout).toBe("Subject deleted\n");
    expect(await namespaces(platform, next)).toBe(401);
    // No key has come into the log.
    for (const secret of [key, next]) {
      expect(platform.logs()).not.toContain(secret.split(":")[1]);
    }
  });

  test("a subject has several namespaces, and several subjects share one", async () => {
    await using platform = await startPlatform({ args: ["--limits", "original"] });
    const admin = adminOn(platform.dataFolder);
    const own = await keyOf(admin("user", "create", "alice"));
    const alice = await keyOf(admin("user", "create", "alice", "-ns", "team"));
    const bobby = await keyOf(admin("user", "create", "bobby", "-ns", "team"));
    expect(await namespaces(platform, alice)).toEqual(["team"]);
    const put = { method: "PUT", path: path("shared"), body: ACTION };
    expect((await request(platform.url, { ...put, auth: alice })).status).toBe(200);
    expect((await request(platform.url, { path: path("shared"), auth: bobby })).status).toBe(200);
    expect((await request(platform.url, { path: path("shared"), auth: own })).status).toBe(404);
    // Limits go by the namespace's name, counts by the uuid: each member has its own.
    await admin("limits", "set", "team", "--invocationsPerMinute", "1");
    const invoke = { method: "POST", path: `${path("shared")}?blocking=true` };
    for (const auth of [alice, bobby]) {
      expect((await request(platform.url, { ...invoke, auth })).status).toBe(200);
      const second = await request(platform.url, { ...invoke, auth });
      // The minute may turn between the two.
      if (second.status !== 200) {
        expect(second.json).toMatchObject({
          error: "Too many requests in the last minute (count: 2, allowed: 1).",
        });
      }
    }
    expect((await admin("user", "list", "team", "-a")).stdout.split("\n")).toHaveLength(3);
  });

  test("limits that are set hold from the next request on", async () => {
    await using platform = await startPlatform({ args: ["--limits", "original"] });
    const admin = adminOn(platform.dataFolder);
    const put = { method: "PUT", path: path("hello"), body: ACTION, auth: guestKey };
    expect((await request(platform.url, put)).status).toBe(200);
    const invoke = { method: "POST", path: `${path("hello")}?blocking=true`, auth: guestKey };
    expect((await request(platform.url, invoke)).status).toBe(200);
    const set = (...args: string[]): Promise<Ran> => admin("limits", "set", "guest", ...args);
    await set("--invocationsPerMinute", "0");
    const limited = await request(platform.url, invoke);
    expect(limited.status).toBe(429);
    expect(limited.json).toMatchObject({
      error: expect.stringMatching(
        /^Too many requests in the last minute \(count: \d, allowed: 0\)\.$/,
      ),
    });
    await set("--invocationsPerMinute", "100", "--concurrentInvocations", "0");
    expect((await request(platform.url, invoke)).json).toMatchObject({
      error: "Too many concurrent requests in flight (count: 0, allowed: 0).",
    });
    const shown = await request(platform.url, {
      path: "/api/v1/namespaces/_/limits",
      auth: guestKey,
    });
    expect(shown.json).toMatchObject({ invocationsPerMinute: 100, concurrentInvocations: 0 });
    await admin("limits", "delete", "guest");
    expect((await request(platform.url, invoke)).status).toBe(200);
  });

  test("what waits of a blocked caller ends, and says why", async () => {
    const args = ["--pool-memory-mb", "256", "--pool-prewarm", ""];
    await using platform = await startPlatform({ args });
    const admin = adminOn(platform.dataFolder);
    const auth = await keyOf(admin("user", "create", "alice"));
    const slow = "function main() { return new Promise((done) => setTimeout(done, 50000, {})); }";
    const body = { exec: { kind: "nodejs:default", code: slow } };
    for (const name of ["busy", "waits"]) {
      const put = { method: "PUT", path: path(name), auth, body };
      expect((await request(platform.url, put)).status).toBe(200);
      const answer = await request(platform.url, { method: "POST", path: path(name), auth });
      expect(answer.status).toBe(202);
    }
    await admin("user", "block", "alice");
    await admin("user", "unblock", "alice");
    const list = { path: "/api/v1/namespaces/_/activations?docs=true", auth };
    const [record] = await waitFor("the record of what waited", async () => {
      const records = (await request(platform.url, list)).json as unknown[];
      return records.length > 0 ? records : undefined;
    });
    expect(record).toMatchObject({
      name: "waits",
      response: {
        status: "application error",
        result: { error: "The action was not invoked due to a blacklisted namespace." },
      },
    });
    await platform.kill("SIGKILL");
  });

  test("the socket is its owner's, and goes with the server", async () => {
    await using platform = await startPlatform();
    const socket = join(platform.dataFolder, "admin.sock");
    expect((await stat(socket)).mode & 0o777).toBe(0o600);
    await platform.stop();
    await expect(stat(socket)).rejects.toThrow("ENOENT");
  });
});

describe("meringue admin on a stopped server", () => {
  test("works before the first start, after a stop and after a kill; keys that were given hold", async () => {
    await using folder = await tempDir("admin");
    const data = join(folder.path, "data");
    const admin = adminOn(data);
    const early = await keyOf(admin("user", "create", "early"));
    await using platform = await startPlatform({ dataFolder: data });
    expect(await namespaces(platform, early)).toEqual(["early"]);
    expect(await namespaces(platform, guestKey)).toEqual(["guest"]);
    await platform.kill("SIGKILL");
    const guest = await keyOf(admin("user", "create", "guest", "--revoke"));
    await platform.restart();
    expect(await namespaces(platform, guestKey)).toBe(401);
    expect(await namespaces(platform, guest)).toEqual(["guest"]);
    await platform.stop();
    await admin("user", "block", "early");
    await platform.restart();
    expect(await namespaces(platform, early)).toBe(401);
  });

  test("exit codes and texts; nothing is made by a mistyped folder", async () => {
    await using folder = await tempDir("admin");
    const data = join(folder.path, "none");
    const admin = adminOn(data);
    const missing = await admin("user", "get", "nobody");
    expect(missing).toEqual({
      code: 1,
      stdout: "",
      stderr: `meringue: there is no data folder ${data}: name it with --data-dir\n`,
    });
    await expect(stat(data)).rejects.toThrow("ENOENT");
    expect(await admin("user", "create", "four")).toMatchObject({ code: 2 });
    expect(await admin("user", "nonsense")).toMatchObject({ code: 2 });
    const syslog = await runProgram(meringueBin, ["admin", "syslog", "get", "invoker0", "-t", "x"]);
    expect(syslog).toMatchObject({ code: 1, stderr: expect.stringContaining("stderr") });
  });
});
