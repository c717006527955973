/** What every driver of the `Store` port must do. Call once per driver. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SubjectDocument } from "../../src/core/documents.ts";
import type { ActivationQuery, ActivationRow, Store } from "../../src/store/store.ts";
import { fc } from "../helpers/property.ts";
import { action, hexId, packageOf, record, type StorePlace } from "./store-fixture.ts";

export function storeContract(name: string, createPlace: () => Promise<StorePlace>): void {
  describe(`store contract: ${name}`, () => {
    let place: StorePlace;
    let store: Store;

    beforeEach(async () => {
      place = await createPlace();
      store = await place.open();
    });
    afterEach(() => place.dispose());

    async function reopened(): Promise<Store> {
      await store.stop();
      store = await place.open();
      return store;
    }

    describe("entities", () => {
      test("a document comes back as it was put, also after a restart", async () => {
        const document = action("guest/hello");
        const revision = await store.entities.put("guest/hello", document);
        expect(revision).toMatch(/^1-[0-9a-f]+$/);
        expect(await store.entities.get("guest/hello")).toEqual({ document, revision });
        await reopened();
        expect(await store.entities.get("guest/hello")).toEqual({ document, revision });
      });

      test("an unknown id is undefined", async () => {
        expect(await store.entities.get("guest/nothing")).toBeUndefined();
      });

      test("a write names the revision it replaces", async () => {
        const id = "guest/hello";
        const first = await store.entities.put(id, action(id));
        await expect(store.entities.put(id, action(id))).rejects.toMatchObject({
          code: "CONFLICT",
        });
        const second = await store.entities.put(id, action(id, { version: "0.0.2" }), first);
        expect(second).toMatch(/^2-[0-9a-f]+$/);
        await expect(store.entities.put(id, action(id), first)).rejects.toMatchObject({
          code: "CONFLICT",
        });
        await expect(store.entities.delete(id, first)).rejects.toMatchObject({ code: "CONFLICT" });
        expect((await store.entities.get(id))?.document.version).toBe("0.0.2");
        await store.entities.delete(id, second);
        expect(await store.entities.get(id)).toBeUndefined();
        await expect(store.entities.delete(id, second)).rejects.toMatchObject({ code: "CONFLICT" });
        await expect(store.entities.put(id, action(id), second)).rejects.toMatchObject({
          code: "CONFLICT",
        });
      });

      test("a recreated entity never gets a former revision", async () => {
        const id = "guest/hello";
        const first = await store.entities.put(id, action(id));
        await store.entities.delete(id, first);
        expect(await store.entities.put(id, action(id))).not.toBe(first);
      });

      test("of many writers with one revision exactly one wins", async () => {
        const id = "guest/hello";
        const first = await store.entities.put(id, action(id));
        const writes = Array.from({ length: 20 }, (_, number) =>
          store.entities.put(id, action(id, { version: `0.0.${number}` }), first),
        );
        const outcomes = await Promise.allSettled(writes);
        expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      });

      test("a namespace lists packaged entities too, a package only its own", async () => {
        const ids = ["guest/a", "guest/pkg/b", "guest/pkg2/c", "guest/pkg/d", "guests/e"];
        for (const [index, id] of ids.entries()) {
          await store.entities.put(id, action(id, { updated: 1000 + index }));
        }
        const names = async (path: string, skip = 0, limit = 200) =>
          (await store.entities.list({ type: "action", path, skip, limit })).map((d) => d.name);
        expect(await names("guest")).toEqual(["d", "c", "b", "a"]);
        expect(await names("guest", 1, 2)).toEqual(["c", "b"]);
        expect(await names("guest/pkg")).toEqual(["d", "b"]);
        expect(await names("guest", 4)).toEqual([]);
        expect(await names("nobody")).toEqual([]);
        expect(await store.entities.count({ type: "action", path: "guest" })).toBe(4);
        expect(await store.entities.count({ type: "action", path: "guest/pkg" })).toBe(2);
        expect(await store.entities.count({ type: "rule", path: "guest" })).toBe(0);
        expect(
          await store.entities.list({ type: "trigger", path: "guest", skip: 0, limit: 9 }),
        ).toEqual([]);
      });

      test("several changes are written together or not at all", async () => {
        const { entities } = store;
        const first = await entities.put("guest/a", action("guest/a"));
        const stale = await entities.put("guest/b", action("guest/b"));
        const second = await entities.put("guest/b", action("guest/b"), stale);
        const changes = (revision: string) => [
          { id: "guest/c", document: action("guest/c") },
          { id: "guest/a", revision: first },
          { id: "guest/b", document: action("guest/b", { version: "0.0.9" }), revision },
        ];
        await expect(entities.write(changes(stale))).rejects.toMatchObject({ code: "CONFLICT" });
        expect(await entities.get("guest/c")).toBeUndefined();
        expect((await entities.get("guest/a"))?.revision).toBe(first);
        const [made, removed, changed] = await entities.write(changes(second));
        await reopened();
        expect((await store.entities.get("guest/c"))?.revision).toBe(made);
        expect(removed).toBeUndefined();
        expect(await store.entities.get("guest/a")).toBeUndefined();
        expect(await store.entities.get("guest/b")).toMatchObject({
          revision: changed,
          document: { version: "0.0.9" },
        });
      });

      test("strangers are shown published packages that are no bindings", async () => {
        const binding = { namespace: "other", name: "p" };
        for (const document of [
          packageOf("guest/private", { updated: 1 }),
          packageOf("guest/first", { publish: true, updated: 2 }),
          packageOf("guest/bound", { publish: true, updated: 3, binding }),
          packageOf("guest/second", { publish: true, updated: 4 }),
          packageOf("guests/third", { publish: true, updated: 5 }),
        ]) {
          await store.entities.put(`${document.namespace}/${document.name}`, document);
        }
        const query = { type: "package", path: "guest", publicOnly: true } as const;
        const names = async (skip: number) =>
          (await store.entities.list({ ...query, skip, limit: 9 })).map(({ name }) => name);
        expect(await names(0)).toEqual(["second", "first"]);
        expect(await names(1)).toEqual(["first"]);
        expect(await store.entities.count(query)).toBe(2);
        expect(await store.entities.count({ ...query, publicOnly: false })).toBe(4);
      });

      test("an update moves an entity to the top of its lists", async () => {
        const first = await store.entities.put("guest/a", action("guest/a", { updated: 1 }));
        await store.entities.put("guest/b", action("guest/b", { updated: 2 }));
        await store.entities.put("guest/a", action("guest/a", { updated: 3 }), first);
        const list = await store.entities.list({
          type: "action",
          path: "guest",
          skip: 0,
          limit: 9,
        });
        expect(list.map((document) => document.name)).toEqual(["a", "b"]);
      });
    });

    describe("activations", () => {
      test("a record is seen by every read after its put", async () => {
        const row = record(1);
        store.activations.put(row);
        expect(await store.activations.get("guest", row.activationId)).toBe(row.document);
        store.activations.put(record(2));
        const page = { skip: 0, limit: 10 };
        expect(await store.activations.list({ namespace: "guest", ...page })).toHaveLength(2);
        store.activations.put(record(3));
        expect(await store.activations.count({ namespace: "guest" })).toBe(3);
      });

      test("what was flushed or stopped is there after a restart", async () => {
        store.activations.put(record(1));
        await store.activations.flush();
        store.activations.put(record(2));
        await reopened();
        expect(await store.activations.count({ namespace: "guest" })).toBe(2);
        expect(await store.activations.get("guest", hexId(2))).toBe(record(2).document);
      });

      test("a record belongs to its namespace alone", async () => {
        store.activations.put(record(1));
        expect(await store.activations.get("other", hexId(1))).toBeUndefined();
        expect(await store.activations.get("guest", hexId(9))).toBeUndefined();
        expect(await store.activations.count({ namespace: "other" })).toBe(0);
      });

      test("the first record of an id stays", async () => {
        store.activations.put(record(1, { document: '"first"' }));
        store.activations.put(record(1, { document: '"second"' }));
        await store.activations.flush();
        expect(await store.activations.get("guest", hexId(1))).toBe('"first"');
        expect(await store.activations.count({ namespace: "guest" })).toBe(1);
      });

      test("any 32 hex digits are an id", async () => {
        const ids = ["0".repeat(32), "f".repeat(32), "00ff".repeat(8)];
        for (const activationId of ids) store.activations.put(record(1, { activationId }));
        for (const id of ids) expect(await store.activations.get("guest", id)).toBeDefined();
      });

      test("a document of several megabytes comes back whole", async () => {
        const document = JSON.stringify({ text: "ä🙂x".repeat(1_000_000) });
        store.activations.put(record(1));
        store.activations.put(record(2, { document }));
        store.activations.put(record(3));
        expect(await store.activations.get("guest", hexId(2))).toBe(document);
        expect(await store.activations.count({ namespace: "guest" })).toBe(3);
      });

      test("thousands of records in one turn are all kept", async () => {
        for (let number = 0; number < 5000; number += 1) store.activations.put(record(number));
        await store.activations.flush();
        expect(await store.activations.count({ namespace: "guest" })).toBe(5000);
      });

      test("lists, filters and counts agree with a model", async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(arbitraryRow, { maxLength: 40 }), arbitraryQuery, checkModel),
          { numRuns: 100 },
        );
      });

      let runs = 0;
      async function checkModel(rows: ModelRow[], asked: ModelQuery): Promise<void> {
        runs += 1;
        const rename = (namespace: string) => `${namespace}-${runs}`;
        const written = rows.map((row, index) =>
          record(runs * 1000 + index, { ...row, namespace: rename(row.namespace) }),
        );
        for (const row of written) store.activations.put(row);
        const { skip, limit, ...rest } = { ...asked, namespace: rename(asked.namespace) };
        const expected = written
          .filter((row) => matches(row, rest))
          .map((row) => row.start)
          .sort((a, b) => b - a);
        const texts = await store.activations.list({ ...rest, skip, limit });
        const starts = texts.map((text) => startOf(written, text));
        expect(starts).toEqual(expected.slice(skip, skip + limit));
        expect(await store.activations.count(rest)).toBe(expected.length);
      }
    });

    test("entity lists and counts agree with a model", async () => {
      const ids = fc.uniqueArray(
        fc.tuple(fc.constantFrom("guest", "guest/pkg", "guest/pkg2", "guests"), fc.nat(30)),
        { selector: ([path, number]) => `${path}/${number}`, maxLength: 30 },
      );
      const query = fc.record({ skip: fc.nat(8), limit: fc.nat(20) });
      let runs = 0;
      const check = async (given: [string, number][], page: { skip: number; limit: number }) => {
        runs += 1;
        const rename = (path: string) => path.replace(/^[a-z]+/, (root) => `${root}-${runs}`);
        // Every entity has its own time: the order of equal ones is the driver's choice.
        const written = given.map(([path, number], index) => {
          const id = `${rename(path)}/${number}`;
          return action(id, { updated: (index * 7919) % 1009 });
        });
        await Promise.all(written.map((d) => store.entities.put(`${d.namespace}/${d.name}`, d)));
        for (const path of ["guest", "guest/pkg"].map(rename)) {
          const expected = written
            .filter(({ namespace }) => namespace === path || namespace.startsWith(`${path}/`))
            .sort((a, b) => b.updated - a.updated);
          const asked = { type: "action", path } as const;
          const listed = await store.entities.list({ ...asked, ...page });
          expect(listed).toEqual(expected.slice(page.skip, page.skip + page.limit));
          expect(await store.entities.count(asked)).toBe(expected.length);
        }
      };
      await fc.assert(fc.asyncProperty(ids, query, check), { numRuns: 50 });
    });

    describe("accepted invocations", () => {
      const accepted = (number: number, started = false) => ({
        activationId: hexId(number),
        accepted: 5000 - number,
        started,
        message: JSON.stringify({ number }),
      });

      test("survive a restart, oldest first, until their record is written", async () => {
        await Promise.all([1, 2, 3].map((number) => store.accepted.put(accepted(number))));
        await store.accepted.start(hexId(2));
        await store.accepted.remove(hexId(3));
        await reopened();
        expect(await store.accepted.unfinished()).toEqual([accepted(2, true), accepted(1)]);
        const has = (...numbers: number[]) =>
          Promise.all(numbers.map((number) => store.accepted.has(hexId(number))));
        expect(await has(1, 2, 3, 4)).toEqual([true, true, false, false]);
        store.activations.put(record(2, { accepted: true }));
        store.activations.put(record(1, { accepted: false }));
        await store.activations.flush();
        expect(await store.accepted.unfinished()).toEqual([accepted(1)]);
        expect(await has(1, 2)).toEqual([true, false]);
      });

      test("starting or removing an unknown one changes nothing", async () => {
        await store.accepted.start(hexId(7));
        await store.accepted.remove(hexId(7));
        expect(await store.accepted.unfinished()).toEqual([]);
      });
    });

    describe("identities", () => {
      const subject = (changes: Partial<SubjectDocument> = {}): SubjectDocument => ({
        subject: "alice",
        namespaces: [
          { name: "space1", uuid: "u1", key: "k1" },
          { name: "space2", uuid: "u2", key: "k2" },
        ],
        ...changes,
      });

      test("a key leads to its subject, namespace and limits", async () => {
        await store.identities.put(subject());
        await store.identities.putLimits("space2", { invocationsPerMinute: 7 });
        expect(await store.identities.byKey("u2", "k2")).toEqual({
          subject: "alice",
          namespace: { name: "space2", uuid: "u2" },
          key: "k2",
          limits: { invocationsPerMinute: 7 },
        });
        expect((await store.identities.byKey("u1", "k1"))?.limits).toEqual({});
        expect(await store.identities.byKey("u1", "k2")).toBeUndefined();
        expect(await store.identities.byNamespace("space1")).toHaveLength(1);
        await reopened();
        expect(await store.identities.byKey("u1", "k1")).toBeDefined();
      });

      test("a blocked subject has no keys but stays readable", async () => {
        await store.identities.put(subject({ blocked: true }));
        expect(await store.identities.byKey("u1", "k1")).toBeUndefined();
        expect(await store.identities.byNamespace("space1")).toEqual([]);
        expect(await store.identities.get("alice")).toEqual(subject({ blocked: true }));
        await store.identities.put(subject());
        expect(await store.identities.byKey("u1", "k1")).toBeDefined();
      });

      test("a put replaces all keys of the subject, a delete removes them", async () => {
        await store.identities.put(subject());
        await store.identities.put(
          subject({ namespaces: [{ name: "space1", uuid: "u9", key: "k9" }] }),
        );
        expect(await store.identities.byKey("u2", "k2")).toBeUndefined();
        expect(await store.identities.byKey("u9", "k9")).toBeDefined();
        expect(await store.identities.list()).toHaveLength(1);
        await store.identities.delete("alice");
        expect(await store.identities.byKey("u9", "k9")).toBeUndefined();
        expect(await store.identities.get("alice")).toBeUndefined();
        expect(await store.identities.list()).toEqual([]);
      });

      test("a key claimed by two identities opens neither", async () => {
        await store.identities.put(subject());
        await store.identities.put(subject({ subject: "mallory" }));
        expect(await store.identities.byKey("u1", "k1")).toBeUndefined();
        expect(await store.identities.byNamespace("space1")).toHaveLength(2);
      });

      test("limits can be read, replaced and removed", async () => {
        expect(await store.identities.getLimits("space1")).toBeUndefined();
        await store.identities.putLimits("space1", { allowedKinds: ["nodejs:20"] });
        await store.identities.putLimits("space1", { firesPerMinute: 0 });
        expect(await store.identities.getLimits("space1")).toEqual({ firesPerMinute: 0 });
        await store.identities.putLimits("space1", undefined);
        expect(await store.identities.getLimits("space1")).toBeUndefined();
      });
    });

    describe("attachments", () => {
      test("bytes come back as they were put", async () => {
        const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7) % 256);
        const ref = await store.attachments.put(bytes, "application/octet-stream");
        expect(ref).toMatchObject({
          attachmentType: "application/octet-stream",
          length: 100_000,
          digest: expect.stringMatching(/^sha256-[0-9a-f]{64}$/),
        });
        expect(Buffer.compare(await store.attachments.get(ref), bytes)).toBe(0);
        expect((await store.attachments.put(bytes, "text/plain")).digest).toBe(ref.digest);
      });

      test("a view into a larger buffer is stored as what it shows", async () => {
        const view = new TextEncoder().encode("xxcodexx").subarray(2, 6);
        const ref = await store.attachments.put(view, "text/plain");
        expect(new TextDecoder().decode(await store.attachments.get(ref))).toBe("code");
      });

      test("unknown and malformed digests are CORRUPTED", async () => {
        const ref = await store.attachments.put(new Uint8Array(1), "text/plain");
        for (const digest of [`sha256-${"1".repeat(64)}`, "sha256-../../../etc/passwd", ""]) {
          await expect(store.attachments.get({ ...ref, digest })).rejects.toMatchObject({
            code: "CORRUPTED",
          });
        }
      });
    });

    test("start and stop may be called twice", async () => {
      await store.start();
      await store.stop();
      await store.stop();
    });

    test("a stopped store refuses", async () => {
      await store.stop();
      await expect(store.entities.get("guest/a")).rejects.toMatchObject({
        code: "STORE_UNAVAILABLE",
      });
      await expect(store.attachments.put(new Uint8Array(1), "text/plain")).rejects.toMatchObject({
        code: "STORE_UNAVAILABLE",
      });
      await expect(store.activations.flush()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
      expect(() => store.activations.put(record(1))).not.toThrow();
      await expect(store.accepted.remove(hexId(1))).rejects.toMatchObject({
        code: "STORE_UNAVAILABLE",
      });
    });
  });
}

type ModelRow = Pick<ActivationRow, "namespace" | "filterName" | "start">;
type ModelQuery = ActivationQuery & { readonly skip: number; readonly limit: number };

const namespaces = fc.constantFrom("guest", "guests");
const names = fc.constantFrom("hello", "pkg/hello", "pkg");
const starts = fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_020 });

const arbitraryRow: fc.Arbitrary<ModelRow> = fc.record({
  namespace: namespaces,
  filterName: names,
  start: starts,
});

const arbitraryQuery: fc.Arbitrary<ModelQuery> = fc.record(
  {
    namespace: namespaces,
    skip: fc.nat(10),
    limit: fc.nat(20),
    filterName: names,
    since: starts,
    upto: starts,
  },
  { requiredKeys: ["namespace", "skip", "limit"] },
);

function matches(row: ActivationRow, query: ActivationQuery): boolean {
  return (
    row.namespace === query.namespace &&
    (query.filterName === undefined || row.filterName === query.filterName) &&
    (query.since === undefined || row.start >= query.since) &&
    (query.upto === undefined || row.start <= query.upto)
  );
}

function startOf(rows: readonly ActivationRow[], text: string): number | undefined {
  return rows.find(({ document }) => document === text)?.start;
}
