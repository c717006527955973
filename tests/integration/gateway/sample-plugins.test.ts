import { describe, expect, test } from "vitest";
import { sharedGateway } from "../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway();

describe("proxy", () => {
  test("an unknown path is answered in the original's words", async () => {
    const answer = await gateway.send("/nothing");
    expect(answer.status).toBe(404);
    expect(answer.text).toBe('{"error_msg":"404 Route Not Found"}\n');
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(answer.headers["server"]).toBe("APISIX/3.18.0");
  });

  test("a request goes to the upstream and its answer to the client", async () => {
    await gateway.put("/routes/1", { uri: "/hello/*", upstream: upstream.upstream });
    const answer = await gateway.send("/hello/a%20b?x=1", { method: "POST", body: "data" });
    expect([answer.status, answer.text]).toEqual([200, "hello"]);
    const { method, url, body, headers } = upstream.last();
    expect([method, url, body]).toEqual(["POST", "/hello/a%20b?x=1", "data"]);
    expect(headers["x-real-ip"]).toBe("127.0.0.1");
    expect(headers["x-forwarded-for"]).toBe("127.0.0.1");
    expect(headers["x-forwarded-proto"]).toBe("http");
    expect(headers["host"]).toBe(`127.0.0.1:${gateway.port}`);
  });
});

describe("echo", () => {
  test.each([
    [{ before_body: "before ", after_body: " after" }, "before hello after"],
    [{ body: "other" }, "other"],
    [{ body: "other", before_body: "<", after_body: ">" }, "<other>"],
  ])("%j answers %s", async (conf, text) => {
    await gateway.put("/routes/2", {
      uri: "/echo",
      plugins: { echo: { ...conf, headers: { "X-Echo": "yes" } } },
      upstream: upstream.upstream,
    });
    const answer = await gateway.send("/echo");
    expect(answer.text).toBe(text);
    expect(answer.headers["x-echo"]).toBe("yes");
  });

  test("also works on the page for a refusal", async () => {
    await gateway.put("/routes/3", { uri: "/none", plugins: { echo: { body: "sorry" } } });
    const answer = await gateway.send("/none");
    expect([answer.status, answer.text]).toEqual([503, "sorry"]);
  });
});

describe("request-id", () => {
  test.each([
    ["uuid", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
    ["uuidv7", /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/],
    ["nanoid", /^[\w-]{21}$/],
    ["range_id", /^[a-zA-Z0-9]{16}$/],
    ["ksuid", /^[0-9A-Za-z]{27}$/],
  ])("%s", async (algorithm, form) => {
    await gateway.put("/routes/4", {
      uri: "/id",
      plugins: { "request-id": { algorithm } },
      upstream: upstream.upstream,
    });
    const answer = await gateway.send("/id");
    const id = answer.headers["x-request-id"];
    expect(id).toMatch(form);
    expect(upstream.last().headers["x-request-id"]).toBe(id);
  });

  test("the client's own id is kept", async () => {
    const answer = await gateway.send("/id", { headers: { "X-Request-Id": "mine" } });
    expect(answer.headers["x-request-id"]).toBe("mine");
    expect(upstream.last().headers["x-request-id"]).toBe("mine");
  });
});

test("a global rule and a route may both give an id", async () => {
  await gateway.put("/global_rules/1", { plugins: { "request-id": { header_name: "X-Rule" } } });
  await gateway.put("/routes/4", {
    uri: "/id",
    plugins: { "request-id": { header_name: "X-Route" } },
    upstream: upstream.upstream,
  });
  const { headers } = await gateway.send("/id");
  await gateway.delete("/global_rules/1");
  expect(headers["x-rule"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers["x-route"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers["x-rule"]).not.toBe(headers["x-route"]);
  expect(upstream.last().headers).toMatchObject({
    "x-rule": headers["x-rule"],
    "x-route": headers["x-route"],
  });
});
