import { beforeEach, describe, expect, test } from "vitest";
import {
  type ActivationHandlers,
  createActivationHandlers,
} from "../../../src/controller/api/activations.ts";
import type { ActivationDocument } from "../../../src/core/documents.ts";
import { call } from "../../helpers/api-request.ts";
import { activationRow, createMemoryStore, type MemoryStore } from "../../helpers/memory-store.ts";

const id = (number: number): string => number.toString(16).padStart(32, "0");
const document = (number: number): ActivationDocument => ({
  activationId: id(number),
  namespace: "guest",
  name: "hello",
  subject: "guest",
  version: "0.0.1",
  publish: false,
  start: 1000 + number,
  end: 1045 + number,
  duration: 45,
  response: { statusCode: 0, result: { n: number }, size: 7 },
  logs: [`line ${number}`],
  annotations: [{ key: "path", value: "guest/hello" }],
});
const summary = (number: number) => {
  const { subject: _, response, logs: __, ...others } = document(number);
  return { ...others, statusCode: response.statusCode };
};
const response = (number: number) => ({
  status: "success",
  success: true,
  size: 7,
  result: { n: number },
});
const record = (number: number) => ({ ...document(number), response: response(number) });

let store: MemoryStore;
let activations: ActivationHandlers;

beforeEach(() => {
  store = createMemoryStore();
  activations = createActivationHandlers(store);
  for (let number = 0; number < 35; number += 1) {
    const filterName = number === 7 ? "pkg/hello" : "hello";
    store.activations.put(activationRow(document(number), filterName));
  }
});

const list = (query: string) => call(activations.list, { query });

describe("lists", () => {
  test("give 30 summaries, newest first", async () => {
    const { status, body } = await list("");
    expect(status).toBe(200);
    expect(body).toEqual(Array.from({ length: 30 }, (_, index) => summary(34 - index)));
  });

  test("give whole records with docs", async () => {
    expect(await list("docs=true&limit=1&skip=1")).toEqual({ status: 200, body: [record(33)] });
  });

  test.each([
    ["since=1033", [34, 33]],
    ["upto=1001", [1, 0]],
    ["since=1005&upto=1006", [6, 5]],
    ["name=pkg/hello", [7]],
    ["name=other", []],
    ["name=&since=1034", [34]],
  ])("choose by %s", async (query, numbers) => {
    expect((await list(query)).body).toEqual(numbers.map(summary));
  });

  test.each([
    ["count=true", 35],
    ["count=true&skip=30&limit=1", 5],
    ["count=true&skip=40", 0],
    ["count=true&name=pkg/hello&since=0", 1],
  ])("count: %s", async (query, total) => {
    expect(await list(query)).toEqual({ status: 200, body: { activations: total } });
  });

  test.each([
    ["count=true&docs=true", "The parameter 'docs' is not permitted with 'count'."],
    [
      "limit=201",
      "The query parameter 'limit' was malformed:\nThe value '201' is not in the range of 0 to 200 for activations.",
    ],
    [
      "name=a/b/c",
      "The query parameter 'name' was malformed:\nParameter may be a 'simple' name or 'package-name/simple' name: a/b/c",
    ],
    [
      "upto=now",
      "The query parameter 'upto' was malformed:\nParameter is not a valid value for epoch seconds: now",
    ],
  ])("refuse %s", async (query, text) => {
    expect(await list(query)).toEqual({ status: 400, body: text });
  });
});

describe("one activation", () => {
  test.each([
    ["the record", [id(3)], record(3)],
    ["the record, with a slash behind", [id(3), ""], record(3)],
    ["the result", [id(3), "result"], response(3)],
    ["the logs", [id(3), "logs"], { logs: ["line 3"] }],
  ])("gives %s", async (_what, rest, body) => {
    expect(await call(activations.get, { rest })).toEqual({ status: 200, body });
  });

  test.each([
    ["an id too short", ["abc"], 400, "Activation id length is 3 but must be 32."],
    [
      "an id too short, below it",
      ["abc", "logs"],
      400,
      "Activation id length is 3 but must be 32.",
    ],
    ["upper case", [id(10).toUpperCase()], 400, "The activation id is not valid."],
    ["an unknown id", [id(99)], 404, "The requested resource does not exist."],
    ["an unknown part", [id(3), "log"], 404, "The requested resource could not be found."],
    ["a deeper path", [id(3), "logs", ""], 404, "The requested resource could not be found."],
  ])("refuses %s", async (_what, rest, status, body) => {
    expect(await call(activations.get, { rest })).toEqual({ status, body });
  });

  test("of a record that cannot be read", async () => {
    store.activations.put({ ...activationRow(document(50)), document: "{" });
    expect(await call(activations.get, { rest: [id(50)] })).toEqual({
      status: 500,
      body: "Resource is corrupted and cannot be read.",
    });
  });
});
