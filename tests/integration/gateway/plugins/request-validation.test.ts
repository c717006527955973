import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { sharedGateway } from "../../../helpers/shared-gateway.ts";

const { gateway, upstream } = await sharedGateway();

type Sent = { readonly body?: unknown; readonly headers?: Record<string, string | string[]> };

async function post(conf: JsonObject, { body, headers = {} }: Sent): Promise<[number, string]> {
  await gateway.put("/routes/1", {
    uri: "/*",
    plugins: { "request-validation": conf },
    upstream: upstream.upstream,
  });
  const answer = await gateway.send("/", { method: "POST", body, headers });
  return [answer.status, answer.text];
}

const BODY = {
  type: "object",
  required: ["name"],
  properties: { name: { type: "string", maxLength: 4 }, age: { type: "integer", default: 7 } },
};

describe("body", () => {
  test.each([
    [{ name: "Ada" }, 200, "hello"],
    [{ age: 3 }, 400, 'property "name" is required'],
    [
      { name: 5 },
      400,
      'property "name" validation failed: wrong type: expected string, got number',
    ],
    [
      { name: "Augusta" },
      400,
      'property "name" validation failed: string too long, expected at most 4, got 7',
    ],
    ["not JSON", 400, "Expected value but found invalid token at character 1"],
    ['"text"', 400, "wrong type: expected object, got string"],
  ])("%j: %i", async (body, status, text) => {
    expect(await post({ body_schema: BODY }, { body })).toEqual([status, text]);
  });

  test.each(["$secret://vault/1/name", "$env://PATH", "$ENV://PATH/x"])(
    "%s of a client stands for nothing",
    async (name) => {
      const [status] = await post({ body_schema: BODY }, { body: { name } });
      expect(status).toBe(400);
    },
  );

  test("the upstream gets what was checked, with defaults", async () => {
    await post({ body_schema: BODY }, { body: '{"name":"Bob","name":"Ada"}' });
    expect(JSON.parse(upstream.last().body)).toEqual({ name: "Ada", age: 7 });
    expect(upstream.last().headers["content-length"]).toBe(String(upstream.last().body.length));
  });

  test("forms are read as such, and go on as they came", async () => {
    const headers = { "Content-Type": "application/x-www-form-urlencoded; charset=utf-8" };
    const conf = { body_schema: BODY };
    expect(await post(conf, { body: "name=Ada&x=1&x=2", headers })).toEqual([200, "hello"]);
    expect(upstream.last().body).toBe("name=Ada&x=1&x=2");
    expect(await post(conf, { body: "nom=Ada", headers })).toEqual([
      400,
      'property "name" is required',
    ]);
  });

  test("two types are one too many", async () => {
    const headers = { "Content-Type": ["application/json", "text/plain"] };
    const [status] = await post({ body_schema: BODY }, { body: '{"name":"Ada"}', headers });
    expect(status).toBe(400);
  });

  test("a missing body, or one that is too long, is refused without a reason", async () => {
    const [none, page] = await post({ body_schema: BODY }, {});
    expect([none, page.includes("400 Bad Request")]).toEqual([400, true]);
    const limited = { body_schema: { type: "object" }, max_req_body_size: 20 };
    expect((await post(limited, { body: `{"a":"${"x".repeat(12)}"}` }))[0]).toBe(200);
    expect((await post(limited, { body: `{"a":"${"x".repeat(13)}"}` }))[0]).toBe(400);
  });

  test("also one that comes in pieces, whose length nobody has told", async () => {
    const limited = { body_schema: { type: "object" }, max_req_body_size: 20 };
    await post(limited, { body: "{}" });
    const send = async (piece: string): Promise<number> => {
      const body = new Blob(["{", piece, "}"]).stream();
      const init = { method: "POST", body, duplex: "half" } as RequestInit;
      return (await fetch(gateway.url, init)).status;
    };
    expect(await send('"a":1')).toBe(200);
    expect(await send(`"a":"${"x".repeat(1000)}"`)).toBe(400);
  });

  test("code and message are configured", async () => {
    const conf = { body_schema: BODY, rejected_code: 422, rejected_msg: "no" };
    expect(await post(conf, { body: {} })).toEqual([422, "no"]);
    expect(await post(conf, {})).toEqual([422, "no"]);
  });
});

describe("headers", () => {
  const conf = {
    header_schema: {
      type: "object",
      required: ["X-Test"],
      properties: { "X-Test": { type: "string", pattern: "^a+$" } },
    },
  };

  test.each([
    [{ "x-test": "aaa" }, 200, "hello"],
    [{}, 400, 'property "X-Test" is required'],
    [
      { "X-Test": "b" },
      400,
      'property "X-Test" validation failed: failed to match pattern "^a+$" with "b"',
    ],
    [
      { "X-Test": ["a", "a"] },
      400,
      'property "X-Test" validation failed: wrong type: expected string, got table',
    ],
  ])("%j: %i", async (headers, status, text) => {
    expect(await post(conf, { headers })).toEqual([status, text]);
  });
});
