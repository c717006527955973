import { beforeEach, describe, expect, test } from "vitest";
import { checkSequence } from "../../../src/controller/service/check-sequence.ts";
import {
  findAction,
  findPackage,
  readEntities,
} from "../../../src/controller/service/find-action.ts";
import type {
  ActionDocument,
  EntityDocument,
  Identity,
  PackageDocument,
} from "../../../src/core/documents.ts";
import { refOf } from "../../../src/core/entity-ref.ts";
import { PlatformError } from "../../../src/core/errors.ts";
import { createEntityCache, type EntityCache } from "../../../src/store/entity-cache.ts";
import type { EntityStore } from "../../../src/store/store.ts";
import { createMemoryStore } from "../../helpers/memory-store.ts";

const guest: Identity = {
  subject: "guest",
  namespace: { name: "guest", uuid: "u" },
  authkey: "u:k",
  limits: {},
};
const common = { version: "0.0.1", publish: false, updated: 1, parameters: [], annotations: [] };
const limits = { timeout: 1, memory: 1, logs: 1, concurrency: 1 };

function packageAt(id: string, provider?: string): PackageDocument {
  const { path: namespace, name } = refOf(id);
  const ref = provider === undefined ? undefined : refOf(provider);
  const binding = ref === undefined ? {} : { namespace: ref.path, name: ref.name };
  return { entityType: "package", namespace, name, ...common, binding };
}

function sequenceAt(id: string, components: readonly string[]): ActionDocument {
  const { path: namespace, name } = refOf(id);
  const exec = { kind: "sequence", components } as const;
  return { entityType: "action", namespace, name, ...common, exec, limits };
}

let entities: EntityCache;

beforeEach(() => {
  entities = createMemoryStore().entities;
});

async function store(...documents: EntityDocument[]): Promise<void> {
  for (const one of documents) await entities.put(`${one.namespace}/${one.name}`, one);
}

const find = async (id: string) => readEntities(entities, findPackage(guest, refOf(id)));

describe("a package", () => {
  test("whose binding leads back to it is refused", async () => {
    await store(packageAt("guest/a", "guest/b"), packageAt("guest/b", "guest/a"));
    const text = "Package binding 'guest/a' contains a circular reference.";
    await expect(find("guest/a")).rejects.toMatchObject({ status: 422, message: text });
    await store(packageAt("guest/c", "guest/c"));
    await expect(find("guest/c")).rejects.toMatchObject({ status: 422 });
  });

  test.each([
    ["CORRUPTED", "guest/p", 500],
    ["CORRUPTED", "other/p", 403],
    ["STORE_UNAVAILABLE", "guest/p", 503],
    ["STORE_UNAVAILABLE", "other/p", 503],
  ] as const)("with %s at %s: %i", async (code, id, status) => {
    const broken = {
      get: () => Promise.reject(new PlatformError(code)),
    } as unknown as EntityStore;
    entities = createEntityCache(broken, { entriesMax: 9, runtimeOf: (kind) => kind });
    await expect(find(id)).rejects.toMatchObject({ status });
  });

  test("that is remembered is found without waiting", async () => {
    await store(packageAt("guest/p"), packageAt("guest/b", "guest/p"));
    const found = readEntities(entities, findPackage(guest, refOf("guest/b")));
    expect(found).toMatchObject({ path: "guest/p", binding: "guest/b" });
  });
});

test("an action below a packaged one is not there", async () => {
  await store(packageAt("guest/p"));
  const ref = { path: "guest/p/deeper", name: "a" };
  await expect(async () =>
    readEntities(entities, findAction(entities, guest, ref)),
  ).rejects.toMatchObject({ code: "NOT_FOUND" });
});

describe("a sequence", () => {
  const check = async (id: string, components: readonly string[], max = 50) =>
    readEntities(entities, checkSequence(id, components.map(refOf), max));

  test("of others that lead to each other is refused", async () => {
    await store(sequenceAt("guest/a", ["/guest/b"]), sequenceAt("guest/b", ["/guest/a"]));
    const text = "Sequence may not refer to itself.";
    await expect(check("guest/new", ["guest/a"])).rejects.toMatchObject({ message: text });
  });

  test("that has grown beyond all bounds is refused without counting it all", async () => {
    const tenOf = (name: string) => Array.from({ length: 10 }, () => `/guest/${name}`);
    const code = { ...sequenceAt("guest/code", []), exec: { kind: "nodejs:20" } };
    await store(code as unknown as ActionDocument, sequenceAt("guest/s0", tenOf("code")));
    for (let level = 1; level < 20; level += 1) {
      await store(sequenceAt(`guest/s${level}`, tenOf(`s${level - 1}`)));
    }
    const text = "Too many actions in the sequence.";
    await expect(check("guest/new", ["guest/s19"])).rejects.toMatchObject({ message: text });
  });
});
