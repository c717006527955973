/**
 * Measures the SQLite driver: `node tests/contract/store-measure.ts [RECORDS…]` prints one JSON
 * object per number of records. CPU time is of the whole process: the making of the records, the
 * puts and the worker.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import type { ActivationStore } from "../../src/store/store.ts";

export type StoreMeasurement = {
  readonly records: number;
  readonly recordBytes: number;
  readonly recordsPerSecond: number;
  readonly cpuUsPerRecord: number;
  /** Of `put` on the serving thread, including the flattening of the record's text. */
  readonly putNsPerRecord: number;
  /** Medians, µs. */
  readonly getUs: number;
  readonly list30Us: number;
  readonly list200Us: number;
  readonly countUs: number;
};

const RECORDS_PER_TURN = 20;
const NAMESPACES = 20;
/** The producer waits when this many bytes are not on disk yet. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
const PADDING = "x".repeat(700);

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Writes `records` records of 1 KB as fast as the store takes them, then reads. */
export async function measureStore(records: number): Promise<StoreMeasurement> {
  const folder = await mkdtemp(join(tmpdir(), "meringue-measure-"));
  const retention = { ageMs: 0, bytesMax: 0 };
  const store = createSqliteStore({ folder, retention, logger: () => undefined });
  await store.start();
  const ids: string[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  let putMs = 0;
  for (let number = 0; number < records; number += RECORDS_PER_TURN) {
    const rows = Array.from({ length: RECORDS_PER_TURN }, (_, index) => makeRow(number + index));
    ids.push(rows[0]?.activationId ?? "");
    const before = performance.now();
    for (const row of rows) store.activations.put(row);
    putMs += performance.now() - before;
    do await turn();
    while (store.counters().waitingBytes > WAITING_BYTES_MAX);
  }
  await store.activations.flush();
  const tookMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  const reads = await measureReads(store.activations, ids);
  await store.stop();
  await rm(folder, { recursive: true });
  return {
    records,
    recordBytes: makeRow(0).document.length,
    recordsPerSecond: Math.round((records / tookMs) * 1000),
    cpuUsPerRecord: (user + system) / records,
    putNsPerRecord: Math.round((putMs / records) * 1e6),
    ...reads,
  };
}

async function measureReads(activations: ActivationStore, ids: readonly string[]) {
  const namespace = "space0";
  const pick = () => ids[Math.floor(Math.random() * ids.length)] ?? "";
  return {
    getUs: await medianUs(() => activations.get(namespace, pick())),
    list30Us: await medianUs(() => activations.list({ namespace, skip: 0, limit: 30 })),
    list200Us: await medianUs(() => activations.list({ namespace, skip: 0, limit: 200 })),
    countUs: await medianUs(() => activations.count({ namespace })),
  };
}

async function medianUs(call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let number = 0; number < 200; number += 1) {
    const before = performance.now();
    await call();
    times.push((performance.now() - before) * 1000);
  }
  return Math.round(times.sort((a, b) => a - b)[100] ?? 0);
}

function makeRow(number: number) {
  const start = Date.now();
  const activationId = `${start.toString(16).padStart(12, "0")}${number.toString(16).padStart(20, "0")}`;
  const namespace = `space${number % NAMESPACES}`;
  const document = `{"namespace":"${namespace}","name":"hello","subject":"${namespace}","activationId":"${activationId}","start":${start},"end":${start + 3},"duration":3,"version":"0.0.1","publish":false,"response":{"statusCode":0,"result":{"payload":"${PADDING}"}},"logs":[],"annotations":[{"key":"path","value":"guest/hello"}]}`;
  return { activationId, namespace, filterName: "hello", start, document, accepted: false };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const asked = process.argv.slice(2).map(Number);
  for (const records of asked.length > 0 ? asked : [10_000, 100_000, 1_000_000]) {
    console.log(JSON.stringify(await measureStore(records)));
  }
}
