import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/core/documents.ts";
import { startGateway, type TestGateway } from "../../../helpers/gateway.ts";
import type { Answer } from "../../../helpers/http.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(() => gateway[Symbol.asyncDispose]());

async function ask(conf: JsonObject): Promise<Answer> {
  await gateway.put("/routes/1", { uri: "/*", plugins: { mocking: conf } });
  return gateway.send("/m?name=Ada");
}

test("an example, which is a template", async () => {
  const answer = await ask({
    response_example: '{"hello":"$arg_name"}',
    response_status: 201,
    response_headers: { "X-A": "$uri", "X-N": 1 },
  });
  expect([answer.status, answer.json]).toEqual([201, { hello: "Ada" }]);
  expect(answer.headers).toMatchObject({
    "content-type": "application/json;charset=utf8",
    "x-mock-by": "APISIX/3.18.0",
    "x-a": "/m",
    "x-n": "1",
  });
});

test("without the header that says so", async () => {
  const answer = await ask({ response_example: "x", with_mock_header: false });
  expect(answer.headers["x-mock-by"]).toBeUndefined();
});

const SCHEMA: JsonObject = {
  properties: {
    text: { type: "string", example: "Ada" },
    number: { type: "number", example: 1.5 },
    integer: { type: "integer", example: 3.9 },
    flag: { type: "boolean", example: true },
    list: { type: "array", items: { type: "string", example: "x" } },
    inner: { type: "object", properties: { deep: { type: "string", example: "<&>" } } },
    unknown: { type: "date" },
  },
};

test("examples of a schema", async () => {
  const { json } = await ask({ response_schema: SCHEMA });
  const { list, ...rest } = json as { list: string[] };
  expect(rest).toEqual({
    text: "Ada",
    number: 1.5,
    integer: 3,
    flag: true,
    inner: { deep: "<&>" },
  });
  expect(list.length).toBeGreaterThan(0);
  expect(new Set(list)).toEqual(new Set(["x"]));
});

test("random data of a schema", async () => {
  const property = (type: string) => ({ type });
  const { json } = await ask({
    response_schema: {
      properties: { s: property("string"), n: property("number"), i: property("integer") },
    },
  });
  const { s, n, i } = json as { s: string; n: number; i: number };
  expect(s).toMatch(/^[a-z]{1,10}$/);
  expect(n).toBeGreaterThanOrEqual(0);
  expect(Number.isInteger(i)).toBe(true);
});

test("a page of HTML is only given, never made up", async () => {
  const conf = { content_type: "text/html", response_schema: SCHEMA };
  expect((await ask(conf)).text).toBe("");
  expect((await ask({ ...conf, response_example: "<p>hi</p>" })).text).toBe("<p>hi</p>");
});

test("as XML", async () => {
  const { text } = await ask({
    content_type: "text/xml",
    response_schema: {
      properties: {
        name: { type: "string", example: "a<b" },
        inner: { type: "object", properties: { n: { type: "integer", example: 2 } } },
      },
    },
  });
  expect(text).toBe("<data>\n  <name>a&lt;b</name>\n  <inner>\n    <n>2</n>\n  </inner>\n</data>");
});

test("a delay in seconds", async () => {
  const begun = performance.now();
  await ask({ response_example: "x", delay: 1 });
  expect(performance.now() - begun).toBeGreaterThan(990);
});
