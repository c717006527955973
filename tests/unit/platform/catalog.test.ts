import { expect, test } from "vitest";
import type { ActionDocument } from "../../../src/core/documents.ts";
import { createKindTable, defaultManifest } from "../../../src/core/kinds.ts";
import { openMemoryConfigStore } from "../../../src/gateway/store/memory.ts";
import { installCatalog } from "../../../src/platform/catalog.ts";
import type { CatalogPackage } from "../../../src/platform/catalog-package.ts";
import { DEFAULT_LIMITS } from "../../helpers/limits.ts";
import { createMemoryStore } from "../../helpers/memory-store.ts";

function aPackage(code: string, more: Partial<CatalogPackage> = {}): CatalogPackage {
  const parameters = [{ key: "place", value: "manifest" }];
  return {
    name: "pack",
    body: { name: "pack", version: "0.0.1", publish: true, parameters },
    actions: [{ name: "act", body: { exec: { kind: "nodejs:default", code } } }],
    ...more,
  };
}

/** A platform whose clock goes on by a second with each installation. */
async function platform(present: readonly string[] = ["nodejs:20"]) {
  const { entities, attachments } = createMemoryStore();
  const config = await openMemoryConfigStore();
  const logged: string[] = [];
  const kinds = createKindTable({ manifest: defaultManifest(present), present, historical: true });
  let now = 1000;
  const install = (...packages: readonly CatalogPackage[]): Promise<void> => {
    now += 1000;
    const log = (_level: string, message: string): void => void logged.push(message);
    const deps = {
      entities,
      attachments,
      kinds,
      config,
      limits: DEFAULT_LIMITS,
      now: () => now,
      log,
    };
    return installCatalog(deps, packages);
  };
  const get = async (name: string) => (await entities.get(`whisk.system/${name}`))?.document;
  const codeOf = async (): Promise<string | undefined> => {
    const { exec } = (await get("pack/act")) as ActionDocument;
    return "code" in exec ? Buffer.from(await attachments.get(exec.code)).toString() : undefined;
  };
  return { entities, logged, install, get, codeOf };
}

test("the packages are there, with what an action made by PUT has", async () => {
  const { install, get } = await platform();
  await install(aPackage("one"));
  expect(await get("pack")).toMatchObject({ publish: true, version: "0.0.1", updated: 2000 });
  expect(await get("pack/act")).toMatchObject({
    namespace: "whisk.system/pack",
    exec: { kind: "nodejs:20", binary: false },
    annotations: [
      { key: "provide-api-key", value: false },
      { key: "exec", value: "nodejs:20" },
    ],
  });
});

test("the same packages are not written again", async () => {
  const { install, get, logged } = await platform();
  await install(aPackage("one"));
  await install(aPackage("one"));
  expect(await get("pack/act")).toMatchObject({ updated: 2000 });
  expect(logged).toHaveLength(1);
});

test("other code is installed over the old one", async () => {
  const { install, codeOf } = await platform();
  await install(aPackage("one"));
  await install(aPackage("two"));
  expect(await codeOf()).toBe("two");
  await install(aPackage("three"));
  expect(await codeOf()).toBe("three");
});

test("what somebody has changed in between stays, whatever comes", async () => {
  const { install, entities, codeOf } = await platform();
  await install(aPackage("one"));
  const stored = await entities.get("whisk.system/pack/act");
  if (stored === undefined) throw new Error("it is not there");
  const changed = { ...stored.document, updated: 2500 };
  await entities.put("whisk.system/pack/act", changed, stored.revision);
  await install(aPackage("two"));
  await install(aPackage("three"));
  expect(await codeOf()).toBe("one");
});

test("parameters of the platform go over those of the manifest", async () => {
  const { install, get } = await platform();
  await install(aPackage("one", { parameters: { place: "platform", secret: "s" } }));
  expect(await get("pack")).toMatchObject({
    parameters: [
      { key: "place", value: "platform" },
      { key: "secret", value: "s" },
    ],
  });
  await install(aPackage("one", { parameters: { place: "moved", secret: "s" } }));
  expect(await get("pack")).toMatchObject({ parameters: [{ value: "moved" }, { value: "s" }] });
});

test("a package that this platform cannot run is left out, the others are not", async () => {
  const { install, get, logged } = await platform(["python:3.11"]);
  await install(aPackage("one"), aPackage("", { name: "data", actions: [] }));
  expect(await get("pack")).toBeUndefined();
  expect(await get("data")).toBeDefined();
  expect(logged[0]).toBe("a package of the catalog was not installed");
});

test("without a catalog nothing is installed, and nothing forgotten", async () => {
  const { install, get, logged } = await platform();
  await install(aPackage("one"));
  await install();
  expect(logged[1]).toContain("not built");
  await install(aPackage("one"));
  expect(await get("pack/act")).toMatchObject({ updated: 2000 });
});
