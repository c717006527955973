import { beforeEach, describe, expect, test } from "vitest";
import { createActionHandlers } from "../../../src/controller/api/actions.ts";
import {
  createEmptyCollectionHandlers,
  type EmptyCollectionHandlers,
} from "../../../src/controller/api/empty-collections.ts";
import { createKindTable, defaultManifest } from "../../../src/core/kinds.ts";
import { call } from "../../helpers/api-request.ts";
import { ORIGINAL_LIMITS } from "../../helpers/limits.ts";
import { createMemoryStore, type MemoryStore } from "../../helpers/memory-store.ts";

const limits = ORIGINAL_LIMITS;
let store: MemoryStore;

beforeEach(() => {
  store = createMemoryStore();
});

const MISSING = "The requested resource does not exist.";

describe.each(["triggers", "rules", "packages"] as const)("%s", (collection) => {
  const handlers = (): EmptyCollectionHandlers =>
    createEmptyCollectionHandlers(collection, { ...store, limits });

  test("are none", async () => {
    const { list } = handlers();
    expect(await call(list, { query: "limit=0&skip=0" })).toEqual({ status: 200, body: [] });
    expect(await call(list, { query: "count=yes" })).toEqual({
      status: 200,
      body: { [collection]: 0 },
    });
    expect(await call(list, { query: "limit=201" })).toEqual({
      status: 400,
      body: `The query parameter 'limit' was malformed:\nThe value '201' is not in the range of 0 to 200 for ${collection}.`,
    });
  });

  test("are not found, by the original's texts", async () => {
    const quoted = "The requested resource 'guest/x' does not exist.";
    const { get, remove } = handlers();
    expect(await call(get, { rest: ["x"] })).toEqual({
      status: 404,
      body: collection === "packages" ? quoted : MISSING,
    });
    expect(await call(remove, { rest: ["x"] })).toEqual({ status: 404, body: MISSING });
  });

  test("cannot be made yet", async () => {
    const name = `${collection.charAt(0).toUpperCase()}${collection.slice(1)}`;
    expect(await call(handlers().put, { rest: ["x"], body: {} })).toEqual({
      status: 400,
      body: `${name} are not available in this version.`,
    });
  });

  test.each(["get", "put", "remove"] as const)("%s tells names and paths first", async (method) => {
    const handler = handlers()[method];
    expect(await call(handler, { rest: ["x "] })).toEqual({
      status: 400,
      body: "The name of the entity contains illegal characters.",
    });
    expect(await call(handler, { rest: ["x", "y"] })).toEqual({
      status: 404,
      body: "The requested resource could not be found.",
    });
  });

  test("give way to an action of that name", async () => {
    const present = ["nodejs:20"];
    const manifest = defaultManifest(present);
    const kinds = createKindTable({ manifest, present, historical: false });
    const actions = createActionHandlers({ ...store, kinds, limits, now: () => 1 });
    const body = { exec: { kind: "nodejs:20", code: "x" } };
    await call(actions.put, { rest: ["x"], body });
    const { get, put, remove } = handlers();
    for (const handler of [get, put, remove]) {
      expect(await call(handler, { rest: ["x"], body: {} })).toEqual({
        status: 409,
        body: "Resource by this name exists but is not in this collection.",
      });
    }
  });
});

describe("POST", () => {
  const post = (collection: "triggers" | "rules" | "packages", body?: unknown) =>
    call(createEmptyCollectionHandlers(collection, { ...store, limits }).post, {
      rest: ["x"],
      body,
    });
  const malformed = "The request content was malformed:\n";

  test("fires no trigger", async () => {
    expect(await post("triggers")).toEqual({ status: 404, body: MISSING });
    expect(await post("triggers", { a: 1 })).toEqual({ status: 404, body: MISSING });
    expect(await post("triggers", [])).toEqual({
      status: 400,
      body: `${malformed}JSON object expected`,
    });
    expect(await post("triggers", " ".repeat(1048577))).toEqual({
      status: 413,
      body: "Request larger than allowed: 1048577 > 1048576 bytes.",
    });
  });

  test("changes no rule, and tells what is no state", async () => {
    expect(await post("rules", { status: "active" })).toEqual({ status: 404, body: MISSING });
    expect(await post("rules", { status: "on" })).toEqual({
      status: 400,
      body: `${malformed}requirement failed: on is not a recognized rule state`,
    });
    expect(await post("rules", {})).toEqual({
      status: 400,
      body: `${malformed}key not found: status`,
    });
  });

  test("is no method of packages", async () => {
    expect(await post("packages", {})).toEqual({
      status: 404,
      body: "The requested resource could not be found.",
    });
  });
});
