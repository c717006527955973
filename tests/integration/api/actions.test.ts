import { beforeEach, describe, expect, test } from "vitest";
import { type ActionHandlers, createActionHandlers } from "../../../src/controller/api/actions.ts";
import type { ActionDocument } from "../../../src/core/documents.ts";
import { createKindTable, defaultManifest, type KindTable } from "../../../src/core/kinds.ts";
import { parseManifest } from "../../../src/core/runtimes-manifest.ts";
import { call } from "../../helpers/api-request.ts";
import { ORIGINAL_LIMITS } from "../../helpers/limits.ts";
import { createMemoryStore, type MemoryStore } from "../../helpers/memory-store.ts";

const present = ["nodejs:20", "nodejs:26", "python:3.11"];
const kinds = createKindTable({
  manifest: defaultManifest(present),
  present,
  historical: true,
});
const code = "function main() { return {}; }";
const exec = { kind: "nodejs:20", code };
const MALFORMED = "The request content was malformed:\n";

let store: MemoryStore;
let now: number;
let actions: ActionHandlers;

function handlers(table: KindTable): ActionHandlers {
  return createActionHandlers({ ...store, kinds: table, limits: ORIGINAL_LIMITS, now: () => now });
}

beforeEach(() => {
  store = createMemoryStore();
  now = 1_700_000_000_000;
  actions = handlers(kinds);
});

const create = (rest: string[], body: unknown, query = "") =>
  call(actions.put, { method: "PUT", rest, body, query });

describe("PUT creates", () => {
  test("with the original's defaults, and answers 200 with the code", async () => {
    expect(await create(["hello"], { exec })).toEqual({
      status: 200,
      body: {
        namespace: "guest",
        name: "hello",
        version: "0.0.1",
        publish: false,
        updated: now,
        exec: { kind: "nodejs:20", code, binary: false },
        parameters: [],
        annotations: [
          { key: "provide-api-key", value: false },
          { key: "exec", value: "nodejs:20" },
        ],
        limits: { timeout: 60000, memory: 256, logs: 10, concurrency: 1 },
      },
    });
  });

  test("what GET then gives, with and without the code", async () => {
    const created = await create(["hello"], {
      exec: { kind: "nodejs:default", code, main: "run" },
      parameters: [{ key: "a", value: { b: null } }],
      limits: { timeout: 1000 },
      version: "1.2",
      publish: true,
    });
    expect(await call(actions.get, { rest: ["hello"] })).toEqual(created);
    const { body } = await call(actions.get, { rest: ["hello"], query: "code=false" });
    expect(body).toMatchObject({
      version: "1.2.0",
      publish: true,
      exec: { kind: "nodejs:20", binary: false, main: "run" },
      limits: { timeout: 1000, memory: 256, logs: 10, concurrency: 1 },
    });
    expect(body).not.toHaveProperty("exec.code");
  });

  test("base64 code as binary, and gives it back as it came", async () => {
    const zip = Buffer.from([80, 75, 3, 4, 255]).toString("base64");
    await create(["zip"], { exec: { kind: "nodejs:20", code: zip, binary: false } });
    const { body } = await call(actions.get, { rest: ["zip"] });
    expect(body).toMatchObject({ exec: { code: zip, binary: true } });
  });

  test("a kind of old times, and says on what it runs", async () => {
    const { body } = await create(["old"], { exec: { kind: "nodejs:14", code } });
    expect(body).toMatchObject({ exec: { kind: "nodejs:14" } });
    expect((body as ActionDocument).annotations).toContainEqual({
      key: "exec-runtime",
      value: "nodejs:20",
    });
  });

  test("keeps a provide-api-key that the user gives", async () => {
    const annotations = [{ key: "provide-api-key", value: true }];
    const { body } = await create(["key"], { exec, annotations });
    expect((body as ActionDocument).annotations).toEqual([
      ...annotations,
      { key: "exec", value: "nodejs:20" },
    ]);
  });

  test("a missing action also with overwrite", async () => {
    expect(await create(["new"], { exec }, "overwrite=true")).toMatchObject({ status: 200 });
  });
});

describe("PUT refuses", () => {
  const big = "x".repeat(1024 * 1024);
  test.each<[string, string[], unknown, string, number, string]>([
    ["no exec", ["a"], {}, "", 400, "exec undefined"],
    ["no exec with overwrite", ["a"], {}, "overwrite=true", 400, "exec undefined"],
    [
      "an empty body",
      ["a"],
      undefined,
      "",
      400,
      `${MALFORMED}Unexpected end-of-input at input index 0 (line 1, position 1), expected JSON Value:\n\n^\n`,
    ],
    ["an array", ["a"], [], "", 400, `${MALFORMED}Object expected in field 'exec'`],
    [
      "a bad boolean",
      ["a"],
      { exec },
      "overwrite=x",
      400,
      "The query parameter 'overwrite' was malformed:\n'x' is not a valid Boolean value",
    ],
    [
      "large parameters",
      ["a"],
      { exec, parameters: [{ key: "k", value: big }] },
      "",
      413,
      "parameters larger than allowed: 1048579 > 1048576 bytes.",
    ],
    [
      "large annotations before bad limits",
      ["a"],
      { exec, annotations: [{ key: "k", value: big }], limits: 1 },
      "",
      413,
      "annotations larger than allowed: 1048579 > 1048576 bytes.",
    ],
    [
      "limits out of bounds",
      ["a"],
      { exec, limits: { timeout: 600000 } },
      "",
      400,
      "requirement failed: duration 600000 milliseconds exceeds allowed threshold of 300000 milliseconds",
    ],
    [
      "too many instances",
      ["a"],
      { exec, limits: { instances: 31 } },
      "",
      400,
      "Max action instance concurrency must not exceed your namespace concurrency of 30.",
    ],
    [
      "sequences",
      ["a"],
      { exec: { kind: "sequence", components: ["/_/b"] } },
      "",
      400,
      "Sequence component does not exist.",
    ],
    [
      "black boxes",
      ["a"],
      { exec: { kind: "blackbox", image: "x/y" } },
      "",
      400,
      "Actions of kind 'blackbox' are not available in this version.",
    ],
    ["a package", ["p", "a"], { exec }, "", 404, "The requested resource does not exist."],
  ])("%s", async (_what, rest, body, query, status, text) => {
    expect(await create(rest, body, query)).toEqual({ status, body: text });
    expect(await call(actions.list)).toEqual({ status: 200, body: [] });
  });

  test("code over its limit", async () => {
    const limits = { ...ORIGINAL_LIMITS, codeBytesMax: 10 };
    const small = createActionHandlers({ ...store, kinds, limits, now: () => now });
    const put = (text: string) =>
      call(small.put, {
        rest: ["a"],
        body: { exec: { kind: "nodejs:20", code: text, main: "m" }, limits: "x" },
      });
    expect(await put("é".repeat(5))).toEqual({
      status: 413,
      body: "exec larger than allowed: 11 > 10 bytes.",
    });
    // Exactly at the limit: the next check speaks.
    expect(await put("x".repeat(9))).toMatchObject({ status: 400 });
  });

  test("an action that exists", async () => {
    await create(["a"], { exec });
    expect(await create(["a"], {})).toEqual({ status: 409, body: "resource already exists" });
  });

  test("kinds that the namespace may not use", async () => {
    const limits = { allowedKinds: ["python:3.10"] };
    expect(await call(actions.put, { rest: ["a"], body: { exec }, limits })).toEqual({
      status: 403,
      body: "The supplied authentication is not authorized to access actions of kind 'nodejs:20'.",
    });
  });

  test.each([
    ["text/plain;charset=utf-8", "text/plain; charset=UTF-8"],
    [undefined, "application/octet-stream"],
  ])("a body of type %s", async (type, shown) => {
    const headers = type === undefined ? {} : { "content-type": type };
    expect(await call(actions.put, { rest: ["a"], body: { exec }, headers })).toEqual({
      status: 415,
      body: `The request's Content-Type [${shown}] is not supported. Expected:\napplication/json`,
    });
  });

  test("an inner name below an action: it is no package", async () => {
    await create(["a"], { exec });
    expect(await create(["a", "b"], { exec })).toEqual({
      status: 409,
      body: "Resource by this name exists but is not in this collection.",
    });
  });
});

describe("PUT updates", () => {
  const first = {
    exec,
    parameters: [
      { key: "a", value: 1 },
      { key: "b", value: 2 },
    ],
    annotations: [
      { key: "x", value: 1 },
      { key: "y", value: 2 },
    ],
    limits: { memory: 128 },
  };

  async function updated(change: unknown): Promise<ActionDocument> {
    await create(["a"], first);
    now += 1000;
    const { body } = await create(["a"], change, "overwrite=true");
    expect(await call(actions.get, { rest: ["a"] })).toEqual({ status: 200, body });
    return body as ActionDocument;
  }

  test("nothing but version and time for an empty body", async () => {
    const action = await updated({});
    expect(action).toMatchObject({ exec, version: "0.0.2", updated: now, limits: { memory: 128 } });
    expect(action.parameters).toEqual(first.parameters);
    expect(action.annotations.map(({ key }) => key)).toEqual(["x", "y", "provide-api-key", "exec"]);
  });

  test("parameters as a whole, limits one by one", async () => {
    const action = await updated({ parameters: [{ key: "c", value: 3 }], limits: { logs: 0 } });
    expect(action.parameters).toEqual([{ key: "c", value: 3 }]);
    expect(action.limits).toEqual({ timeout: 60000, memory: 128, logs: 0, concurrency: 1 });
  });

  test("annotations per key, after delAnnotations", async () => {
    const action = await updated({
      annotations: [
        { key: "z", value: 3 },
        { key: "exec", value: "mine" },
      ],
      delAnnotations: ["x", "provide-api-key", "none"],
    });
    expect(action.annotations).toEqual([
      { key: "y", value: 2 },
      { key: "exec", value: "nodejs:20" },
      { key: "z", value: 3 },
    ]);
  });

  test("exec as a whole, and the runtime annotation with it", async () => {
    const action = await updated({ exec: { kind: "python:2", code: "x = 1", main: "m" } });
    expect(action.exec).toEqual({ kind: "python:2", code: "x = 1", binary: false, main: "m" });
    expect(action.annotations).toContainEqual({ key: "exec-runtime", value: "python:3.11" });
    const { body } = await create(["a"], { exec, version: "3" }, "overwrite=yes");
    expect(body).toMatchObject({ version: "3.0.0", exec: { kind: "nodejs:20" } });
    const keys = (body as ActionDocument).annotations.map((annotation) => annotation.key);
    expect(keys).not.toContain("exec-runtime");
  });

  test("refuses when somebody else was faster", async () => {
    await create(["a"], first);
    const entities = { ...store.entities };
    const get = entities.get;
    entities.get = async (id) => {
      const stored = await get(id);
      if (stored !== undefined) await store.entities.put(id, stored.document, stored.revision);
      return stored;
    };
    const late = createActionHandlers({
      ...store,
      entities,
      kinds,
      limits: ORIGINAL_LIMITS,
      now: () => now,
    });
    expect(await call(late.put, { rest: ["a"], body: {}, query: "overwrite=1" })).toEqual({
      status: 409,
      body: "Concurrent modification to resource detected.",
    });
  });

  test("still works when the code is lost", async () => {
    await create(["a"], first);
    store.loseCode();
    expect(await call(actions.get, { rest: ["a"] })).toEqual({
      status: 500,
      body: "Resource is corrupted and cannot be read.",
    });
    const withoutCode = { status: 200, body: { exec: { kind: "nodejs:20", binary: false } } };
    const kept = await create(["a"], { publish: true }, "overwrite=1");
    expect(kept).toMatchObject(withoutCode);
    expect(kept).not.toHaveProperty("body.exec.code");
    expect(await call(actions.remove, { rest: ["a"] })).toEqual(kept);
  });
});

test("a deprecated kind may be read and deleted, not written", async () => {
  await create(["a"], { exec });
  const manifest = (deprecated: boolean) =>
    parseManifest({
      runtimes: {
        nodejs: [
          { kind: "nodejs:20", deprecated },
          { kind: "nodejs:26", default: true },
        ],
      },
    });
  actions = handlers(createKindTable({ manifest: manifest(true), present, historical: false }));
  const refusal = {
    status: 400,
    body: "The 'nodejs:20' runtime is no longer supported. You may read and delete but not update or invoke this action.",
  };
  expect(await create(["b"], { exec })).toEqual(refusal);
  expect(await create(["a"], {}, "overwrite=true")).toEqual(refusal);
  expect(await create(["a"], { exec }, "overwrite=true")).toEqual(refusal);
  const live = { exec: { ...exec, kind: "nodejs:default" } };
  expect(await call(actions.get, { rest: ["a"] })).toMatchObject({ status: 200 });
  expect(await create(["a"], live, "overwrite=true")).toMatchObject({
    status: 200,
    body: { exec: { kind: "nodejs:26" } },
  });
  expect(await call(actions.remove, { rest: ["a"] })).toMatchObject({ status: 200 });
});

describe("GET and DELETE", () => {
  const missing = { status: 404, body: "The requested resource does not exist." };

  test("delete gives the action that is gone", async () => {
    const created = await create(["a"], { exec });
    expect(await call(actions.remove, { rest: ["a"] })).toEqual(created);
    expect(await call(actions.get, { rest: ["a"] })).toEqual(missing);
    expect(await call(actions.remove, { rest: ["a"] })).toEqual(missing);
  });

  test.each([[["p", "a"]], [["p", ""]]])("nothing below a package: %j", async (rest) => {
    expect(await call(actions.get, { rest })).toEqual(missing);
  });
});

describe("lists", () => {
  beforeEach(async () => {
    for (let index = 0; index < 35; index += 1) {
      now += 1;
      await create([`a${index}`], { exec });
    }
  });

  const names = async (query: string): Promise<string[]> => {
    const { body } = await call(actions.list, { query });
    return (body as ActionDocument[]).map((action) => action.name);
  };

  test("newest first, 30 at a time, abridged", async () => {
    const { body } = await call(actions.list);
    expect(body).toHaveLength(30);
    expect((body as unknown[])[0]).toEqual({
      namespace: "guest",
      name: "a34",
      version: "0.0.1",
      publish: false,
      annotations: [
        { key: "provide-api-key", value: false },
        { key: "exec", value: "nodejs:20" },
      ],
      limits: { timeout: 60000, memory: 256, logs: 10, concurrency: 1 },
      exec: { binary: false },
      updated: now,
    });
  });

  test("skip and limit", async () => {
    expect(await names("skip=1&limit=2")).toEqual(["a33", "a32"]);
    expect(await names("limit=0")).toHaveLength(35);
  });

  test("count is what is left after skip", async () => {
    expect(await call(actions.list, { query: "count=true&skip=5&limit=1" })).toEqual({
      status: 200,
      body: { actions: 30 },
    });
    expect(await call(actions.list, { query: "count=true&skip=50" })).toEqual({
      status: 200,
      body: { actions: 0 },
    });
  });
});
