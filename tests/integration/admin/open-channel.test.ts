import { join } from "node:path";
import { expect, test } from "vitest";
import { askServer } from "../../../src/admin/channel.ts";
import { openAdminChannel } from "../../../src/platform/admin.ts";
import { createSqliteStore } from "../../../src/store/sqlite.ts";
import { tempDir } from "../../helpers/temp-dir.ts";

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
  const channel = await openAdminChannel(folder.path, { store, caches, log });
  const create = { verb: "user.create", subject: "alice" } as const;
  expect(await askServer(folder.path, create)).toMatchObject({ code: 0 });
  expect(forgotten).toBe(1);
  await store.stop();
  expect(await askServer(folder.path, create)).toMatchObject({ code: 1, out: "" });
  expect(forgotten).toBe(2);
  await channel.close();
});

test("a folder without sockets costs a warning, not the start", async () => {
  await using folder = await tempDir("open-channel");
  const warnings: string[] = [];
  const store = createSqliteStore({ folder: folder.path, logger: () => undefined });
  const channel = await openAdminChannel(join(folder.path, "missing"), {
    store,
    caches: [],
    log: (_level, message) => warnings.push(message),
  });
  expect(warnings).toEqual(["meringue admin can be used only while the server is stopped"]);
  await channel.close();
});
