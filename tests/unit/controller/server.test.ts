import { once } from "node:events";
import { createServer, type IncomingMessage, request as open, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { checkEntitlement } from "../../../src/controller/entitlement.ts";
import { requestLog } from "../../../src/controller/request-log.ts";
import { type Collection, RouteTable } from "../../../src/controller/routes.ts";
import { Controller, type ControllerDeps } from "../../../src/controller/server.ts";
import { InvokeService } from "../../../src/controller/service/invoke.ts";
import { ConcurrencyThrottle, createThrottles } from "../../../src/controller/throttle.ts";
import { unavailable } from "../../../src/controller/unavailable.ts";
import type { ActionDocument } from "../../../src/core/documents.ts";
import { requireEntityName, requireNamespace } from "../../../src/core/entity-name.ts";
import { PlatformError } from "../../../src/core/errors.ts";
import type { Logger } from "../../../src/lib/log.ts";
import { createEntityCache } from "../../../src/store/entity-cache.ts";
import { request } from "../../helpers/http.ts";
import { makeJob } from "../../helpers/jobs.ts";
import { DEFAULT_LIMITS } from "../../helpers/limits.ts";
import { createMemoryStore } from "../../helpers/memory-store.ts";
import { waitFor } from "../../helpers/wait-for.ts";

const { user } = makeJob().message;
const AUTH = "u:k";
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

function makeAction(name: string): ActionDocument {
  const code = { attachmentName: "x", attachmentType: "text/plain", length: 1, digest: "sha256-0" };
  return {
    entityType: "action",
    namespace: "guest",
    name,
    version: "0.0.1",
    publish: false,
    updated: 0,
    exec: { kind: "nodejs:20", code, binary: false },
    parameters: [],
    annotations: [],
    limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
  };
}

/** A controller with the action "known", whose activations never end; one at a time is let in. */
async function setUp(deps: Partial<ControllerDeps> = {}) {
  const logged: string[] = [];
  const bus = {
    hasRoom: () => true,
    send: () => ({ accept: () => Promise.resolve() }),
    post: () => Promise.resolve(),
  };
  const entities = createEntityCache(createMemoryStore().entities, {
    entriesMax: 10,
    runtimeOf: (kind) => kind,
  });
  await entities.put("guest/known", makeAction("known"));
  const concurrency = new ConcurrencyThrottle();
  const throttles = createThrottles({ ...DEFAULT_LIMITS, concurrentInvocations: 1 }, concurrency);
  const put = { collection: "actions", method: "PUT", pattern: [":name"] } as const;
  const echo = async (call: { body(): Promise<Buffer> }) => ({
    status: 200,
    body: (await call.body()).toString(),
  });
  const controller = new Controller(
    {
      auth: { peek: () => user, identify: async () => user },
      invoke: {
        service: new InvokeService(bus, concurrency, () => ({
          running: 0,
          start: () => expect.unreachable(),
          resume: () => expect.unreachable(),
          quiet: () => expect.unreachable(),
        })),
        entities,
        checkInvocable: () => undefined,
        admit: throttles.admit,
        payloadBytesMax: () => 100,
      },
      web: { serve: () => false },
      routes: new RouteTable(new Map(), () => ({ status: 200, body: "[]" }), [
        { ...put, handler: echo },
      ]),
      checkNames: ([namespace = "", ...names]) => {
        requireNamespace(namespace);
        for (const name of names) requireEntityName(name);
      },
      throttle: throttles.check,
      checkEntitlement,
      log: (_level, message) => logged.push(message),
      watch: undefined,
      ...deps,
    },
    { uriBytesMax: 300, bodyBytesMax: 1000, waitMsMax: 1000 },
  );
  const server = createServer(controller.serve);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/namespaces`;
  return { url, logged, server };
}

describe("the order of the checks of an invocation", () => {
  const statusOf = async (path: string, body: unknown, deps?: Partial<ControllerDeps>) => {
    const { url } = await setUp(deps);
    return (await request(url, { method: "POST", path, auth: AUTH, body })).status;
  };
  const throttled = (_: unknown, collection: Collection) => {
    if (collection === "actions") throw new PlatformError("THROTTLED");
  };

  test("a bad name comes before the throttle and the right to the namespace", async () => {
    expect(await statusOf("/other/actions/a!?timeout=x", {}, { throttle: throttled })).toBe(400);
  });
  test("the throttle comes before the right to the namespace", async () => {
    expect(await statusOf("/other/actions/a", {}, { throttle: throttled })).toBe(429);
  });
  test("the throttle counts calls with bad query parameters", async () => {
    expect(await statusOf("/_/actions/a?timeout=x", {}, { throttle: throttled })).toBe(429);
  });
  test("the right to the namespace comes before query parameters", async () => {
    expect(await statusOf("/other/actions/a?timeout=x", {})).toBe(403);
  });
  test("the length of the body comes before query parameters", async () => {
    expect(await statusOf("/_/actions/a?timeout=x", { text: "x".repeat(100) })).toBe(413);
  });
  test("query parameters come before the body and the action", async () => {
    expect(await statusOf("/_/actions/a?timeout=x", "{")).toBe(400);
    expect(await statusOf("/_/actions/a?blocking=maybe", {})).toBe(400);
  });
  test("a missing action is told last", async () => {
    expect(await statusOf("/_/actions/a", {})).toBe(404);
  });
});

test("tells a watcher of every request, its path without the query, and its end", async () => {
  const lines: unknown[] = [];
  const logger = {
    debug: (message: string, fields?: object) => lines.push([message, fields]),
  } as unknown as Logger;
  const { url } = await setUp({
    watch: requestLog(logger, { origin: () => ({ client: "192.0.2.7" }) }),
  });
  await request(url, { method: "POST", path: "/_/actions/a?secret=1", auth: AUTH });
  await waitFor("the line", () => lines.length === 1, { timeoutMs: 2000 });
  expect(lines[0]).toMatchObject([
    "request",
    { client: "192.0.2.7", method: "POST", path: "/api/v1/namespaces/_/actions/a", status: 404 },
  ]);
});

test("a URI that is too long is refused on every route", async () => {
  const { url } = await setUp();
  const query = `?x=${"x".repeat(300)}`;
  for (const [method, path] of [
    ["POST", "/_/actions/a"],
    ["PUT", "/_/actions/a"],
  ] as const) {
    const answer = await request(url, { method, path: path + query, auth: AUTH, body: {} });
    expect([method, answer.status]).toEqual([method, 414]);
  }
});

test("a service reads no longer bodies than it asks for", async () => {
  const prefix = "/api/v1/web/whisk.system/own";
  const handler = async (call: { body(): Promise<Buffer> }) => ({
    status: 200,
    body: `"${(await call.body()).length}"`,
  });
  const routes = new RouteTable(
    new Map(),
    () => ({ status: 200, body: "[]" }),
    [],
    [{ prefix, bodyBytesMax: 50, handler }],
  );
  const { url } = await setUp({ routes });
  const post = (body: string) => request(new URL(prefix, url).href, { method: "POST", body });
  expect((await post("x".repeat(50))).text).toBe('"50"');
  expect((await post("x".repeat(51))).status).toBe(413);
});

test("a caller that goes away in the middle of a body is no fault of ours", async () => {
  const asked = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  const { url, logged } = await setUp({
    routes: new RouteTable(new Map(), () => ({ status: 200, body: "[]" }), [
      {
        collection: "actions",
        method: "PUT",
        pattern: [":name"],
        handler: async (call) => {
          const body = call.body();
          asked.resolve();
          body.then(ended.resolve, ended.resolve);
          return { status: 200, body: (await body).toString() };
        },
      },
    ]),
  });
  const client = open(`${url}/_/actions/a`, { method: "PUT", headers: { "content-length": 100 } });
  client.on("error", () => undefined);
  client.write("{");
  await asked.promise;
  client.destroy();
  expect(await ended.promise).toMatchObject({ status: 400 });
  expect(logged).toEqual([]);
});

test("bodies that come slowly let in no more than may be in flight", async () => {
  const checked: string[] = [];
  const { url } = await setUp({ throttle: (_, collection) => checked.push(collection) });
  const calls = [1, 2, 3].map(() => {
    const call = open(`${url}/_/actions/known?blocking=true&timeout=50`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": 2 },
    });
    call.flushHeaders();
    return call;
  });
  await expect.poll(() => checked).toHaveLength(3);
  const statuses = await Promise.all(
    calls.map(async (call) => {
      const answered = once(call, "response");
      call.end("{}");
      const [answer] = (await answered) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    }),
  );
  expect(statuses.sort()).toEqual([202, 429, 429]);
});

test("a server that starts or stops answers like any other error, and closes the connection", async () => {
  const server = createServer(unavailable);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/ping`, {
    headers: { "X-Request-ID": "t1" },
  });
  expect(answer.status).toBe(503);
  expect(answer.headers.get("connection")).toBe("close");
  expect(answer.headers.get("x-request-id")).toBe("t1");
  expect(await answer.json()).toEqual({
    error:
      "The server is currently unavailable (because it is overloaded or down for maintenance).",
    code: "t1",
  });
});
