/** What every driver of the gateway's configuration store promises (src/gateway/config-store.ts). */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PlatformError } from "../../src/core/errors.ts";
import type { ConfigChange, ConfigStore } from "../../src/gateway/config-store.ts";
import { waitFor } from "../helpers/wait-for.ts";

export type ConfigPlace = {
  readonly store: ConfigStore;
  readonly clock: { now: number };
  /** The same data, opened again; undefined where nothing outlives the process. */
  readonly reopen?: () => Promise<ConfigStore>;
  readonly dispose: () => Promise<void>;
};

/** `isDurable`: the place can be opened again. */
export function configStoreContract(
  name: string,
  isDurable: boolean,
  open: () => Promise<ConfigPlace>,
): void {
  describe(`config store: ${name}`, () => {
    let place: ConfigPlace;
    let store: ConfigStore;
    beforeEach(async () => {
      place = await open();
      store = place.store;
    });
    afterEach(() => place.dispose());

    test("an entry is read as it was written", async () => {
      const put = await store.put("/routes/1", { uri: "/a", nested: { list: [1, null, "é"] } });
      expect(await store.get("/routes/1")).toEqual(put);
      expect(put).toMatchObject({ key: "/routes/1", value: { uri: "/a" } });
      expect(await store.get("/routes/2")).toBeUndefined();
    });

    test("indexes grow with every write of any key; the first stays", async () => {
      const first = await store.put("/routes/1", {});
      const other = await store.put("/services/1", {});
      const again = await store.put("/routes/1", { uri: "/b" });
      expect(first.createdIndex).toBe(first.modifiedIndex);
      expect(other.modifiedIndex).toBeGreaterThan(first.modifiedIndex);
      expect(again.modifiedIndex).toBeGreaterThan(other.modifiedIndex);
      expect(again.createdIndex).toBe(first.createdIndex);
      await store.delete("/routes/1");
      const after = await store.put("/routes/1", {});
      expect(after.createdIndex).toBe(after.modifiedIndex);
      expect(after.modifiedIndex).toBeGreaterThan(again.modifiedIndex + 1);
    });

    test("a list has what is below its folder, by key", async () => {
      const keys = ["/consumers/b", "/consumers/a/credentials/1", "/consumers/a", "/consumersx/1"];
      for (const key of keys) await store.put(key, {});
      const listed = async (folder: string) => (await store.list(folder)).map(({ key }) => key);
      expect(await listed("/consumers")).toEqual([
        "/consumers/a",
        "/consumers/a/credentials/1",
        "/consumers/b",
      ]);
      expect(await listed("/consumers/a/credentials")).toEqual(["/consumers/a/credentials/1"]);
      expect(await listed("/none")).toEqual([]);
    });

    test("a deletion says whether there was something", async () => {
      await store.put("/routes/1", {});
      expect(await store.delete("/routes/1")).toBe(true);
      expect(await store.delete("/routes/1")).toBe(false);
      expect(await store.get("/routes/1")).toBeUndefined();
    });

    test("a write on condition is done when it holds, else CONFLICT", async () => {
      const { modifiedIndex } = await store.put("/routes/1", { a: 1 });
      const conflict = (change: Promise<unknown>) =>
        expect(change).rejects.toSatisfy(
          (error) => error instanceof PlatformError && error.code === "CONFLICT",
        );
      await conflict(store.put("/routes/1", { a: 2 }, { ifModifiedIndex: 0 }));
      await conflict(store.put("/routes/1", { a: 2 }, { ifModifiedIndex: modifiedIndex + 1 }));
      await conflict(store.put("/routes/2", { a: 2 }, { ifModifiedIndex: modifiedIndex }));
      await store.put("/routes/2", { a: 2 }, { ifModifiedIndex: 0 });
      await store.put("/routes/1", { a: 3 }, { ifModifiedIndex: modifiedIndex });
      expect((await store.get("/routes/1"))?.value).toEqual({ a: 3 });
    });

    test("of two writes on the same condition one is done", async () => {
      const { modifiedIndex } = await store.put("/routes/1", {});
      const writes = [1, 2].map((a) =>
        store.put("/routes/1", { a }, { ifModifiedIndex: modifiedIndex }),
      );
      const results = await Promise.allSettled(writes);
      expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    });

    test("changes of one moment are done in their order, a refused one alone is not", async () => {
      const [first, refused, gone, absent, again] = await Promise.allSettled([
        store.put("/routes/1", { step: 1 }),
        store.put("/routes/1", { step: 2 }, { ifModifiedIndex: 0 }),
        store.delete("/routes/1"),
        store.delete("/routes/1"),
        store.put("/routes/1", { step: 3 }),
      ] as const);
      expect(refused).toMatchObject({ status: "rejected", reason: { code: "CONFLICT" } });
      expect(refused?.status === "rejected" && refused.reason).toBeInstanceOf(PlatformError);
      expect([gone, absent]).toMatchObject([{ value: true }, { value: false }]);
      const [before, after] = [first, again].map((one) => one?.status === "fulfilled" && one.value);
      expect(after).toMatchObject({ value: { step: 3 } });
      expect(after && before && after.createdIndex > before.modifiedIndex).toBe(true);
      expect(await store.get("/routes/1")).toEqual(after);
    });

    test("an entry expires, and the watch says so", async () => {
      const seen = watchAll(store);
      await store.put("/routes/1", {}, { ttl: 0.05 });
      expect(await store.get("/routes/1")).toBeDefined();
      place.clock.now += 60;
      expect(await store.get("/routes/1")).toBeUndefined();
      expect(await store.list("/routes")).toEqual([]);
      await waitFor("the deletion", () => seen.some((change) => change.type === "delete"));
    });

    test("a later write without a time takes the expiry away", async () => {
      await store.put("/routes/1", {}, { ttl: 0.05 });
      await store.put("/routes/1", { kept: true });
      await store.put("/routes/2", {}, { ttl: 0.05 });
      place.clock.now += 60;
      await waitFor("the other's expiry", async () => (await store.list("/routes")).length === 1);
      expect((await store.get("/routes/1"))?.value).toEqual({ kept: true });
    });

    test("the watch tells every change in order, within 50 ms, from its beginning to its end", async () => {
      await store.put("/routes/before", {});
      const seen = watchAll(store);
      await store.put("/routes/1", { a: 1 });
      await store.put("/routes/1", { a: 2 });
      await store.delete("/routes/1");
      await waitFor("three changes", () => seen.length === 3);
      expect(
        seen.map((change) => (change.type === "put" ? change.entry.value : change.key)),
      ).toEqual([{ a: 1 }, { a: 2 }, "/routes/1"]);
      const delays: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        const told = Promise.withResolvers<number>();
        const end = store.watch(() => told.resolve(performance.now()));
        await store.put("/routes/1", { round });
        const written = performance.now();
        delays.push((await told.promise) - written);
        end();
      }
      // A busy machine may be slow once, or twice; a promise that is broken is so each time.
      expect(Math.min(...delays)).toBeLessThan(50);
    });

    test("a burst comes in few groups, complete and in order", async () => {
      const groups: (readonly ConfigChange[])[] = [];
      store.watch((changes) => groups.push(changes));
      await Promise.all(
        Array.from({ length: 1000 }, (_, number) => store.put(`/routes/${number}`, { number })),
      );
      await waitFor("all changes", () => groups.flat().length === 1000);
      const numbers = groups
        .flat()
        .map((change) => (change.type === "put" ? change.entry.value["number"] : undefined));
      expect(numbers).toEqual(Array.from({ length: 1000 }, (_, number) => number));
      expect(groups.length).toBeLessThan(100);
    });

    const durable = isDurable ? test : () => undefined;
    durable("everything is there after it is opened again", async () => {
      const { reopen } = place;
      if (reopen === undefined) throw new Error("the place cannot be opened again");
      const kept = await store.put("/routes/1", { a: "é\u0000\ud83d\ude00" });
      await store.put("/routes/2", {});
      await store.delete("/routes/2");
      await store.put("/routes/3", {}, { ttl: 1000 });
      const last = await store.put("/routes/4", {}, { ttl: 0.001 });
      place.clock.now += 10;
      const again = await reopen();
      expect(await again.get("/routes/1")).toEqual(kept);
      expect((await again.list("/routes")).map(({ key }) => key)).toEqual([
        "/routes/1",
        "/routes/3",
      ]);
      expect((await again.get("/routes/3"))?.expires).toBeGreaterThan(place.clock.now);
      const next = await again.put("/routes/5", {});
      expect(next.modifiedIndex).toBeGreaterThan(last.modifiedIndex);
    });
  });
}

function watchAll(store: ConfigStore): ConfigChange[] {
  const seen: ConfigChange[] = [];
  store.watch((changes) => seen.push(...changes));
  return seen;
}
