import { describe, expect, test } from "vitest";
import { readJson, readObject } from "../../../src/controller/api/json-body.ts";
import { malformed, thrown } from "../../helpers/thrown.ts";

const json = { "content-type": "application/json" };
const none = Buffer.alloc(0);

test("JSON is read, whatever the parameters and the case of its type", () => {
  for (const type of ["application/json", "Application/JSON; charset=iso-8859-1"]) {
    expect(readJson({ "content-type": type }, Buffer.from('["é"]'))).toEqual(["é"]);
  }
});

test("an empty body is an empty object where one may be left out", () => {
  expect(readObject({}, none)).toEqual({});
  expect(readObject(json, none)).toEqual({});
  const eof =
    "Unexpected end-of-input at input index 0 (line 1, position 1), expected JSON Value:\n\n^\n";
  expect(thrown(() => readJson({}, none))).toEqual(malformed(eof));
});

test("an array is no object", () => {
  expect(thrown(() => readObject(json, Buffer.from("[]")))).toEqual(
    malformed("JSON object expected"),
  );
});

describe("other types are refused", () => {
  test.each([
    ["text/plain", "x", "text/plain"],
    ["Text/Plain;charset=utf-8", "", "text/plain; charset=UTF-8"],
    ["multipart/form-data; boundary=aB", "x", "multipart/form-data; boundary=aB"],
    [undefined, "{}", "application/octet-stream"],
  ])("%s with %j", (type, body, shown) => {
    const headers = type === undefined ? {} : { "content-type": type };
    expect(thrown(() => readObject(headers, Buffer.from(body)))).toEqual({
      code: "CONTENT_TYPE",
      text: `The request's Content-Type [${shown}] is not supported. Expected:\napplication/json`,
    });
  });
});
