import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  BATCH_BYTES_MAX,
  type BatchConf,
  BatchProcessor,
} from "../../../../src/gateway/plugins/lib/batch-processor.ts";

const CONF: BatchConf = {
  name: "test",
  max_retry_count: 0,
  retry_delay: 1,
  buffer_duration: 60,
  inactive_timeout: 5,
  batch_max_size: 3,
};

type Send = (entries: readonly number[]) => Promise<void>;

function make(conf: Partial<BatchConf> = {}, send: Send = async () => undefined) {
  const sent: number[][] = [];
  const logged: string[] = [];
  let processed = 0;
  const processor = new BatchProcessor<number>({
    conf: { ...CONF, ...conf },
    send: (entries) => {
      sent.push([...entries]);
      return send(entries);
    },
    log: (_level, message) => void logged.push(message),
    onProcessed: (count) => {
      processed += count;
    },
  });
  return { processor, sent, logged, processed: () => processed };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("a full batch goes out at once", () => {
  const { processor, sent } = make();
  for (const entry of [1, 2, 3, 4]) processor.push(entry);
  expect(sent).toEqual([[1, 2, 3]]);
  expect(processor.buffered).toBe(1);
});

test("a long batch goes out before it is full, and the next one counts from nothing", () => {
  const { processor, sent } = make({ batch_max_size: 1000 });
  processor.push(1, BATCH_BYTES_MAX - 1);
  expect(sent).toEqual([]);
  processor.push(2, 1);
  processor.push(3, BATCH_BYTES_MAX - 1);
  expect(sent).toEqual([[1, 2]]);
  expect(processor.buffered).toBe(1);
});

test("what waits goes out when nothing comes any more", async () => {
  const { processor, sent } = make();
  processor.push(1);
  await vi.advanceTimersByTimeAsync(4000);
  processor.push(2);
  await vi.advanceTimersByTimeAsync(4000);
  expect(sent).toEqual([]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(sent).toEqual([[1, 2]]);
});

test("a trickle goes out when its first entry is old", async () => {
  const { processor, sent } = make({ batch_max_size: 1000, buffer_duration: 20 });
  for (let second = 0; second < 24; second++) {
    processor.push(second);
    await vi.advanceTimersByTimeAsync(1000);
  }
  expect(sent).toHaveLength(1);
  expect(sent[0]?.[0]).toBe(0);
});

test("a failed batch is sent again after a pause, then dropped", async () => {
  const { processor, sent, logged, processed } = make({ max_retry_count: 2 }, () =>
    Promise.reject(new Error("no")),
  );
  for (const entry of [1, 2, 3]) processor.push(entry);
  await vi.advanceTimersByTimeAsync(0);
  expect([sent.length, processed()]).toEqual([1, 0]);
  await vi.advanceTimersByTimeAsync(1000);
  expect([sent.length, processed()]).toEqual([2, 0]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect([sent.length, processed()]).toEqual([3, 3]);
  expect(logged.filter((line) => line.endsWith("failed to process entries: no"))).toHaveLength(3);
  expect(logged.at(-1)).toBe(
    "Batch Processor[test] exceeded the max_retry_count[3] dropping the entries",
  );
});

test("at most eight batches are under way", async () => {
  const ends: (() => void)[] = [];
  const { processor, sent, processed } = make(
    { batch_max_size: 1 },
    () => new Promise((resolve) => ends.push(resolve)),
  );
  for (let entry = 0; entry < 20; entry++) processor.push(entry);
  expect(sent).toHaveLength(8);
  while (processed() < 20) {
    for (const end of ends.splice(0)) end();
    await vi.advanceTimersByTimeAsync(0);
    expect(sent.length - processed()).toBeLessThanOrEqual(8);
  }
  expect(sent.flat()).toEqual(Array.from({ length: 20 }, (_, entry) => entry));
});

test("stopping sends what is collected and what waits to be sent again, once", async () => {
  let isDown = true;
  const { processor, sent, processed } = make({ max_retry_count: 5, retry_delay: 100 }, () =>
    isDown ? Promise.reject(new Error("down")) : Promise.resolve(),
  );
  for (const entry of [1, 2, 3, 4]) processor.push(entry);
  await vi.advanceTimersByTimeAsync(0);
  isDown = false;
  await processor.stop();
  expect(sent).toEqual([[1, 2, 3], [4], [1, 2, 3]]);
  expect(processed()).toBe(4);
  expect(vi.getTimerCount()).toBe(0);
});

test("stopping does not try again what fails", async () => {
  const { processor, sent, processed } = make({ max_retry_count: 5 }, () =>
    Promise.reject(new Error("down")),
  );
  processor.push(1);
  await processor.stop();
  expect([sent.length, processed()]).toEqual([1, 1]);
});
