/** The Admin API of the real program: what it promises over crashes, in time, at shutdown. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { request } from "../../helpers/http.ts";
import { startPlatform, type TestPlatform, urlOf } from "../../helpers/platform.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const KEY = "edd1c9f034335f136f87ad84b625c8f1";

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform({ gateway: true });
});
afterAll(() => platform[Symbol.asyncDispose]());

function admin(method: string, path: string, body?: unknown, key = KEY) {
  return request(urlOf(platform, "gateway-admin"), {
    method,
    path: `/apisix/admin${path}`,
    headers: { "x-api-key": key },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

function ask(path: string) {
  return request(urlOf(platform, "gateway"), { path });
}

const echo = (uri: string, body: string) => ({
  uri,
  plugins: { echo: { body } },
  upstream: { nodes: {} },
});

describe("the gateway of a platform", () => {
  test("a write is seen by every request that begins 50 ms later, a hundred times", async () => {
    let late = 0;
    for (let round = 0; round < 100; round += 1) {
      const { status } = await admin("PUT", "/routes/seen", echo("/seen", `round ${round}`));
      expect(status).toBeLessThan(300);
      const answered = performance.now();
      await waitFor(
        "the write",
        async () => {
          const begun = performance.now();
          const isSeen = (await ask("/seen")).text === `round ${round}`;
          if (!isSeen && begun - answered > 50) late += 1;
          return isSeen;
        },
        { everyMs: 1 },
      );
    }
    // A slow turn of a busy machine is no broken promise.
    expect(late).toBeLessThan(5);
  });

  test("kill -9 after an answer loses nothing", async () => {
    const writes = Array.from({ length: 50 }, (_, number) =>
      admin("PUT", `/routes/kill-${number}`, echo(`/kill-${number}`, `${number}`)),
    );
    const answers = await Promise.all(writes);
    expect(answers.every(({ status }) => status === 201)).toBe(true);
    await admin("DELETE", "/routes/kill-0");
    await platform.kill("SIGKILL");
    await platform.restart();
    expect((await admin("GET", "/routes/kill-0")).status).toBe(404);
    for (let number = 1; number < 50; number += 1) {
      expect((await ask(`/kill-${number}`)).text).toBe(String(number));
    }
  });

  test("a site whose name was made to mean this machine gets nothing", async () => {
    const headers = { "x-api-key": KEY, host: "evil.example" };
    const statusOf = async (role: "gateway-admin" | "gateway" | "gateway-control", path: string) =>
      (await request(urlOf(platform, role), { path, headers })).status;
    expect(await statusOf("gateway-admin", "/apisix/admin/routes")).toBe(403);
    expect(await statusOf("gateway", "/apisix/admin/routes")).toBe(403);
    expect(await statusOf("gateway-control", "/v1/routes")).toBe(403);
  });

  test("the key is where documents look for it", async () => {
    const conf = await readFile(join(platform.dataFolder, "conf", "config.yaml"), "utf8");
    expect(conf).toContain(`key: ${KEY}`);
    expect(platform.banner()).toContain(urlOf(platform, "gateway-admin"));
  });

  test("no page of another site can use the key that everybody knows", async () => {
    const ask = (origin: string, method: string) =>
      request(urlOf(platform, "gateway-admin"), {
        method,
        path: "/apisix/admin/routes",
        headers: { "x-api-key": KEY, origin },
      });
    expect((await ask("https://example.org", "OPTIONS")).status).toBe(403);
    expect((await ask("https://example.org", "GET")).status).toBe(403);
    expect((await ask("http://localhost:3000", "GET")).status).toBe(200);
  });

  test("a chosen port that is in use stops the start, with the flag to change it", async () => {
    const { port } = new URL(urlOf(platform, "gateway-admin"));
    const start = startPlatform({ gateway: true, args: ["--gateway-admin-port", port] });
    await expect(start).rejects.toThrow(
      `port ${port} on 127.0.0.1 is in use; choose another one with --gateway-admin-port`,
    );
  });

  test("it stops by itself when asked to", async () => {
    expect((await admin("PUT", "/routes/stopped", echo("/stopped", "kept"))).status).toBe(201);
    const { code, signal } = await platform.stop();
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    await platform.restart();
    expect((await ask("/stopped")).text).toBe("kept");
  });
});
