/** What the SQLite driver does about locks, kills, damaged files and other versions. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { open, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { action, codeOf, hexId, record, type SqlitePlace, sqlitePlace } from "./store-fixture.ts";

const PAGE = 4096;
let place: SqlitePlace;
beforeEach(async () => {
  place = await sqlitePlace();
});
afterEach(() => place.dispose());

const file = (name: string) => join(place.folder, name);
const codeFile = ({ digest }: { readonly digest: string }) => {
  const hex = digest.slice("sha256-".length);
  return file(`attachments/${hex.slice(0, 2)}/${hex}`);
};
const damagedFiles = () => readdirSync(place.folder).filter((name) => name.includes(".damaged-"));
const errors = () => place.log.filter(({ level }) => level === "error");

async function overwrite(name: string, at: number, bytes: Uint8Array): Promise<void> {
  await using handle = await open(file(name), "r+");
  await handle.write(bytes, 0, bytes.length, at);
}

describe("kill -9 in the middle of writes", () => {
  const script = fileURLToPath(new URL("./store-killed.child.ts", import.meta.url));

  /** Runs the writer until `lines` promises were made, kills it, returns them. */
  async function writeAndKill(lines: number): Promise<string[]> {
    const child: ChildProcess = spawn(process.execPath, [script, place.folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const promised: string[] = [];
    if (child.stdout === null) throw new Error("no stdout");
    for await (const line of createInterface({ input: child.stdout })) {
      promised.push(line);
      if (promised.length === lines) child.kill("SIGKILL");
    }
    return promised;
  }

  test.each([50, 400, 1500])("after %i promises, all of them hold", async (lines) => {
    const promised = await writeAndKill(lines);
    expect(promised.length).toBeGreaterThanOrEqual(lines);
    const store = await place.open();
    const accepted = new Set((await store.accepted.unfinished()).map((row) => row.activationId));
    const count = await store.activations.count({ namespace: "guest" });
    for (const line of promised) {
      const [what, id = "", revision] = line.split(" ");
      if (what === "accepted") expect(accepted).toContain(id);
      if (what === "flushed") expect(count).toBeGreaterThanOrEqual(Number(id));
      if (what !== "entity") continue;
      const stored = await store.entities.get(id);
      expect(stored?.revision).toBe(revision);
      if (stored !== undefined) await store.attachments.get(codeOf(stored.document));
    }
    expect(damagedFiles()).toEqual([]);
    expect(errors()).toEqual([]);
  });

  test("half-written code and code without an action are removed at the next start", async () => {
    const first = await place.open();
    const kept = await first.attachments.put(Buffer.from("kept"), "text/plain");
    const exec = { kind: "nodejs:20", binary: false, code: kept };
    await first.entities.put("guest/a", action("guest/a", { exec }));
    const lost = await first.attachments.put(Buffer.from("never used"), "text/plain");
    await first.stop();
    await writeFile(file("attachments/tmp/half"), "ha");
    const second = await place.open();
    expect(existsSync(file("attachments/tmp/half"))).toBe(false);
    await expect.poll(() => existsSync(codeFile(lost))).toBe(false);
    expect(Buffer.from(await second.attachments.get(kept)).toString()).toBe("kept");
  });
});

describe("the folder", () => {
  test("serves one store at a time, and the next after a stop", async () => {
    const first = await place.open();
    await expect(place.open()).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: `the data folder ${place.folder} is in use by another process`,
    });
    await first.stop();
    await place.open();
  });

  test("that cannot be made is one clear line", async () => {
    await writeFile(file("taken"), "");
    const store = place.build({ folder: file("taken/data") });
    await expect(store.start()).rejects.toMatchObject({
      message: expect.stringMatching(/^the data folder .*taken\/data cannot be written: .*ENOTDIR/),
    });
  });

  test.each(["entities.db", "activations.db"])(
    "of a newer version (%s) is left alone",
    async (name) => {
      await (await place.open()).stop();
      const database = new DatabaseSync(file(name));
      database.exec("PRAGMA user_version = 99");
      database.close();
      const before = await readFile(file(name));
      await expect(place.open()).rejects.toMatchObject({
        message: `the data folder ${place.folder} was written by a newer version (format 99, this program knows 1)`,
      });
      expect(await readFile(file(name))).toEqual(before);
    },
  );
});

describe("damaged files", () => {
  const ENTITIES = 400;

  async function fill(records = 3000): Promise<void> {
    const store = await place.open();
    const writes = Array.from({ length: ENTITIES }, (_, number) => {
      const id = `guest/action${number}`;
      return store.entities.put(id, action(id));
    });
    await Promise.all(writes);
    for (let number = 0; number < records; number += 1) {
      store.activations.put(record(number, { document: `{"pad":"${"x".repeat(900)}"}` }));
    }
    await store.stop();
  }

  const garbage = () => Buffer.alloc(PAGE, 0xa5);
  const countActions = { type: "action", path: "guest" } as const;

  test("a file that is no database is set aside and the rest is served", async () => {
    await fill();
    await overwrite("activations.db", 0, garbage());
    const store = await place.open();
    expect(await store.activations.count({ namespace: "guest" })).toBe(0);
    expect(await store.entities.count(countActions)).toBe(ENTITIES);
    expect(damagedFiles()).toEqual([
      expect.stringMatching(/^activations\.db\.damaged-\d{8}-\d{6}/),
    ]);
    expect(errors()).toEqual([
      { level: "error", message: expect.stringMatching(/^the data file .* is damaged: 0 rows/) },
    ]);
    store.activations.put(record(1));
    await store.activations.flush();
  });

  test("a file cut short keeps the rows before the cut", async () => {
    await fill(1000);
    const { size } = await stat(file("activations.db"));
    await truncate(file("activations.db"), Math.floor(size / 2));
    const store = await place.open();
    const count = await store.activations.count({ namespace: "guest" });
    expect(count).toBeGreaterThan(300);
    expect(count).toBeLessThan(1000);
    expect(await store.activations.get("guest", hexId(1))).toBeDefined();
    expect(errors()).toHaveLength(1);
  });

  test.each(["clean", "unclean"])(
    "overwritten pages found after a stop (%s) cost the rows on them alone",
    async (stop) => {
      await fill();
      if (stop === "unclean") await writeFile(file("in-use"), "");
      const { size } = await stat(file("entities.db"));
      const pages = Math.floor(size / PAGE);
      for (const part of [0.5, 0.7]) {
        await overwrite("entities.db", Math.floor(pages * part) * PAGE, garbage());
      }
      const store = await place.open();
      const count = await store.entities.count(countActions);
      expect(count).toBeGreaterThan(ENTITIES * 0.8);
      const list = await store.entities.list({ ...countActions, skip: 0, limit: 1000 });
      expect(list).toHaveLength(count);
      expect(damagedFiles()).toHaveLength(1);
      expect(await store.activations.count({ namespace: "guest" })).toBe(3000);
    },
  );

  test("a salvage that was broken off is done again", async () => {
    await fill(1000);
    const size = (await stat(file("activations.db"))).size;
    await overwrite("activations.db", Math.floor(size / 8192 / 2) * 8192, garbage());
    await writeFile(file("in-use"), "");
    await writeFile(file("activations.db.salvage"), "half a file");
    await writeFile(file("activations.db.salvage-wal"), "half a log");
    const store = await place.open();
    expect(await store.activations.count({ namespace: "guest" })).toBeGreaterThan(950);
    expect(damagedFiles()).toHaveLength(1);
    expect(readdirSync(place.folder).filter((name) => name.includes("salvage"))).toEqual([]);
  });

  test("damage found while running is CORRUPTED, and the next start keeps what can be read", async () => {
    await fill();
    const { size } = await stat(file("activations.db"));
    const from = Math.floor(size / PAGE / 3);
    for (let page = 0; page < 30; page += 1) {
      await overwrite("activations.db", (from + page) * PAGE, garbage());
    }
    const store = await place.open({ checkBytesMax: 0 });
    const reads = Array.from({ length: 3000 }, (_, n) => store.activations.get("guest", hexId(n)));
    const outcomes = await Promise.allSettled(reads);
    const failed = outcomes.filter(({ status }) => status === "rejected");
    expect(failed.length).toBeGreaterThan(0);
    expect(failed[0]).toMatchObject({ reason: { code: "CORRUPTED" } });
    expect(errors()).toHaveLength(1);
    await store.stop();
    const again = await place.open();
    expect(damagedFiles()).toHaveLength(1);
    expect(await again.activations.count({ namespace: "guest" })).toBeGreaterThan(2500);
  });

  test("an entity whose text is no JSON is CORRUPTED, and left out of lists", async () => {
    await fill();
    const database = new DatabaseSync(file("entities.db"));
    database.exec("UPDATE entity SET document = '{\"half' WHERE id = 'guest/action7'");
    database.close();
    const store = await place.open();
    await expect(store.entities.get("guest/action7")).rejects.toMatchObject({ code: "CORRUPTED" });
    const list = await store.entities.list({ ...countActions, skip: 0, limit: 1000 });
    expect(list).toHaveLength(ENTITIES - 1);
  });

  test("a log cut in the middle of a commit loses that commit alone", async () => {
    const store = await place.open();
    store.activations.put(record(1));
    await store.activations.flush();
    const sound = await readFile(file("activations.db-wal"));
    store.activations.put(record(2));
    await store.activations.flush();
    const whole = await readFile(file("activations.db-wal"));
    const main = await readFile(file("activations.db"));
    await store.stop();
    await writeFile(file("activations.db"), main);
    await writeFile(
      file("activations.db-wal"),
      whole.subarray(0, sound.length + (whole.length - sound.length) / 2),
    );
    await writeFile(file("in-use"), "");
    const again = await place.open();
    expect(await again.activations.get("guest", hexId(1))).toBeDefined();
    expect(await again.activations.get("guest", hexId(2))).toBeUndefined();
    expect(errors()).toEqual([]);
  });

  test("code that was changed on disk is CORRUPTED, putting it again heals it", async () => {
    const store = await place.open();
    const ref = await store.attachments.put(Buffer.from("code"), "text/plain");
    await writeFile(codeFile(ref), "c0de");
    await expect(store.attachments.get(ref)).rejects.toMatchObject({ code: "CORRUPTED" });
    await store.attachments.put(Buffer.from("code"), "text/plain");
    expect(Buffer.from(await store.attachments.get(ref)).toString()).toBe("code");
  });
});
