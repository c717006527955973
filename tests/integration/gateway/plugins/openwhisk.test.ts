/** The plugin `openwhisk` before an API that answers as told. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";

type Reply = {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Takes the request and does not answer. */
  readonly silent?: boolean;
};

let gateway: TestGateway;
let api: TestUpstream;
let reply: Reply;

beforeAll(async () => {
  gateway = await startGateway();
  api = await startUpstream((_, response) => {
    if (reply.silent === true) return;
    const { status = 200, headers = { "content-type": "application/json" } } = reply;
    response.writeHead(status, headers).end(reply.body ?? '{"hello":"test"}');
  });
});
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]();
  await api?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  reply = {};
});

async function route(more: JsonObject = {}): Promise<void> {
  await gateway.put("/routes/1", {
    uri: "/hello",
    plugins: {
      openwhisk: {
        api_host: `http://${api.address}`,
        service_token: "user:password",
        namespace: "guest",
        action: "test",
        ...more,
      },
    },
  });
}

test("calls the action with POST, its own query and key; nothing of the client's goes on", async () => {
  await route();
  const answer = await gateway.send("/hello?name=x", {
    headers: { authorization: "Bearer client", "x-own": "1" },
  });
  expect(answer.status).toBe(200);
  expect(answer.text).toBe('{"hello":"test"}');
  expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
  const { method, url, headers, body } = api.last();
  expect(method).toBe("POST");
  expect(url).toBe("/api/v1/namespaces/guest/actions/test?blocking=true&result=true&timeout=60000");
  expect(headers).toMatchObject({
    authorization: `Basic ${Buffer.from("user:password").toString("base64")}`,
    "content-type": "application/json",
    "content-length": "0",
    host: api.address,
  });
  expect(headers).not.toHaveProperty("x-own");
  expect(body).toBe("");
});

test("sends the client's body as it is, labelled JSON", async () => {
  await route({ result: false, timeout: 2000 });
  await gateway.send("/hello", {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "a=b",
  });
  const { url, headers, body } = api.last();
  expect(url).toContain("&result=false&timeout=2000");
  expect(headers["content-type"]).toBe("application/json");
  expect(body).toBe("a=b");
});

test("finds an action in a package, and escapes names", async () => {
  await route({ package: "p q", action: "a@b" });
  await gateway.send("/hello");
  expect(api.last().url).toContain("/namespaces/guest/actions/p%20q/a%40b?");
});

test("status, headers and body of the result are those of the answer", async () => {
  await route();
  reply = {
    body: JSON.stringify({ statusCode: 407, headers: { test: "header" }, body: { test: "body" } }),
  };
  const answer = await gateway.send("/hello");
  expect(answer.status).toBe(407);
  expect(answer.headers["test"]).toBe("header");
  expect(answer.text).toBe('{"test":"body"}\n');
});

test("statuses of the API reach the client with their body, its headers do not", async () => {
  await route();
  reply = {
    status: 202,
    body: '{"activationId":"1"}',
    headers: { "content-type": "application/json", "x-openwhisk-activation-id": "1" },
  };
  const answer = await gateway.send("/hello");
  expect(answer.status).toBe(202);
  expect(answer.text).toBe('{"activationId":"1"}');
  expect(answer.headers).not.toHaveProperty("x-openwhisk-activation-id");
});

test.for(["", "<html>", "false"])("an answer %j is a 503", async (body) => {
  await route();
  reply = { body };
  const answer = await gateway.send("/hello");
  expect(answer.status).toBe(503);
  expect(answer.text).toContain("503 Service Temporarily Unavailable");
  const last = gateway.logs().at(-1);
  expect(last?.["msg"]).toContain("failed to parse openwhisk response data");
});

test("an API that is not there is a 503", async () => {
  await route({ api_host: "http://127.0.0.1:1" });
  expect((await gateway.send("/hello")).status).toBe(503);
});

test("an API that does not answer in time is a 503", async () => {
  await route({ timeout: 1 });
  reply = { silent: true };
  expect((await gateway.send("/hello")).status).toBe(503);
});

test("a body at the limit passes, one byte more is a 413", async () => {
  await route({ max_req_body_size: 4 });
  const before = api.received.length;
  expect((await gateway.send("/hello", { method: "POST", body: "1234" })).status).toBe(200);
  expect((await gateway.send("/hello", { method: "POST", body: "12345" })).status).toBe(413);
  expect(api.received.length).toBe(before + 1);
});

test("the token may be a reference, and a change of the route is in force at once", async () => {
  await using own = await startGateway({ env: { TOKEN: "a:b" } });
  const conf = {
    api_host: `http://${api.address}`,
    service_token: "$env://TOKEN",
    namespace: "_",
    action: "one",
  };
  await own.put("/routes/1", { uri: "/x", plugins: { openwhisk: conf } });
  await own.send("/x");
  expect(api.last().headers.authorization).toBe(`Basic ${btoa("a:b")}`);
  await own.put("/routes/1", { uri: "/x", plugins: { openwhisk: { ...conf, action: "two" } } });
  await own.send("/x");
  expect(api.last().url).toContain("/namespaces/_/actions/two?");
  await own.delete("/routes/1");
  expect((await own.send("/x")).status).toBe(404);
});
