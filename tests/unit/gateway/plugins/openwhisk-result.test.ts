import { expect, test } from "vitest";
import { exitHead } from "../../../../src/gateway/answer.ts";
import { exitOf } from "../../../../src/gateway/plugins/lib/openwhisk-result.ts";

const cases: readonly (readonly [string, string, object])[] = [
  ["an object is passed on as it came", '{ "a": 1 }', { status: 201, body: '{ "a": 1 }' }],
  ["an array too", '["body"]', { status: 201, body: '["body"]' }],
  ["a text too", '"statusCode"', { status: 201, body: '"statusCode"' }],
  ["null too", "null", { status: 201, body: "null" }],
  ["a number too", "17", { status: 201, body: "17" }],
  ["status", '{"statusCode":407}', { status: 407, headers: {}, body: '{"statusCode":407}' }],
  ["a member by its escape", '{"b\\u006fdy":"x"}', { status: 201, headers: {}, body: "x" }],
  [
    "an object as body",
    '{"body":{"test":"body"}}',
    { status: 201, headers: {}, body: { test: "body" } },
  ],
  ["a number as body", '{"body":0}', { status: 201, headers: {}, body: "0" }],
  ["null as body", '{"body":null}', { status: 201, headers: {}, body: "null" }],
  ["false as body is none", '{"body":false}', { status: 201, headers: {}, body: '{"body":false}' }],
  [
    "headers, once or several times",
    '{"headers":{"a":"b","c":["d",1],"e":true},"body":""}',
    { status: 201, headers: { a: "b", c: ["d", "1"], e: "true" }, body: "" },
  ],
  [
    "headers without text",
    '{"headers":{"d":{}},"body":"x"}',
    { status: 201, headers: {}, body: "x" },
  ],
  ["headers that are none", '{"headers":7,"body":"x"}', { status: 201, headers: {}, body: "x" }],
  ["a status as text", '{"statusCode":"403"}', { status: 500 }],
  ["a status that is none", '{"statusCode":1000}', { status: 500 }],
  ["an interim status", '{"statusCode":101}', { status: 500 }],
  ["false", "false", { problem: "the result is false" }],
];

test.for(cases)("%s", ([, text, exit]) => {
  expect(exitOf(201, text)).toEqual(exit);
});

test("headers that would break the answer are left out", () => {
  const fields = { "a b": "c", "Content-Length": "7", "transfer-encoding": "chunked", e: "f" };
  const exit = exitOf(200, JSON.stringify({ headers: fields, body: "x" }));
  if ("problem" in exit) throw new Error(exit.problem);
  const { headers } = exitHead(exit);
  expect(headers.toObject()).toEqual({
    e: "f",
    "content-type": "text/plain; charset=utf-8",
    "content-length": "1",
  });
});

test("what is no JSON is a problem, nothing too", () => {
  expect(exitOf(200, "<html>")).toHaveProperty("problem");
  expect(exitOf(204, "")).toHaveProperty("problem");
});
