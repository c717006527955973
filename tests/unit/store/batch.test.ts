import { describe, expect, test } from "vitest";
import {
  BATCH_BYTES,
  BATCH_ROWS_MAX,
  BatchBuilder,
  type BatchData,
  batchMemory,
  batchRows,
  compact,
  isStandardMemory,
  memoryFor,
} from "../../../src/store/sqlite/batch.ts";
import type { ActivationRow } from "../../../src/store/store.ts";
import { fc } from "../../helpers/property.ts";

function row(changes: Partial<ActivationRow> = {}): ActivationRow {
  return {
    activationId: "0123456789abcdef".repeat(2),
    namespace: "guest",
    filterName: "pkg/hello",
    start: 1_700_000_000_123,
    document: "{}",
    accepted: false,
    ...changes,
  };
}

function readBack(builder: BatchBuilder): ActivationRow[] {
  return read(builder.finish());
}

function read(batch: BatchData): ActivationRow[] {
  return [...batchRows(batch)].map((one) => ({
    ...one,
    activationId: Buffer.from(one.id).toString("hex"),
    document: Buffer.from(one.document).toString("utf8"),
  }));
}

describe("a batch", () => {
  test("gives back the rows it was given", () => {
    const arbitrary = fc.array(
      fc.record({
        activationId: fc.stringMatching(/^[0-9a-f]{32}$/),
        namespace: fc.string({ unit: "binary" }),
        filterName: fc.string(),
        start: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        document: fc.string({ unit: "grapheme", maxLength: 300 }),
        accepted: fc.boolean(),
      }),
    );
    void fc.assert(
      fc.property(arbitrary, (rows) => {
        const builder = new BatchBuilder(batchMemory());
        for (const given of rows) expect(builder.add(given)).toBe(true);
        expect(readBack(builder)).toMatchObject(rows);
      }),
    );
  });

  test("names are sent once", () => {
    const builder = new BatchBuilder(batchMemory());
    for (let number = 0; number < 10; number += 1) builder.add(row());
    expect(builder.finish().names).toEqual(["guest", "pkg/hello"]);
  });

  test.each(["", "abc", "g".repeat(32), "0".repeat(31), "0".repeat(33), "é".repeat(32)])(
    "%j is no id and adds nothing",
    (activationId) => {
      const builder = new BatchBuilder(batchMemory());
      expect(builder.add(row({ activationId }))).toBe(false);
      expect(builder.rows).toBe(0);
      expect(builder.bytes).toBe(0);
    },
  );

  test("is full after its greatest number of rows", () => {
    const builder = new BatchBuilder(batchMemory());
    for (let number = 0; number < BATCH_ROWS_MAX; number += 1) {
      expect(builder.fits("{}")).toBe(true);
      builder.add(row());
    }
    expect(builder.fits("{}")).toBe(false);
  });

  test("takes a document only if it fits whatever its characters", () => {
    const builder = new BatchBuilder(batchMemory());
    const longest = Math.floor((BATCH_BYTES - 16) / 3);
    expect(builder.fits("x".repeat(longest))).toBe(true);
    expect(builder.fits("x".repeat(longest + 1))).toBe(false);
    const document = "ह".repeat(longest);
    builder.add(row({ document }));
    expect(readBack(builder)[0]?.document).toBe(document);
  });

  test("that is kept takes no more memory than its content", () => {
    const builder = new BatchBuilder(batchMemory());
    const rows = ["first", "sécond", ""].map((document) => row({ document }));
    for (const given of rows) builder.add(given);
    const batch = builder.finish();
    const kept = compact(batch);
    expect(read(kept)).toEqual(read(batch));
    expect(kept.memory.byteLength).toBeLessThan(kept.bytes + rows.length * 100);
  });

  test("of one oversized document has memory of its own", () => {
    const document = "€".repeat(BATCH_BYTES);
    const memory = memoryFor(document);
    expect(isStandardMemory(memory)).toBe(false);
    expect(isStandardMemory(batchMemory())).toBe(true);
    const builder = new BatchBuilder(memory);
    expect(builder.fits(document)).toBe(true);
    builder.add(row({ document }));
    expect(readBack(builder)[0]?.document).toBe(document);
  });
});
