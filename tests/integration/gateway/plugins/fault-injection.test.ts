import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway();

async function route(conf: JsonObject): Promise<void> {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "fault-injection": conf },
    upstream: upstream.upstream,
  });
}

describe("abort", () => {
  test("with body and headers, which are templates", async () => {
    await route({
      abort: { http_status: 403, body: "no, $remote_addr\n", headers: { "X-A": "$uri", "X-N": 1 } },
    });
    const answer = await gateway.send("/a");
    expect([answer.status, answer.text]).toEqual([403, "no, 127.0.0.1\n"]);
    expect(answer.headers).toMatchObject({ "x-a": "/a", "x-n": "1" });
  });

  test("a status that is none is a fault of the configuration", async () => {
    await route({ abort: { http_status: 100_000, headers: { "X A": "1" } } });
    expect((await gateway.send("/a")).status).toBe(500);
  });

  test("without body is nginx's page", async () => {
    await route({ abort: { http_status: 503 } });
    expect((await gateway.send("/a")).text).toContain("503 Service Temporarily Unavailable");
  });

  test.each([
    [0, 200],
    [100, 405],
  ])("%i percent", async (percentage, status) => {
    await route({ abort: { http_status: 405, percentage } });
    for (let count = 0; count < 5; count++) {
      expect((await gateway.send("/a")).status).toBe(status);
    }
  });

  test("a share", async () => {
    await route({ abort: { http_status: 405, percentage: 50 } });
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async () => (await gateway.send("/a")).status),
    );
    const aborted = statuses.filter((status) => status === 405).length;
    expect(aborted).toBeGreaterThan(10);
    expect(aborted).toBeLessThan(90);
  });

  test("where one of the expressions holds", async () => {
    const vars = [[["arg_a", "==", "1"]], [["arg_b", "==", "2"]]];
    await route({ abort: { http_status: 405, vars } });
    const statuses = [];
    for (const query of ["a=1", "b=2", "a=2"]) {
      statuses.push((await gateway.send(`/x?${query}`)).status);
    }
    expect(statuses).toEqual([405, 405, 200]);
  });
});

describe("delay", () => {
  test("before the upstream is asked, and before an abort", async () => {
    await route({ delay: { duration: 0.15 }, abort: { http_status: 405 } });
    const begun = performance.now();
    expect((await gateway.send("/a")).status).toBe(405);
    expect(performance.now() - begun).toBeGreaterThan(140);
  });

  test("only where its expression holds", async () => {
    await route({ delay: { duration: 60, vars: [[["arg_a", "==", "1"]]] } });
    expect((await gateway.send("/a?a=2", { timeoutMs: 10_000 })).status).toBe(200);
  });
});
