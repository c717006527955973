import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/core/documents.ts";
import { apiDocument, startApiGateway } from "../../helpers/api-gateway.ts";
import { startUpstream } from "../../helpers/gateway.ts";

const BOTH = { "/books": ["get", "post"], "/books/{isbn}": ["get"], "/": ["get"] };

function configured(steps: readonly JsonObject[], cors?: JsonObject): JsonObject {
  const more = cors === undefined ? {} : { cors };
  return { "x-ibm-configuration": { assembly: { execute: [...steps] }, ...more } };
}

describe("a call of an API", () => {
  test("reaches the backend with path, query, body and headers", async () => {
    await using upstream = await startUpstream();
    await using gateway = await startApiGateway();
    await gateway.add(apiDocument(`http://${upstream.address}/a.json`, BOTH));
    const answer = await gateway.send("/api/t/club/books?q=1&q=2", {
      method: "POST",
      body: { x: 1 },
      headers: { "X-Own": "yes", "X-Request-Id": "given" },
    });
    expect([answer.status, answer.text]).toEqual([200, "hello"]);
    expect(answer.headers).toMatchObject({ "x-request-id": "given", server: "openresty" });
    const { method, url, body, headers } = upstream.last();
    expect([method, url, body]).toEqual(["POST", "/a.json?q=1&q=2", '{"x":1}']);
    expect(headers).toMatchObject({
      "x-own": "yes",
      "x-request-id": "given",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-url": `${gateway.url}/api/t/club/books?q=1&q=2`,
      host: upstream.address,
    });
  });

  test("hands the whole path to a target that asks for it, values decoded and escaped", async () => {
    await using upstream = await startUpstream();
    await using gateway = await startApiGateway();
    await gateway.add(apiDocument(`http://${upstream.address}/a.http$(request.path)`, BOTH));
    await gateway.send("/api/t/club/books/the%20raven?x=1");
    expect(upstream.last().url).toBe("/a.http/club/books/the%20raven?x=1");
    await gateway.send("/api/t/club/books");
    expect(upstream.last().url).toBe("/a.http/club/books");
  });

  test("goes to another target what is beyond the resource", async () => {
    await using upstream = await startUpstream();
    await using gateway = await startApiGateway();
    await gateway.add(apiDocument(`http://${upstream.address}/a.json`, { "/books": ["get"] }));
    await gateway.send("/api/t/club/books/1/2");
    expect(upstream.last().url).toBe("/a.json/1/2");
  });

  test("takes the verb that the operation's backend has", async () => {
    await using upstream = await startUpstream();
    await using gateway = await startApiGateway();
    const step = { invoke: { "target-url": `http://${upstream.address}/a`, verb: "put" } };
    await gateway.add(apiDocument("", { "/x": ["get"] }, configured([step])));
    await gateway.send("/api/t/club/x");
    expect(upstream.last().method).toBe("PUT");
  });

  test("goes to one backend, whatever the documents say, when there is one", async () => {
    await using upstream = await startUpstream();
    await using gateway = await startApiGateway({ backend: `http://${upstream.address}` });
    await gateway.add(apiDocument("https://nowhere.invalid/web/a.json", { "/x": ["get"] }));
    const answer = await gateway.send("/api/t/club/x");
    expect([answer.status, upstream.last().url]).toEqual([200, "/web/a.json"]);
  });

  test("gets the values that are set into header, query, body and path", async () => {
    await using upstream = await startUpstream();
    await using gateway = await startApiGateway();
    const set = (where: string, value: string | number): JsonObject => ({ set: where, value });
    const actions = [
      set("message.headers.X-Require-Whisk-Auth", 12345),
      set("message.query.b", "2"),
      set("message.body.c", "3"),
      set("message.path.d", "4"),
      set("message.nowhere.e", "5"),
    ];
    const url = `http://${upstream.address}/a/{d}?b=1&z=9`;
    const steps = [
      { invoke: { "target-url": url, verb: "keep" } },
      { "set-variable": { actions } },
    ];
    await gateway.add(apiDocument("", { "/x": ["post"] }, configured(steps)));
    await gateway.send("/api/t/club/x?a=1&z=8", { method: "POST", body: { c: 0, own: true } });
    const { url: target, body, headers } = upstream.last();
    expect(headers["x-require-whisk-auth"]).toBe("12345");
    expect(JSON.parse(body)).toEqual({ c: "3", own: true });
    const [path, query] = target.split("?");
    expect(path).toBe("/a/4");
    expect(Object.fromEntries(new URLSearchParams(query))).toEqual({ a: "1", b: "2", z: "8" });
    await gateway.send("/api/t/club/x", { method: "POST", body: "plain" });
    expect(upstream.last().body).toBe("plain");
  });

  test("believes X-Forwarded-* of proxies that are trusted, and of nobody else", async () => {
    const headers = { "X-Forwarded-Proto": "https", "X-Forwarded-Host": "apis.example.com" };
    for (const trusted of [true, false]) {
      await using upstream = await startUpstream();
      await using gateway = await startApiGateway(
        trusted ? { trustedAddresses: ["127.0.0.1"] } : {},
      );
      await gateway.add(apiDocument(`http://${upstream.address}/a`, { "/x": ["get"] }));
      await gateway.send("/api/t/club/x", { headers });
      const url = upstream.last().headers["x-forwarded-url"];
      expect(url).toBe(`${trusted ? "https://apis.example.com" : gateway.url}/api/t/club/x`);
    }
  });
});

describe("what is not there", () => {
  test("no resource, no verb, no API gateway's path", async () => {
    await using gateway = await startApiGateway({ backend: "http://127.0.0.1:1" });
    await gateway.add(apiDocument("http://h/a", { "/books": ["get"] }));
    const unknown = await gateway.send("/api/t/other");
    expect([unknown.status, unknown.text]).toEqual([
      404,
      '{"status":404,"message":"Error: Not found."}\n',
    ]);
    expect(unknown.headers["content-type"]).toBe("application/json; charset=utf-8");
    const verb = await gateway.send("/api/t/club/books", { method: "DELETE" });
    expect([verb.status, verb.json]).toEqual([
      404,
      { status: 404, message: "Error: Whoops. Verb not supported." },
    ]);
    expect((await gateway.send("/api/other/club/books")).json).toMatchObject({ status: 404 });
    expect((await gateway.send("/index.html")).headers["content-type"]).toContain("text/html");
    expect((await gateway.send("/api")).text).toBe(
      "You have hit the api gateway managed endpoints.\n",
    );
    expect((await gateway.send("/health")).text).toBe("Status: Gateway ready.\n");
  });

  test("a backend that cannot be reached is a 500 of the original's form", async () => {
    await using gateway = await startApiGateway({ backend: "http://127.0.0.1:1" });
    await gateway.add(apiDocument("http://h/a", { "/x": ["get"] }));
    const answer = await gateway.send("/api/t/club/x");
    expect([answer.status, answer.text]).toEqual([
      500,
      '{"code":502, "message":"Oops. Something went wrong. Check your URI and try again."}\n',
    ]);
    expect(answer.headers["x-apisix-upstream-status"]).toBeUndefined();
  });

  test("failures of the backend itself pass as they are", async () => {
    await using upstream = await startUpstream((_, response) => {
      response.writeHead(502, { "content-type": "text/plain" }).end("its own");
    });
    await using gateway = await startApiGateway();
    await gateway.add(apiDocument(`http://${upstream.address}/a`, { "/x": ["get"] }));
    const answer = await gateway.send("/api/t/club/x");
    expect([answer.status, answer.text]).toEqual([502, "its own"]);
    expect(answer.headers["x-apisix-upstream-status"]).toBeUndefined();
  });

  test("a body of 5 MiB passes, one byte more does not", async () => {
    await using upstream = await startUpstream();
    await using gateway = await startApiGateway();
    await gateway.add(apiDocument(`http://${upstream.address}/a`, { "/x": ["post"] }));
    const post = (bytes: number) =>
      gateway.send("/api/t/club/x", { method: "POST", body: "x".repeat(bytes) });
    expect((await post(5 * 1024 * 1024)).status).toBe(200);
    expect((await post(5 * 1024 * 1024 + 1)).status).toBe(413);
  });

  test("base path and path of one slash answer with and without it", async () => {
    await using upstream = await startUpstream();
    await using gateway = await startApiGateway();
    const root = { basePath: "/" };
    await gateway.add(apiDocument(`http://${upstream.address}/a`, { "/": ["get"] }, root));
    expect((await gateway.send("/api/t")).status).toBe(200);
    expect((await gateway.send("/api/t/")).status).toBe(200);
    expect(upstream.last().url).toBe("/a");
  });
});

describe("CORS", () => {
  const answering = async (cors: JsonObject | undefined) => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(200, {
        "Access-Control-Allow-Origin": "backend",
        "Access-Control-Max-Age": "5",
      });
      response.end();
    });
    const gateway = await startApiGateway();
    const step = { invoke: { "target-url": `http://${upstream.address}/a`, verb: "keep" } };
    await gateway.add(apiDocument("", { "/x": ["get"] }, configured([step], cors)));
    return { upstream, gateway };
  };
  const asked = { Origin: "https://a.b", "Access-Control-Request-Headers": "x-one, x-two" };

  test("on: the origin is reflected, preflights are answered", async () => {
    const { upstream, gateway } = await answering({ enabled: true });
    await using _one = upstream;
    await using _two = gateway;
    const answer = await gateway.send("/api/t/club/x", { headers: asked });
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": "https://a.b",
      "access-control-allow-methods": "GET, POST, PUT, DELETE, PATCH, HEAD, OPTIONS",
      "access-control-allow-credentials": "true",
    });
    expect((await gateway.send("/api/t/club/x")).headers["access-control-allow-origin"]).toBe("*");
    const before = upstream.received.length;
    const preflight = await gateway.send("/api/t/club/x", { method: "OPTIONS", headers: asked });
    expect([preflight.status, preflight.text]).toEqual([200, ""]);
    expect(preflight.headers["access-control-allow-headers"]).toBe("x-one, x-two");
    expect(upstream.received).toHaveLength(before);
    const lacking = await gateway.send("/api/t/club/x", { method: "PUT", headers: asked });
    expect([lacking.status, lacking.headers["access-control-allow-origin"]]).toEqual([
      404,
      "https://a.b",
    ]);
  });

  test("off: the backend's headers are taken away, preflights are none", async () => {
    const { upstream, gateway } = await answering({ enabled: false });
    await using _one = upstream;
    await using _two = gateway;
    const { headers } = await gateway.send("/api/t/club/x", { headers: asked });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect((await gateway.send("/api/t/club/x", { method: "OPTIONS" })).status).toBe(404);
  });

  test("not configured: the backend's headers pass", async () => {
    const { upstream, gateway } = await answering(undefined);
    await using _one = upstream;
    await using _two = gateway;
    const { headers } = await gateway.send("/api/t/club/x", { headers: asked });
    expect(headers["access-control-allow-origin"]).toBe("backend");
    expect((await gateway.send("/api/t/club/x", { method: "OPTIONS" })).status).toBe(404);
  });
});

describe("security and rate limit", () => {
  const key = { type: "apiKey", in: "header" };

  test("an API key must be one of a subscription", async () => {
    await using upstream = await startUpstream();
    await using gateway = await startApiGateway();
    const definitions = { securityDefinitions: { client_id: { ...key, name: "X-Api-Key" } } };
    const url = `http://${upstream.address}/a`;
    const id = await gateway.add(apiDocument(url, { "/x": ["get"] }, definitions));
    await gateway.manage("PUT", "subscriptions", { artifact_id: id, client_id: "mine" });
    const call = (headers: Record<string, string>) => gateway.send("/api/t/club/x", { headers });
    expect((await call({})).json).toEqual({ status: 401, message: "Error: Unauthorized" });
    expect((await call({ "X-Api-Key": "other" })).status).toBe(401);
    expect((await call({ "X-Api-Key": "mine" })).status).toBe(200);
    await gateway.manage("DELETE", `subscriptions/mine?artifact_id=${id}`);
    expect((await call({ "X-Api-Key": "mine" })).status).toBe(401);
  });

  test("id and secret", async () => {
    await using upstream = await startUpstream();
    await using gateway = await startApiGateway();
    const definitions = {
      securityDefinitions: {
        client_id: { ...key, name: "X-Id" },
        client_secret: { ...key, name: "X-Secret" },
      },
    };
    const url = `http://${upstream.address}/a`;
    const id = await gateway.add(apiDocument(url, { "/x": ["get"] }, definitions));
    const one = { artifact_id: id, client_id: "me", client_secret: "shh" };
    await gateway.manage("POST", "subscriptions", one);
    const call = async (headers: Record<string, string>) => {
      const { status, json } = await gateway.send("/api/t/club/x", { headers });
      return [status, (json as JsonObject | undefined)?.["message"]];
    };
    expect(await call({})).toEqual([401, "Error: X-Id required"]);
    expect(await call({ "X-Id": "me" })).toEqual([401, "Error: X-Secret required"]);
    expect(await call({ "X-Id": "me", "X-Secret": "no" })).toEqual([
      401,
      "Error: Secret mismatch or not subscribed to this api.",
    ]);
    expect(await call({ "X-Id": "you", "X-Secret": "shh" })).toMatchObject({ 0: 401 });
    expect(await call({ "X-Id": "me", "X-Secret": "shh" })).toEqual([200, undefined]);
  });

  test("the limit is a least time between calls, for each client its own", async () => {
    let time = 1_000_000;
    await using upstream = await startUpstream();
    await using gateway = await startApiGateway({ now: () => time });
    const more = {
      securityDefinitions: { client_id: { ...key, name: "X-Api-Key" } },
      "x-gateway-rate-limit": [{ unit: "minute", units: 3, rate: 100 }],
    };
    const url = `http://${upstream.address}/a`;
    const id = await gateway.add(apiDocument(url, { "/x": ["get"] }, more));
    for (const client of ["a", "b"]) {
      await gateway.manage("PUT", "subscriptions", { artifact_id: id, client_id: client });
    }
    const call = async (client: string) => {
      const headers = { "X-Api-Key": client };
      return (await gateway.send("/api/t/club/x", { headers })).status;
    };
    expect([await call("a"), await call("a"), await call("b")]).toEqual([200, 429, 200]);
    time += 1799;
    expect(await call("a")).toBe(429);
    time += 1;
    expect(await call("a")).toBe(200);
    const refused = await gateway.send("/api/t/club/x", { headers: { "X-Api-Key": "a" } });
    expect(refused.json).toEqual({ status: 429, message: "Error: Rate limit exceeded" });
  });
});
