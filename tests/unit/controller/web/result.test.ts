import { describe, expect, test } from "vitest";
import { isAllowed, webAnnotations } from "../../../../src/controller/web/annotations.ts";
import { decodeBase64, looksLikeBase64 } from "../../../../src/controller/web/base64.ts";
import { webAnswer } from "../../../../src/controller/web/result.ts";
import { streamHead } from "../../../../src/controller/web/stream.ts";
import type { Extension } from "../../../../src/controller/web/url.ts";

type Status = 0 | 1 | 2 | 3;
/** [status, body or text of the failure, content type] */
const answered = (extension: Extension, result: string, statusCode: Status = 0) => {
  const answer = webAnswer(extension, { statusCode, result });
  return answer.type === "failure"
    ? [answer.status, answer.text]
    : [answer.status, answer.body.toString(), answer.contentType];
};
const MISMATCH = "Response type in header did not match generated content type.";

describe("the answer to a result", () => {
  test.for<[Extension, string, Status, unknown[]]>([
    [
      "json",
      '{"n":12345678901234567890,"f":1.0}',
      0,
      [200, '{\n  "n": 12345678901234567890,\n  "f": 1.0\n}', "application/json"],
    ],
    ["http", '{"body":{"n":1.0}}', 0, [200, '{\n  "n": 1.0\n}', "application/json"]],
    [
      "text",
      '{"text":12345678901234567890}',
      0,
      [200, "12345678901234567890", "text/plain; charset=UTF-8"],
    ],
    ["json", "[1]", 0, [500, "There was an internal server error."]],
    ["json", '{"error":"x"}', 1, [400, "Response is not valid 'application/json'."]],
    ["json", '{"no":1}', 1, [404, "Response does not include requested property."]],
    ["text", '{"error":"x"}', 1, [200, "x", "text/plain; charset=UTF-8"]],
    ["http", '{"error":[1]}', 1, [400, "Response is not valid 'message/http'."]],
    ["json", "{}", 2, [400, "There was an error processing your request."]],
    ["json", "{}", 3, [400, "There was an error processing your request."]],
    ["http", '{"body":"eA=","headers":{"content-type":"image/png"}}', 0, [400, MISMATCH]],
    ["http", '{"statusCode":304,"body":"x"}', 0, [500, "There was an internal server error."]],
    ["http", '{"statusCode":304}', 0, [304, "", undefined]],
    ["http", '{"statusCode":100}', 0, [400, "Response is not valid 'message/http'."]],
    ["http", '{"statusCode":"+200","body":"x"}', 0, [200, "x", "text/html; charset=UTF-8"]],
    [
      "http",
      '{"headers":{"a b":"x"},"body":"x"}',
      0,
      [400, "Response is not valid 'message/http'."],
    ],
    [
      "http",
      '{"headers":{"a":"x\\ny"},"body":"x"}',
      0,
      [400, "Response is not valid 'message/http'."],
    ],
    [
      "http",
      '{"body":"test","headers":{"content-type":"application/json"}}',
      0,
      [200, Buffer.from("test", "base64").toString(), "application/json"],
    ],
  ])("%s of %s with status %i", ([extension, result, status, expected]) => {
    expect(answered(extension, result, status)).toEqual(expected);
  });

  test("headers that belong to the connection are dropped", () => {
    const headers = { Trailer: "X-A", Connection: "close", "Content-Length": 3, Date: "x", a: 1 };
    const result = JSON.stringify({ headers, body: "text" });
    expect(webAnswer("http", { statusCode: 0, result })).toMatchObject({ headers: [["a", "1"]] });
  });

  test("other than ASCII in a header goes as UTF-8", () => {
    const answer = webAnswer("http", { statusCode: 0, result: '{"headers":{"a":"ä"}}' });
    expect(answer).toMatchObject({ headers: [["a", "Ã¤"]] });
  });
});

test.for<[string, string | undefined]>([
  ["", ""],
  ["eA==", "x"],
  ["eA", "x"],
  ["eHk", "xy"],
  ["e", undefined],
  ["eA=", undefined],
  ["eHkx=", undefined],
  ["e A=", undefined],
  ["e-_=", undefined],
])("base64 %j", ([text, expected]) => expect(decodeBase64(text)?.toString()).toBe(expected));

test.for<[string, boolean]>([
  ["", false],
  ["  ", false],
  ["true", true],
  [" true ", true],
  ["eA==", true],
  ["eA=", false],
  ["e===", false],
  ["{}xx", false],
])("%j looks like base64: %s", ([text, expected]) => expect(looksLikeBase64(text)).toBe(expected));

test.for<[string, string | undefined, boolean, boolean]>([
  ["true", undefined, false, false],
  ["true", undefined, true, true],
  ["false", undefined, false, true],
  ['"s"', "s", false, true],
  ['"s"', "S", true, false],
  ["7", "7", false, true],
  ["7", undefined, true, false],
  ["null", undefined, true, false],
  ["[]", "", true, false],
])("require-whisk-auth %s with %s", ([value, secret, hasUser, expected]) => {
  expect(isAllowed(JSON.parse(value), secret, hasUser)).toBe(expected);
});

test("only booleans count as annotations", () => {
  const annotations = [
    { key: "web-export", value: "true" },
    { key: "raw-http", value: 1 },
    { key: "web-custom-options", value: true },
  ];
  expect(webAnnotations(annotations)).toEqual({
    isExported: false,
    isRaw: false,
    hasCustomOptions: true,
    isStream: false,
    requireAuth: undefined,
  });
});

test.for<[Extension, string, unknown]>([
  ["http", "{}", { status: 200, contentType: "text/html; charset=UTF-8" }],
  [
    "http",
    '{"statusCode":201,"headers":{"content-type":"text/event-stream","x":"y"}}',
    { status: 201, headers: [["x", "y"]], contentType: "text/event-stream" },
  ],
  ["http", '{"headers":{"content-type":"image/png"}}', { contentType: "image/png" }],
  ["http", '{"statusCode":204}', { type: "failure", status: 400 }],
  ["http", '{"headers":{"content-type":"x"}}', { type: "failure", status: 400 }],
  ["text", '{"statusCode":500}', { status: 200, contentType: "text/plain; charset=UTF-8" }],
])("the head of a stream: %s %s", ([extension, text, expected]) => {
  expect(streamHead(extension, text)).toMatchObject(expected as object);
});
