import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/core/documents.ts";
import { ApiProblem, type Operation } from "../../../../src/gateway/api-gateway/api.ts";
import { formatBasePath, parseSwagger } from "../../../../src/gateway/api-gateway/swagger.ts";
import { fc } from "../../../helpers/property.ts";

const TARGET = "https://host/api/v1/web/guest/default/hello.json";

function document(changes: JsonObject = {}): JsonObject {
  const invoke = { "target-url": TARGET, verb: "keep" };
  const execute = [
    { "operation-switch": { case: [{ operations: ["a"], execute: [{ invoke }] }] } },
  ];
  return {
    swagger: "2.0",
    info: { title: "Club", version: "1.0.0" },
    basePath: "/club",
    paths: { "/books": { get: { operationId: "a" } } },
    "x-ibm-configuration": { assembly: { execute }, cors: { enabled: true } },
    ...changes,
  };
}

function configuration(execute: Json, more: JsonObject = {}): JsonObject {
  return document({ "x-ibm-configuration": { assembly: { execute }, ...more } });
}

function operation(source: JsonObject, path = "/books", verb = "GET"): Operation | undefined {
  return parseSwagger(source).resources.get(path)?.get(verb);
}

function refusal(source: Json): { status: number; message: string } | undefined {
  try {
    parseSwagger(source);
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    return { status: error.status, message: error.message };
  }
}

describe("backends", () => {
  test("an operation has the target of the case that names it", () => {
    expect(operation(document())).toEqual({
      backendUrl: TARGET,
      backendMethod: "GET",
      insertions: [],
    });
  });

  test("one invoke is the backend of all operations", () => {
    const source = configuration([{ invoke: { "target-url": "http://b/x", verb: "post" } }]);
    expect(operation(source)).toMatchObject({ backendUrl: "http://b/x", backendMethod: "POST" });
  });

  test("of two cases for an operation the last counts", () => {
    const one = (url: string): JsonObject => ({
      operations: ["a"],
      execute: [{ invoke: { "target-url": url, verb: "keep" } }],
    });
    const source = configuration([
      { "operation-switch": { case: [one("http://1"), one("http://2")] } },
    ]);
    expect(operation(source)?.backendUrl).toBe("http://2");
  });

  test("the gateway's own spelling of the configuration goes before the older one", () => {
    const source = document({
      "x-gateway-configuration": {
        assembly: { execute: [{ invoke: { "target-url": "http://new", verb: "keep" } }] },
      },
    });
    expect(operation(source)?.backendUrl).toBe("http://new");
    expect(parseSwagger(source).cors).toBeUndefined();
  });

  test("variables of the whole API come before those of an operation", () => {
    const set = (name: string, value: string): JsonObject => ({
      "set-variable": { actions: [{ set: name, value }] },
    });
    const invoke = { invoke: { "target-url": TARGET, verb: "keep" } };
    const cases = [{ operations: ["a"], execute: [invoke, set("message.headers.X-B", "2")] }];
    const source = configuration([
      set("message.query.a", "1"),
      { "operation-switch": { case: cases } },
    ]);
    expect(operation(source)?.insertions).toEqual([
      { location: "query", name: "a", value: "1" },
      { location: "header", name: "X-B", value: "2" },
    ]);
  });
});

describe("security", () => {
  const of = (definitions: JsonObject) =>
    parseSwagger(document({ securityDefinitions: definitions, security: [] })).security;

  test("an api key by its header, wherever it is said to be", () => {
    const key = { type: "apiKey", name: "X-Key", in: "query" };
    expect(of({ client_id: key })).toEqual([{ type: "apiKey", header: "X-Key" }]);
  });

  test("two definitions of any kind are id and secret", () => {
    const a = { type: "apiKey", name: "X-Id", in: "header" };
    expect(of({ client_id: a, client_secret: { ...a, name: "X-S" } })).toEqual([
      { type: "clientSecret", idHeader: "X-Id", secretHeader: "X-S" },
    ]);
    expect(of({ one: a, two: { type: "oauth2" } })).toEqual([
      { type: "clientSecret", idHeader: undefined, secretHeader: undefined },
    ]);
  });

  test("oauth2 by the name of its definition; other types are none", () => {
    expect(of({ google: { type: "oauth2" } })).toEqual([{ type: "oauth2", provider: "google" }]);
    expect(of({ login: { type: "basic" } })).toEqual([]);
  });
});

describe("rate limit and CORS", () => {
  test.each<[JsonObject, number]>([
    [{ unit: "minute", units: 3, rate: 100 }, 1800],
    [{ unit: "second", units: 1, rate: 3 }, 333],
    [{ unit: "hour", units: 1, rate: 1 }, 3_600_000],
    [{ unit: "day", units: 1, rate: 1 }, 86_400_000],
    [{ unit: "fortnight", units: 1, rate: 60 }, 1000],
    [{ unit: "constructor", units: 1, rate: 60 }, 1000],
    [{ units: "1", rate: "60" }, 1000],
    [{ unit: { toString: 1 }, units: 1, rate: 60 }, 1000],
  ])("%j is one call in %i ms", (limit, ms) => {
    expect(parseSwagger(document({ "x-gateway-rate-limit": [limit] })).spacingMs).toBe(ms);
    expect(parseSwagger(document({ "x-ibm-rate-limit": [limit, {}] })).spacingMs).toBe(ms);
  });

  test.each<[JsonObject, unknown]>([
    [{ enabled: true }, { origin: "true" }],
    [{ enabled: false }, { origin: "false" }],
    [{}, { origin: undefined }],
  ])("cors %j", (cors, expected) => {
    const step = { invoke: { "target-url": TARGET, verb: "keep" } };
    expect(parseSwagger(configuration([step], { cors })).cors).toEqual(expected);
  });
});

describe("refusals", () => {
  const without = (field: string): JsonObject => {
    const { [field]: _, ...rest } = document();
    return rest;
  };
  const withPaths = (paths: JsonObject): JsonObject => document({ paths });
  test.each<[string, Json]>([
    ["The request body must be a JSON object.", []],
    ["Missing field 'x-gateway-configuration' in request body.", without("x-ibm-configuration")],
    ["Missing field 'name' in request body.", without("info")],
    ["Missing field 'basePath' in request body.", without("basePath")],
    ["Missing field 'resources' in request body.", without("paths")],
    ["Missing field 'assembly.execute'.", document({ "x-ibm-configuration": { assembly: {} } })],
    ['basePath contains illegal character "\'".', document({ basePath: "/cl'ub" })],
    ["Empty resources object.", withPaths({})],
    ['resource path contains illegal character "\'".', withPaths({ "/b'": {} })],
    ["Resource path must begin with '/'.", withPaths({ books: {} })],
    [
      "Missing or empty field 'operations' or in resource path object.",
      withPaths({ "/books": {} }),
    ],
    ["Resource verb 'trace' not supported.", withPaths({ "/books": { trace: {} } })],
    ["Resource verb 'parameters' not supported.", withPaths({ "/books": { parameters: [] } })],
    [
      "Missing field 'backendMethod' for 'get' operation.",
      withPaths({ "/books": { get: { operationId: "unknown" } } }),
    ],
    [
      "Missing field 'backendUrl' for 'get' operation.",
      configuration([{ invoke: { verb: "keep" } }]),
    ],
    [
      "backendMethod 'fetch' not supported.",
      configuration([{ invoke: { "target-url": "http://x", verb: "fetch" } }]),
    ],
    [
      "The rate limit needs numbers for 'units' and 'rate'.",
      document({ "x-ibm-rate-limit": [{ unit: "minute", units: 1, rate: 0 }] }),
    ],
  ])("%s", (message, source) => {
    expect(refusal(source)).toEqual({ status: 400, message });
  });
});

test.each([
  ["/", "/"],
  ["/club", "/club"],
  ["club", "/club"],
  ["/club/", "/club"],
  ["", "/"],
])("base path %j is kept as %j", (given, expected) => {
  expect(formatBasePath(given)).toBe(expected);
});

test("an API of 2000 operations is read, one of 2001 is not", () => {
  const many = (count: number): JsonObject => {
    const paths = Array.from({ length: count }, (_, n) => [
      `/p${n}`,
      { get: { operationId: "a" } },
    ]);
    return document({ paths: Object.fromEntries(paths) });
  };
  expect(parseSwagger(many(2000)).resources.size).toBe(2000);
  const message = "An API has at most 2000 operations.";
  expect(refusal(many(2001))).toEqual({ status: 400, message });
});

test("any JSON is read or refused, never a failure", () => {
  const json = fc.jsonValue() as fc.Arbitrary<Json>;
  const assembly = fc.record({ execute: json }, { requiredKeys: [] }) as fc.Arbitrary<Json>;
  const loose = fc.record(
    {
      info: fc.oneof(json, fc.constant({ title: "x" })),
      basePath: fc.oneof(json, fc.string()),
      paths: fc.oneof(json, fc.dictionary(fc.string(), fc.dictionary(fc.string(), json))),
      securityDefinitions: json,
      "x-ibm-rate-limit": json,
      "x-ibm-configuration": fc.oneof(json, fc.record({ assembly, cors: json })),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(fc.oneof(json, loose), (source) => {
      const found = refusal(source);
      if (found !== undefined) expect(found.status).toBe(400);
    }),
    { numRuns: 2000 },
  );
});
