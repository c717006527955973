import { join } from "node:path";
import { expect, test } from "vitest";
import { readBlocked } from "../../../src/admin/blocked.ts";
import { askServer } from "../../../src/admin/channel.ts";
import { openAdminChannel } from "../../../src/platform/admin.ts";
import { createSqliteStore } from "../../../src/store/sqlite.ts";
import { tempDir } from "../../helpers/temp-dir.ts";

const ALICE = {
  subject: "alice",
  namespace: { name: "team", uuid: "uuid-of-nobody" },
  authkey: "",
  limits: {},
};

test("caches forget after every command, also one that fails", async () => {
  await using folder = await tempDir("open-channel");
  const store = createSqliteStore({ folder: folder.path, logger: () => undefined });
  await store.start();
  let forgotten = 0;
  const forget = (): void => {
    forgotten += 1;
  };
  const caches = [{ forget }];
  const log = (): void => expect.unreachable();
  const refusals: boolean[] = [];
  const channel = await openAdminChannel(folder.path, {
    store,
    caches,
    log,
    refuse: (isBlocked) => refusals.push(isBlocked(ALICE)),
  });
  const create = { verb: "user.create", subject: "alice" } as const;
  expect(await askServer(folder.path, create)).toMatchObject({ code: 0 });
  expect(forgotten).toBe(1);
  expect(refusals).toEqual([]);
  await askServer(folder.path, { verb: "user.create", subject: "alice", namespace: "team" });
  await askServer(folder.path, { verb: "user.create", subject: "bobby", namespace: "team" });
  const limit = async (invocationsPerMinute: string): Promise<void> => {
    const given = { invocationsPerMinute };
    await askServer(folder.path, { verb: "limits.set", namespace: "team", given });
  };
  await limit("1");
  await limit("0");
  await limit("2");
  await askServer(folder.path, { verb: "user.block", subjects: ["bobby"] });
  expect(refusals).toEqual([false, true, false, false]);
  await askServer(folder.path, { verb: "user.block", subjects: ["alice"] });
  // By the uuid of the key, which is not the one below.
  expect(refusals.at(-1)).toBe(false);
  const alice = await store.identities.get("alice");
  const uuid = alice?.namespaces.find(({ name }) => name === "team")?.uuid ?? "";
  const isBlocked = await readBlocked(store);
  expect(isBlocked({ ...ALICE, namespace: { name: "team", uuid } })).toBe(true);
  await store.stop();
  expect(await askServer(folder.path, create)).toMatchObject({ code: 1, out: "" });
  expect(forgotten).toBe(9);
  await channel.close();
});

test("a folder without sockets costs a warning, not the start", async () => {
  await using folder = await tempDir("open-channel");
  const warnings: string[] = [];
  const store = createSqliteStore({ folder: folder.path, logger: () => undefined });
  const channel = await openAdminChannel(join(folder.path, "missing"), {
    store,
    caches: [],
    refuse: () => undefined,
    log: (_level, message) => warnings.push(message),
  });
  expect(warnings).toEqual(["meringue admin can be used only while the server is stopped"]);
  await channel.close();
});
