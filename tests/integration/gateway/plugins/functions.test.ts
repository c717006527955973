/** The plugins that forward to a function: openfunction, azure-functions, aws-lambda. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";

let gateway: TestGateway;
let cloud: TestUpstream;
let silent: boolean;

beforeAll(async () => {
  gateway = await startGateway({ now: () => Date.UTC(2015, 7, 30, 12, 36, 0) });
  cloud = await startUpstream((received, response) => {
    if (silent) return;
    const body = received.url.includes("long") ? "x".repeat(200_000) : "hello";
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.writeHead(418, { "x-own": "cloud", "content-length": body.length }).end(body);
  });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await cloud?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  silent = false;
});

async function route(plugin: string, conf: JsonObject = {}, uri = "/hello"): Promise<void> {
  const functionUri = `http://${cloud.address}/default/fn?lost=1`;
  await gateway.put("/routes/1", {
    uri,
    plugins: { [plugin]: { function_uri: functionUri, ...conf } },
  });
}

describe("openfunction", () => {
  test("forwards method, query, headers and body; answers with all of the answer", async () => {
    await route("openfunction");
    const answer = await gateway.send("/hello?a=1&b&a=2", {
      method: "PUT",
      headers: { "x-own": "client", authorization: "Bearer client" },
      body: "test",
    });
    expect(answer.status).toBe(418);
    expect(answer.text).toBe("hello");
    expect(answer.headers["x-own"]).toBe("cloud");
    expect(answer.headers["set-cookie"]).toEqual(["a=1", "b=2"]);
    const { method, url, headers, body } = cloud.last();
    expect([method, body]).toEqual(["PUT", "test"]);
    expect(url).toBe("/default/fn?a=1&a=2&b");
    expect(headers).toMatchObject({
      "x-own": "client",
      authorization: "Bearer client",
      host: "127.0.0.1",
      "content-length": "4",
    });
  });

  test("a long answer goes on whole, to HEAD its length", async () => {
    await route("openfunction", {}, "/hello/*");
    const answer = await gateway.send("/hello/long");
    expect(answer.text.length).toBe(200_000);
    const head = await gateway.send("/hello/short", { method: "HEAD" });
    expect([head.headers["content-length"], head.text]).toEqual(["5", ""]);
  });

  test("authenticates with its token in place of the client's", async () => {
    await route("openfunction", { authorization: { service_token: "test:test" } });
    await gateway.send("/hello", { headers: { authorization: "Bearer client" } });
    expect(cloud.last().headers.authorization).toBe(`Basic ${btoa("test:test")}`);
  });

  test.for([
    ["/hello", "/hello", "/default/fn?"],
    ["/hello/*", "/hello/123", "/default/fn/123?"],
    ["/hello/*", "/hello/a/b", "/default/fn/a/b?"],
    ["/hello/*", "/hello/", "/default/fn/?"],
    ["/hello/*", "/hello/a%20b", "/default/fn/a%20b?"],
    ["/hello*", "/hello/123", "/default/fn?"],
  ])("route %s, path %s: the function gets %s", async ([uri, path, target]) => {
    await route("openfunction", {}, uri);
    await gateway.send(path ?? "");
    expect(cloud.last().url).toBe(target);
  });

  test("a body that is too long is a 400", async () => {
    await route("openfunction", { max_req_body_size: 3 });
    expect((await gateway.send("/hello", { method: "POST", body: "123" })).status).toBe(418);
    expect((await gateway.send("/hello", { method: "POST", body: "1234" })).status).toBe(400);
  });

  test("a function that is away or too slow is a 503", async () => {
    await route("openfunction", { function_uri: "http://127.0.0.1:1" });
    expect((await gateway.send("/hello")).status).toBe(503);
    silent = true;
    await route("openfunction", { timeout: 100 });
    expect((await gateway.send("/hello")).status).toBe(503);
    const messages = gateway.logs().map((line) => line["msg"]);
    expect(messages).toContain("failed to process openfunction");
  });
});

describe("azure-functions", () => {
  const KEY = "x-functions-key";
  const CLIENT = "x-functions-clientid";

  test("the client's own key goes first, then the route's, then the master key", async () => {
    await gateway.put("/plugin_metadata/azure-functions", { master_apikey: "master" });
    await route("azure-functions", { authorization: { apikey: "key" } });
    await gateway.send("/hello", { headers: { [CLIENT]: "mine" } });
    expect(cloud.last().headers).toMatchObject({ [CLIENT]: "mine" });
    expect(cloud.last().headers).not.toHaveProperty(KEY);
    await gateway.send("/hello");
    expect(cloud.last().headers[KEY]).toBe("key");
    expect(cloud.last().headers).not.toHaveProperty(CLIENT);
    await route("azure-functions", { authorization: {} });
    await gateway.send("/hello");
    expect(cloud.last().headers).not.toHaveProperty(KEY);
    await route("azure-functions");
    await gateway.send("/hello");
    expect(cloud.last().headers).toMatchObject({ [KEY]: "master", [CLIENT]: "" });
  });

  test("nothing is added without a key", async () => {
    await gateway.delete("/plugin_metadata/azure-functions");
    await route("azure-functions");
    await gateway.send("/hello");
    expect(cloud.last().headers).not.toHaveProperty(KEY);
  });
});

describe("aws-lambda", () => {
  const iam = { accesskey: "AKIDEXAMPLE", secretkey: "secret" };

  test("the API key goes before signing, the client's own before both", async () => {
    await route("aws-lambda", { authorization: { apikey: "key", iam } });
    await gateway.send("/hello");
    expect(cloud.last().headers["x-api-key"]).toBe("key");
    expect(cloud.last().headers).not.toHaveProperty("authorization");
    await gateway.send("/hello", { headers: { "x-api-key": "mine", authorization: "own" } });
    expect(cloud.last().headers).toMatchObject({ "x-api-key": "mine", authorization: "own" });
  });

  test("signs all headers and the query that it sends", async () => {
    await route("aws-lambda", { authorization: { iam } });
    await gateway.send("/hello?b&a=x%20y", { method: "POST", body: "test" });
    const { url, headers } = cloud.last();
    expect(url).toBe("/default/fn?a=x%20y&b=");
    expect(headers["x-amz-date"]).toBe("20150830T123600Z");
    const { authorization = "" } = headers;
    expect(authorization).toContain(
      "Credential=AKIDEXAMPLE/20150830/us-east-1/execute-api/aws4_request, SignedHeaders=",
    );
    const signed = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(";") ?? [];
    expect(signed).toContain("host");
    expect(signed).toContain("x-amz-date");
    const unsigned = ["authorization", "connection", "content-length"];
    expect(signed).toEqual(
      Object.keys(headers)
        .filter((name) => !unsigned.includes(name))
        .sort(),
    );
  });

  test("without arguments the target has no question mark", async () => {
    await route("aws-lambda", { authorization: { iam } });
    await gateway.send("/hello");
    expect(cloud.last().url).toBe("/default/fn");
  });

  test("without keys it only forwards", async () => {
    await route("aws-lambda");
    await gateway.send("/hello");
    expect(cloud.last().headers).not.toHaveProperty("x-amz-date");
  });
});
