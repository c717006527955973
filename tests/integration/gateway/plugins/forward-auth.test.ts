import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from "../../../helpers/gateway.ts";

let gateway: TestGateway;
let upstream: TestUpstream;
let service: TestUpstream;

beforeAll(async () => {
  gateway = await startGateway();
  upstream = await startUpstream();
  service = await startUpstream((received, response) => {
    switch (received.headers["authorization"]) {
      case "111":
        return void response.writeHead(200, { "x-user-id": "i-am-user" }).end();
      case "222":
        return void response
          .writeHead(403, { location: "http://example.com/auth", "set-cookie": ["a=1", "b=2"] })
          .end("who are you?");
      case "333":
        return void response.writeHead(204).end();
      case "444":
        return void response.writeHead(302, { location: "/login" }).end();
      case "555":
        response.writeHead(200, { "content-length": "10" }).write("x");
        return void response.destroy();
      default:
        return void response.writeHead(401).end();
    }
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

type Sent = Omit<NonNullable<Parameters<TestGateway["send"]>[1]>, "headers"> & {
  readonly headers?: Readonly<Record<string, string>>;
};

async function send(conf: JsonObject, authorization: string, sent: Sent = {}) {
  const uri = `http://${service.address}/auth`;
  const plugins = {
    "forward-auth": { uri, request_headers: ["Authorization"], ...conf },
  };
  await gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
  return gateway.send("/hello?a=b", { ...sent, headers: { authorization, ...sent.headers } });
}

test("the service is told of the request, and lets it through", async () => {
  const headers = { "x-secret": "1", cookie: "c=d" };
  const answer = await send({ upstream_headers: ["X-User-ID"] }, "111", { headers });
  expect([answer.status, answer.text]).toEqual([200, "hello"]);
  const asked = service.last();
  expect([asked.method, asked.url, asked.body]).toEqual(["GET", "/auth", ""]);
  expect(asked.headers).toEqual({
    host: service.address,
    connection: "keep-alive",
    authorization: "111",
    "x-forwarded-proto": "http",
    "x-forwarded-method": "GET",
    "x-forwarded-host": "127.0.0.1",
    "x-forwarded-uri": "/hello?a=b",
    "x-forwarded-for": "127.0.0.1",
  });
  expect(upstream.last().headers["x-user-id"]).toBe("i-am-user");
});

test("what the service does not say, the client cannot say in its place", async () => {
  const headers = { "x-user-id": "admin", "x-other": "kept" };
  await send({ upstream_headers: ["X-User-ID"] }, "333", { headers });
  expect(upstream.last().headers["x-user-id"]).toBeUndefined();
  expect(upstream.last().headers["x-other"]).toBe("kept");
});

test("a refusal goes to the client: status, body and the headers named", async () => {
  const answer = await send({ client_headers: ["Location", "Set-Cookie", "X-None"] }, "222");
  expect([answer.status, answer.text]).toEqual([403, "who are you?"]);
  expect(answer.headers["location"]).toBe("http://example.com/auth");
  expect(answer.lines["set-cookie"]).toEqual(["a=1", "b=2"]);
  const bare = await send({}, "444");
  expect([bare.status, bare.text, bare.headers["location"]]).toEqual([302, "", undefined]);
});

test("with POST the service gets the body, and so does the upstream", async () => {
  const conf = {
    request_method: "POST",
    request_headers: ["Authorization", "Content-Type", "Content-Length", "Transfer-Encoding"],
  };
  const headers = { "content-type": "text/plain", "content-encoding": "identity" };
  const answer = await send(conf, "111", { method: "PUT", body: "data", headers });
  expect(answer.status).toBe(200);
  const asked = service.last();
  expect([asked.method, asked.body]).toEqual(["POST", "data"]);
  expect(asked.headers).toMatchObject({
    "content-type": "text/plain",
    "content-encoding": "identity",
    "content-length": "4",
    "x-forwarded-method": "PUT",
  });
  expect(upstream.last().body).toBe("data");
  expect((await send(conf, "111")).status).toBe(200);
});

test("a body beyond the limit is refused, one at the limit is not", async () => {
  const conf = { request_method: "POST", max_req_body_size: 4 };
  expect((await send(conf, "111", { method: "POST", body: "1234" })).status).toBe(200);
  const asked = service.received.length;
  expect((await send(conf, "111", { method: "POST", body: "12345" })).status).toBe(413);
  expect(service.received.length).toBe(asked);
  expect(
    (await send({ max_req_body_size: 4 }, "111", { method: "POST", body: "12345" })).status,
  ).toBe(200);
});

test("the client's framing is not sent to the service", async () => {
  const request_headers = ["Authorization", "Content-Length", "Expect", "Connection"];
  const answer = await send({ request_headers }, "111", { method: "POST", body: "data" });
  expect(answer.status).toBe(200);
  expect(service.last().headers["content-length"]).toBeUndefined();
});

test("extra headers may name variables, and replace those of the gateway", async () => {
  const extra_headers = {
    "X-Route": "$route_id/$arg_a",
    "X-Forwarded-For": "none",
    "X-Body": "$post_arg_tenant",
  };
  const body = "tenant=t1";
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  await send({ extra_headers }, "111", { method: "POST", body, headers });
  expect(service.last().headers).toMatchObject({
    "x-forwarded-for": "none",
    "x-body": "t1",
  });
  expect(service.last().headers["x-route"]).toMatch(/\/b$/);
});

test.each([false, true])(
  "a value that would end its line: 403 (degradation %s)",
  async (allows) => {
    const uri = `http://${service.address}/auth`;
    const extra_headers = { "X-User": "$arg_user" };
    const conf = {
      uri,
      extra_headers,
      request_headers: ["Authorization"],
      allow_degradation: allows,
    };
    const plugins = { "forward-auth": conf };
    await gateway.put("/routes/1", { uri: "/*", plugins, upstream: upstream.upstream });
    const asked = service.received.length;
    const headers = { authorization: "111" };
    const forged = await gateway.send("/hello?user=guest%0d%0ax-admin:%20yes", { headers });
    expect(forged.status).toBe(403);
    expect(service.received.length).toBe(asked);
    expect((await gateway.send("/hello?user=guest", { headers })).status).toBe(200);
  },
);

test("a service that cannot be asked: 403, another status, or degradation", async () => {
  const closed = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const { port } = closed.address() as { port: number };
  await new Promise((resolve) => closed.close(resolve));
  const uri = `http://127.0.0.1:${port}/`;
  const refused = await send({ uri }, "111");
  expect(refused.status).toBe(403);
  expect(refused.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect((await send({ uri, status_on_error: 503 }, "111")).status).toBe(503);
  expect((await send({ uri, allow_degradation: true }, "111")).status).toBe(200);
  expect((await send({}, "555")).status).toBe(403);
  expect((await send({ uri: "no uri" }, "111")).status).toBe(403);
});

test("a service that does not answer in time is one that cannot be asked", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  const { port } = silent.address() as { port: number };
  const conf = { uri: `http://127.0.0.1:${port}/`, timeout: 50, keepalive: false };
  expect((await send(conf, "111")).status).toBe(403);
  silent.close();
});
