import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AdminCommand, runCommand } from "../../../src/admin/commands.ts";
import type { AdminResult } from "../../../src/admin/result.ts";
import { createSqliteStore, type SqliteStore } from "../../../src/store/sqlite.ts";
import { tempDir } from "../../helpers/temp-dir.ts";

let folder: Awaited<ReturnType<typeof tempDir>>;
let store: SqliteStore;
const run = (command: AdminCommand): Promise<AdminResult> => runCommand(store, command);
const AUTH = `23bc46b1-71f6-4ed5-8c54-816aa4f8c500:${"k".repeat(64)}`;
const MISSING = '{"error":"not_found","reason":"missing"}';

beforeAll(async () => {
  folder = await tempDir("admin");
  store = createSqliteStore({ folder: folder.path, logger: () => undefined });
  await store.start();
});
afterAll(async () => {
  await store.stop();
  await folder[Symbol.asyncDispose]();
});

async function created(subject: string, namespace = subject): Promise<string> {
  const { code, out } = await run({ verb: "user.create", subject, namespace });
  expect(code).toBe(0);
  return out.trim();
}

describe("user create", () => {
  test("prints the new key, and that key lets in", async () => {
    const [uuid = "", key = ""] = (await created("create1")).split(":");
    const row = await store.identities.byKey(uuid, key);
    expect(row).toMatchObject({ subject: "create1", namespace: { name: "create1", uuid } });
  });

  test("takes a given key; --silent prints nothing; --genonly stores nothing", async () => {
    const silent = { verb: "user.create", subject: "create2", auth: AUTH, silent: true } as const;
    expect(await run(silent)).toEqual({ code: 0, out: "", err: "" });
    expect((await run({ verb: "user.get", subject: "create2" })).out).toBe(`${AUTH}\n`);
    const generated = await run({ verb: "user.create", subject: "create3", genonly: true });
    expect(generated.out).toMatch(/^[0-9a-f-]{36}:[A-Za-z0-9]{64}\n$/);
    expect(await store.identities.get("create3")).toBeUndefined();
  });

  test.each([
    [{ subject: "four" }, 2, "Subject name must be at least 5 characters"],
    [{ subject: "fives", namespace: " " }, 2, "Namespace must not be empty"],
    [{ subject: "fives", namespace: "a/b" }, 2, 'Namespace "a/b" is not a legal name'],
    [{ subject: "fives", auth: "x:y" }, 2, "authorization id is not a valid UUID"],
    [{ subject: "fives", auth: AUTH }, 1, "authorization id belongs to another identity"],
    [{ subject: "create2" }, 1, "Namespace already exists"],
  ])("%o: exit code %i", async (members, code, text) => {
    const result = await run({ verb: "user.create", ...members });
    expect(result).toEqual({ code, out: "", err: `${text}\n` });
  });

  test("--revoke replaces the key and keeps uuid and other namespaces", async () => {
    const before = await created("revoke1");
    const other = await created("revoke1", "revoke1-other");
    const result = await run({ verb: "user.create", subject: "revoke1", revoke: true });
    const [uuid, key] = result.out.trim().split(":");
    expect(before.split(":")).toEqual([uuid, expect.not.stringMatching(`^${key}$`)]);
    const all = await run({ verb: "user.get", subject: "revoke1", all: true });
    expect(all.out).toBe(`revoke1\t${uuid}:${key}\nrevoke1-other\t${other}\n`);
    const [, oldKey = ""] = before.split(":");
    expect(await store.identities.byKey(uuid ?? "", oldKey)).toBeUndefined();
  });
});

describe("user get, whois, list", () => {
  test("get: the key of the subject's own namespace, or of a named one", async () => {
    const key = await created("getter1", "getter1-space");
    const named = await run({ verb: "user.get", subject: "getter1", namespace: "getter1-space" });
    expect(named).toEqual({ code: 0, out: `${key}\n`, err: "" });
    expect(await run({ verb: "user.get", subject: "getter1" })).toEqual({
      code: 1,
      out: "",
      err: 'namespace "getter1" not found for "getter1"\n',
    });
    expect(await run({ verb: "user.get", subject: "nobody" })).toEqual({
      code: 1,
      out: "",
      err: `Failed to get subject (${MISSING})\n`,
    });
  });

  test("whois: subject and namespace of a key, or that nobody has it", async () => {
    const key = await created("whois1", "whois1-space");
    expect((await run({ verb: "user.whois", authkey: key })).out).toBe(
      "subject: whois1\nnamespace: whois1-space\n",
    );
    const wrong = await run({ verb: "user.whois", authkey: `${key.slice(0, -1)}!` });
    expect(wrong).toEqual({ code: 0, out: "Subject id is not recognized\n", err: "" });
    expect((await run({ verb: "user.whois", authkey: "x" })).code).toBe(2);
  });

  test("list: one unless told otherwise; keys only when asked for", async () => {
    const first = await created("list01", "shared-list");
    const second = await created("list02", "shared-list");
    const list = { verb: "user.list", namespace: "shared-list" } as const;
    const hidden = (key: string): string => `${key.split(":")[0]}:***`;
    expect((await run(list)).out).toBe(`${hidden(first)}\tlist01\n`);
    expect((await run({ ...list, pick: 5 })).out.split("\n")).toHaveLength(3);
    expect((await run({ ...list, all: true, key: true })).out).toBe(`${first}\n${second}\n`);
    expect(await run({ ...list, pick: 0 })).toMatchObject({ code: 2 });
    expect((await run({ verb: "user.list", namespace: "nowhere" })).out).toBe(
      'no identities found for namespace "nowhere"\n',
    );
  });
});

describe("user delete, block, unblock", () => {
  test("delete takes one namespace away, or the subject", async () => {
    await created("delete1");
    const kept = await created("delete1", "delete1-kept");
    const remove = { verb: "user.delete", subject: "delete1" } as const;
    expect((await run({ ...remove, namespace: "delete1" })).out).toBe("Namespace deleted\n");
    expect(await run({ ...remove, namespace: "delete1" })).toEqual({
      code: 1,
      out: "",
      err: 'Namespace "delete1" does not exist for "delete1"\n',
    });
    expect((await run({ verb: "user.get", subject: "delete1", all: true })).out).toContain(kept);
    expect((await run(remove)).out).toBe("Subject deleted\n");
    expect(await run(remove)).toMatchObject({
      code: 1,
      err: `Failed to delete subject (${MISSING})\n`,
    });
  });

  test("a blocked subject is not known by its key, nor edited; the code counts failures", async () => {
    const key = await created("block1");
    const result = await run({ verb: "user.block", subjects: ["block1", "ghost1", "ghost2", " "] });
    expect(result).toEqual({
      code: 2,
      out: '"block1" blocked successfully\n',
      err: `Failed to block "ghost1" (${MISSING})\n` + `Failed to block "ghost2" (${MISSING})\n`,
    });
    const whois = { verb: "user.whois", authkey: key } as const;
    expect((await run(whois)).out).toBe("Subject id is not recognized\n");
    const edit = await run({ verb: "user.create", subject: "block1", namespace: "more" });
    expect(edit).toEqual({ code: 1, out: "", err: "The subject you want to edit is blocked\n" });
    expect((await run({ verb: "user.unblock", subjects: ["block1"] })).out).toBe(
      '"block1" unblocked successfully\n',
    );
    expect((await run(whois)).out).toContain("subject: block1");
  });
});

describe("limits", () => {
  const set = (given: Record<string, string | string[]>): Promise<AdminResult> =>
    run({ verb: "limits.set", namespace: "limited", given });

  test("are set one by one, shown as the original shows them, and deleted", async () => {
    const get = { verb: "limits.get", namespace: "limited" } as const;
    expect((await run(get)).out).toBe("No limits found, default system limits apply\n");
    expect((await set({ invocationsPerMinute: "0", storeActivations: "NO" })).out).toBe(
      'Limits successfully set for "limited"\n',
    );
    await set({ allowedKinds: ["nodejs:20", "python:3"], maxPayloadSize: "512 KB" });
    expect((await run(get)).out).toBe(
      "invocationsPerMinute = 0\nallowedKinds = ['nodejs:20', 'python:3']\n" +
        "storeActivations = False\nmaxPayloadSize = 512 KB\n",
    );
    expect(await store.identities.getLimits("limited")).toEqual({
      invocationsPerMinute: 0,
      storeActivations: false,
      allowedKinds: ["nodejs:20", "python:3"],
      maxPayloadSize: "512 KB",
    });
    const remove = { verb: "limits.delete", namespace: "limited" } as const;
    expect((await run(remove)).out).toBe("Limits deleted\n");
    expect(await run(remove)).toMatchObject({
      code: 1,
      err: `Failed to delete limits (${MISSING})\n`,
    });
  });

  test.each([
    [{ invocationsPerMinute: "-1" }],
    [{ invocationsPerMinute: "1.5" }],
    [{ invocationsPerMinute: "2147483648" }],
    [{ storeActivations: "maybe" }],
    [{ maxPayloadSize: "5 TB" }],
    [{ maxActionInstances: "5" }],
  ])("%o is refused, and nothing is stored", async (given) => {
    expect(await set(given)).toMatchObject({ code: 2, out: "" });
    expect(await store.identities.getLimits("limited")).toBeUndefined();
  });
});

describe("db get", () => {
  test("lists subjects and limits, never a key", async () => {
    const key = await created("dumped", "dumped-space");
    await run({ verb: "limits.set", namespace: "dumped-space", given: { firesPerMinute: "1" } });
    const { out } = await run({ verb: "db.get", database: "subjects", docs: true });
    const [head, ...rest] = out.split("\n");
    expect(head).toBe("getting contents for subjects (primary index)");
    const table = JSON.parse(rest.join("\n")) as { rows: { id: string; doc: unknown }[] };
    const doc = (id: string): unknown => table.rows.find((row) => row.id === id)?.doc;
    expect(doc("dumped")).toMatchObject({ namespaces: [{ name: "dumped-space", key: "***" }] });
    expect(doc("dumped-space/limits")).toEqual({ firesPerMinute: 1 });
    expect(out).not.toContain(key.split(":")[1]);
  });

  test.each([
    [{ database: "subjects", view: "subjects/identities" }, "there are no views"],
    [{ database: "activations" }, "wsk activation list"],
    [{ database: "other" }, "only subjects and whisks"],
  ])("%o is refused with the reason", async (members, reason) => {
    const result = await run({ verb: "db.get", ...members });
    expect(result).toMatchObject({ code: 1, out: "" });
    expect(result.err).toContain(reason);
  });
});
