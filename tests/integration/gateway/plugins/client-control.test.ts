import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway();

async function route(max_body_size: number): Promise<void> {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "client-control": { max_body_size } },
    upstream: upstream.upstream,
  });
}

/** Sends the bytes on a connection of their own; everything that comes back. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect(gateway.port, "127.0.0.1");
    socket.on("data", (part: Buffer) => parts.push(part));
    socket.on("close", () => resolve(Buffer.concat(parts).toString("latin1")));
    socket.on("error", (error) => (parts.length > 0 ? undefined : reject(error)));
    socket.write(bytes);
  });
}

describe("heads", () => {
  const head = (bytes: number): string =>
    `GET /h HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Long: ${"x".repeat(bytes)}\r\n\r\n`;

  test("up to 32 KiB pass, longer ones are refused before any plugin sees them", async () => {
    const seen = { mocking: { response_example: "seen" } };
    await gateway.put("/routes/2", { uri: "/h", plugins: seen });
    expect(await exchange(head(32 * 1024 - 200))).toMatch(/^HTTP\/1\.1 200 /);
    const refused = await exchange(head(32 * 1024));
    expect(refused).toMatch(/^HTTP\/1\.1 431 Request Header Or Cookie Too Large/);
    expect(refused).not.toContain("seen");
  });
});

describe("max_body_size", () => {
  const TEN_IN_CHUNKS =
    "POST /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "5\r\n12345\r\n5\r\n67890\r\n0\r\n\r\n";

  test.each([
    [5, 200],
    [4, 413],
    [0, 200],
  ])("%i for five bytes: %i", async (max, status) => {
    await route(max);
    const answer = await gateway.send("/a", { method: "POST", body: "12345" });
    expect(answer.status).toBe(status);
    if (status === 413) expect(answer.text).toContain("413 Request Entity Too Large");
  });

  test("a body in chunks that gets too long is not the node's failure", async () => {
    const breaks = { break_response_code: 599, unhealthy: { http_statuses: [502], failures: 1 } };
    await gateway.put("/routes/1", {
      uri: "/*",
      plugins: { "client-control": { max_body_size: 4 }, "api-breaker": breaks },
      upstream: upstream.upstream,
    });
    const head = "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n";
    for (let at = 0; at < 2; at++) {
      const answer = await exchange(`${head}Connection: close\r\n\r\n5\r\n12345\r\n0\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      expect(answer).not.toMatch(/X-APISIX-Upstream-Status/i);
    }
    expect((await gateway.send("/b")).status).toBe(200);
  });

  test("a body in chunks is cut off where it gets too long", async () => {
    await route(8);
    const before = upstream.received.length;
    const text = await exchange(TEN_IN_CHUNKS);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(upstream.received.length).toBe(before);
  });

  test("a body in chunks of just that length passes", async () => {
    await route(10);
    const text = await exchange(TEN_IN_CHUNKS);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    expect(upstream.last().body).toBe("1234567890");
  });

  test.each([
    ["openwhisk", { api_host: "", service_token: "a:b", namespace: "n", action: "a" }, "api_host"],
    ["azure-functions", { function_uri: "" }, "function_uri"],
  ])("also where %s reads the body", async (name, conf, address) => {
    const call = { ...conf, [address]: `http://${upstream.address}` };
    const plugins = { "client-control": { max_body_size: 8 }, [name]: call };
    await gateway.put("/routes/1", { uri: "/*", plugins });
    const before = upstream.received.length;
    const text = await exchange(TEN_IN_CHUNKS);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(upstream.received.length).toBe(before);
  });
});
