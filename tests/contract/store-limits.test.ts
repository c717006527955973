/** What the SQLite driver does at its limits: full disk, full backlog, age and size of records. */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { action, hexId, record, type SqlitePlace, sqlitePlace } from "./store-fixture.ts";

const MIB = 1024 * 1024;
let place: SqlitePlace;
beforeEach(async () => {
  place = await sqlitePlace();
});
afterEach(() => place.dispose());

const errors = () => place.log.filter(({ level }) => level === "error").map((l) => l.message);
const big = (number: number) => record(number, { document: `{"pad":"${"x".repeat(1000)}"}` });
const guest = { namespace: "guest" } as const;

function run(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

describe("a full disk", () => {
  let isMounted = false;
  beforeEach(() => {
    isMounted = run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place.folder);
  });
  afterEach(async () => {
    await Promise.all(place.opened.map((store) => store.stop()));
    if (isMounted) run("umount", place.folder);
  });

  const ballast = () => join(place.folder, "ballast");

  /** Takes all space that is left. */
  async function fillDisk(): Promise<void> {
    for (let size = 8 * MIB; size >= 512; size /= 2) {
      await writeFile(ballast(), Buffer.alloc(size), { flag: "a" }).catch(() => undefined);
    }
  }

  test("refuses entities, accepts and code, keeps records, and recovers", async (context) => {
    if (!isMounted) context.skip("mounting a tmpfs needs root");
    const store = await place.open({ retryIntervalMs: 20 });
    const revision = await store.entities.put("guest/a", action("guest/a"));
    store.activations.put(big(1));
    await store.activations.flush();
    await fillDisk();

    const unavailable = { code: "STORE_UNAVAILABLE" };
    // Pages of the files that are free take a few writes before the disk is asked for more.
    const writes = Array.from({ length: 300 }, (_, number) =>
      store.entities.put(`guest/b${number}`, action(`guest/b${number}`)),
    );
    const refused = (await Promise.allSettled(writes)).filter((w) => w.status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ reason: unavailable });
    for (let number = 2; number < 2000; number += 1) store.activations.put(big(number));
    await expect(store.activations.flush()).rejects.toMatchObject(unavailable);
    await expect(store.attachments.put(Buffer.alloc(MIB), "x")).rejects.toMatchObject(unavailable);
    const message = "m".repeat(MIB);
    const accept = { activationId: hexId(1), accepted: 1, started: false, message };
    await expect(store.accepted.put(accept)).rejects.toMatchObject(unavailable);

    expect(await store.activations.count(guest)).toBe(1999);
    expect(await store.activations.get("guest", hexId(1999))).toBe(big(1999).document);
    const newest = await store.activations.list({ ...guest, skip: 0, limit: 3 });
    expect(newest).toEqual([1999, 1998, 1997].map((number) => big(number).document));
    expect((await store.entities.get("guest/a"))?.revision).toBe(revision);
    expect(errors()).toEqual(["activation records cannot be written, keeping them in memory"]);

    await rm(ballast());
    await expect.poll(() => store.counters().waitingBytes).toBe(0);
    await store.activations.flush();
    await store.entities.put("guest/a", action("guest/a"), revision);
    await store.accepted.put({ ...accept, message: "{}" });
    expect(store.counters().recordsDropped).toBe(0);
    await store.stop();
    const again = await place.open();
    expect(await again.activations.count(guest)).toBe(1999);
    expect(await again.accepted.unfinished()).toHaveLength(1);
    expect(existsSync(join(place.folder, "in-use"))).toBe(true);
  });

  test("drops the oldest records when the backlog is full, and counts them", async (context) => {
    if (!isMounted) context.skip("mounting a tmpfs needs root");
    const store = await place.open({ retryIntervalMs: 20, backlogBytesMax: 2 * MIB });
    await fillDisk();
    for (let number = 0; number < 10_000; number += 1) {
      store.activations.put(big(number));
      if (number % 200 === 0) await store.activations.count(guest);
    }
    await expect(store.activations.flush()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(store.counters().waitingBytes).toBeLessThanOrEqual(2 * MIB);
    expect(store.counters().recordsDropped).toBeGreaterThan(7000);
    expect(await store.activations.get("guest", hexId(9999))).toBeDefined();
    await rm(ballast());
    await expect.poll(() => store.counters().waitingBytes).toBe(0);
    const kept = await store.activations.count(guest);
    expect(kept + store.counters().recordsDropped).toBe(10_000);
    expect(errors()).toHaveLength(2);
  });

  test("a store starts on it and reads", async (context) => {
    if (!isMounted) context.skip("mounting a tmpfs needs root");
    const first = await place.open();
    await first.entities.put("guest/a", action("guest/a"));
    await first.stop();
    await fillDisk();
    const store = await place.open();
    expect(await store.entities.get("guest/a")).toBeDefined();
  });
});

describe("activation records", () => {
  test("are written without anybody waiting for them", async () => {
    const store = await place.open();
    store.activations.put(big(1));
    expect(store.counters().waitingBytes).toBeGreaterThan(1000);
    await expect.poll(() => store.counters().waitingBytes).toBe(0);
    store.activations.put(big(2));
    await expect.poll(() => store.counters().waitingBytes).toBe(0);
  });

  test("wait in bounded memory while the disk is slower than the calls", async () => {
    const store = await place.open({ backlogBytesMax: 4 * MIB });
    for (let number = 0; number < 20_000; number += 1) store.activations.put(big(number));
    expect(store.counters().waitingBytes).toBeLessThanOrEqual(5 * MIB);
    await store.activations.flush();
    const { recordsDropped } = store.counters();
    expect(recordsDropped).toBeGreaterThan(0);
    expect((await store.activations.count(guest)) + recordsDropped).toBe(20_000);
    expect(await store.activations.get("guest", hexId(19_999))).toBeDefined();
    expect(errors()).toEqual([
      "too many activation records wait for the disk, dropping the oldest",
    ]);
  });

  test("with an id that is none are refused with an error line", async () => {
    const store = await place.open();
    store.activations.put(record(1, { activationId: "not an id" }));
    await store.activations.flush();
    expect(await store.activations.count(guest)).toBe(0);
    expect(errors()).toEqual(["an activation id is not 32 hex digits"]);
  });
});

describe("retention", () => {
  const HOUR = 3600_000;

  test("by age: records that started before the limit go, the others stay", async () => {
    let now = 10 * HOUR;
    const store = await place.open({
      clock: () => now,
      retention: { ageMs: HOUR, bytesMax: 0, intervalMs: 5 },
    });
    for (let number = 0; number < 1000; number += 1) {
      store.activations.put(record(number, { start: now - HOUR }));
    }
    for (let number = 1000; number < 2000; number += 1) {
      store.activations.put(record(number, { start: now }));
    }
    await store.activations.flush();
    expect(await store.activations.count(guest)).toBe(2000);
    now += 1;
    await expect.poll(() => store.activations.count(guest)).toBe(1000);
    expect(await store.activations.count({ ...guest, since: 10 * HOUR })).toBe(1000);
    now += HOUR;
    await expect.poll(() => store.activations.count(guest)).toBe(0);
  });

  test("at the edge: a record exactly as old as the limit stays", async () => {
    let now = 10 * HOUR;
    const store = await place.open({
      clock: () => now,
      retention: { ageMs: HOUR, bytesMax: 0, intervalMs: 5 },
    });
    for (const number of [1, 2, 3]) store.activations.put(record(number, { start: now + number }));
    now += HOUR + 2;
    await expect.poll(() => store.activations.get("guest", hexId(1))).toBeUndefined();
    expect(await store.activations.get("guest", hexId(2))).toBeDefined();
    expect(await store.activations.count(guest)).toBe(2);
  });

  test("by size: the oldest go until the file holds no more than allowed", async () => {
    const store = await place.open({ retention: { ageMs: 0, bytesMax: 2 * MIB, intervalMs: 5 } });
    for (let number = 0; number < 5000; number += 1) store.activations.put(big(number));
    await store.activations.flush();
    await expect.poll(() => store.activations.count(guest), { timeout: 30_000 }).toBeLessThan(1700);
    expect(await store.activations.count(guest)).toBeGreaterThan(1000);
    expect(await store.activations.get("guest", hexId(4999))).toBeDefined();
    const size = () => statSync(join(place.folder, "activations.db")).size;
    const before = size();
    for (let number = 5000; number < 6000; number += 1) store.activations.put(big(number));
    await store.activations.flush();
    expect(size()).toBeLessThanOrEqual(before + MIB);
  });

  test("zero keeps everything", async () => {
    const store = await place.open({ retention: { ageMs: 0, bytesMax: 0, intervalMs: 1 } });
    store.activations.put(record(1, { start: 0 }));
    await store.stop();
    const again = await place.open();
    expect(await again.activations.count(guest)).toBe(1);
  });
});

describe("code that nobody refers to any more", () => {
  test("is removed after the grace time, unless put again or still used elsewhere", async () => {
    // Long enough for an entity to come after its code, however busy the machine is.
    const store = await place.open({ attachmentGraceMs: 1500 });
    const path = ({ digest }: { digest: string }) => {
      const hex = digest.slice("sha256-".length);
      return join(place.folder, "attachments", hex.slice(0, 2), hex);
    };
    const put = async (id: string, text: string, revision?: string) => {
      const code = await store.attachments.put(Buffer.from(text), "text/plain");
      const document = action(id, { exec: { kind: "nodejs:20", binary: false, code } });
      return { code, revision: await store.entities.put(id, document, revision) };
    };
    const one = await put("guest/a", "one");
    const shared = await put("guest/b", "shared");
    const other = await put("guest/c", "shared");
    const two = await put("guest/a", "two", one.revision);
    await store.entities.delete("guest/b", shared.revision);
    await expect.poll(() => existsSync(path(one.code))).toBe(false);
    await store.entities.delete("guest/a", two.revision);
    await expect.poll(() => existsSync(path(two.code))).toBe(false);
    expect(existsSync(path(other.code))).toBe(true);
    await store.entities.delete("guest/c", other.revision);
    await expect.poll(() => existsSync(path(other.code))).toBe(false);
  });
});
