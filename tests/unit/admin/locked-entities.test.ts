/** Whatever way a document is written, its parameters are locked. */
import { expect, test } from "vitest";
import { lockingEntities } from "../../../src/admin/locked-entities.ts";
import type { PackageDocument } from "../../../src/core/documents.ts";
import { createMemoryStore } from "../../helpers/memory-store.ts";

const SECRET = "a-very-secret-value";
const document: PackageDocument = {
  entityType: "package",
  namespace: "guest",
  name: "p",
  version: "0.0.1",
  publish: false,
  updated: 1,
  parameters: [{ key: "token", value: SECRET }],
  annotations: [],
  binding: {},
};
const keys = { "aes-128": [Buffer.alloc(16, 1)], "aes-256": [] };

test.each(["put", "write"] as const)("%s", async (way) => {
  const { entities } = createMemoryStore();
  const locking = lockingEntities(entities, { current: "aes-128", keys });
  if (way === "put") await locking.put("guest/p", document);
  else await locking.write([{ id: "guest/p", document }]);
  const stored = (await entities.get("guest/p"))?.document as PackageDocument;
  expect(stored.parameters).toMatchObject([{ key: "token", encryption: "aes-128" }]);
  expect(JSON.stringify(stored)).not.toContain(SECRET);
});

test("a deletion goes through as it is", async () => {
  const { entities } = createMemoryStore();
  const locking = lockingEntities(entities, { current: "aes-128", keys });
  const revision = await locking.put("guest/p", document);
  await locking.write([{ id: "guest/p", revision }]);
  expect(await entities.get("guest/p")).toBeUndefined();
});
