/** The embedded store, opened without a server, and what is put into it. */
import type { ActionDocument } from "../../src/core/documents.ts";
import { prepareDataFolder } from "../../src/lib/data-folder.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import type { ActivationRow, Store } from "../../src/store/store.ts";

/** Opens the store of a data folder with default settings. What it warns of goes to stderr. */
export async function openStore(folder: string): Promise<Store> {
  await prepareDataFolder(folder);
  const store = createSqliteStore({ folder, logger: tellTrouble });
  await store.start();
  return store;
}

function tellTrouble(level: string, message: string): void {
  if (level === "warn" || level === "error") console.error(`store: ${message}`);
}

/** Bytes of one record's document: that of a small invocation with a few log lines. */
const DOCUMENT_BYTES = 900;
const NAMESPACES = 20;
/** Few enough that each name of each namespace fills a page when the store is still small. */
const NAMES = 10;

export type Place = { readonly namespace: string; readonly filterName: string };

/** Where record `number` belongs: spread evenly, so that all namespaces grow alike. */
export function placeOf(number: number): Place {
  const name = Math.floor(number / NAMESPACES) % NAMES;
  return { namespace: `bench-${number % NAMESPACES}`, filterName: `action-${name}` };
}

/** 32 hex digits that sort by time, as the platform's ids do, and find `number` again. */
export function idOf(number: number): string {
  const scattered = Math.imul(number, 0x9e3779b1) >>> 0;
  return (
    (0x19000000000 + number).toString(16).padStart(12, "0") +
    scattered.toString(16).padStart(20, "0")
  );
}

/** Activation record `number`, one millisecond after the one before. */
export function activationRow(number: number, firstStart: number): ActivationRow {
  const activationId = idOf(number);
  const { namespace, filterName } = placeOf(number);
  const start = firstStart + number;
  const head = `{"activationId":"${activationId}","namespace":"${namespace}","name":"${filterName}","start":${start},"end":${start + 2},"duration":2,"version":"0.0.1","publish":false,"subject":"${namespace}","response":{"statusCode":0,"result":{"text":"`;
  const tail = '"}},"logs":[],"annotations":[]}';
  const filling = "x".repeat(Math.max(0, DOCUMENT_BYTES - head.length - tail.length));
  const document = head + filling + tail;
  return { activationId, namespace, filterName, start, document, accepted: false };
}

const WAVE = 1000;

/**
 * Puts records `from` up to `to` and resolves when all are on disk. Two waves are under way at a
 * time: the writer always has work, and the store's bounded backlog never fills.
 */
export async function putActivations(
  store: Store,
  range: { readonly from: number; readonly to: number; readonly firstStart: number },
): Promise<void> {
  let flushed = Promise.resolve();
  for (let next = range.from; next < range.to; next += WAVE) {
    const end = Math.min(range.to, next + WAVE);
    for (let number = next; number < end; number += 1) {
      store.activations.put(activationRow(number, range.firstStart));
    }
    const wave = store.activations.flush();
    await flushed;
    flushed = wave;
  }
  await flushed;
}

const ENTITIES_AT_ONCE = 1000;

/** Stores `count` small actions in one namespace, all with the same code. */
export async function putActions(store: Store, namespace: string, count: number): Promise<void> {
  const code = await store.attachments.put(
    Buffer.from("function main() { return {}; }"),
    "text/plain; charset=UTF-8",
  );
  const now = Date.now();
  const action = (number: number): ActionDocument => ({
    entityType: "action",
    namespace,
    name: `listed-${number}`,
    version: "0.0.1",
    publish: false,
    updated: now - count + number,
    exec: { kind: "nodejs:20", code, binary: false },
    parameters: [],
    annotations: [{ key: "exec", value: "nodejs:20" }],
    limits: { timeout: 60_000, memory: 256, logs: 10, concurrency: 1 },
  });
  for (let next = 0; next < count; next += ENTITIES_AT_ONCE) {
    const numbers = Array.from(
      { length: Math.min(ENTITIES_AT_ONCE, count - next) },
      (_, offset) => next + offset,
    );
    await Promise.all(
      numbers.map((number) => {
        const document = action(number);
        return store.entities.put(`${namespace}/${document.name}`, document);
      }),
    );
  }
}
