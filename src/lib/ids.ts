import { randomBytes, randomFillSync } from "node:crypto";

const ALPHABET = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
const POOL_BYTES = 8192;

const pool = Buffer.alloc(POOL_BYTES);
let offset = POOL_BYTES;

/**
 * `length` random characters of [A-Za-z0-9] (transaction ids, openwhisk-api.md 1.2), at most 8192.
 * Not secret: eight of the characters are a little more frequent than the others.
 */
export function randomName(length: number): string {
  if (offset + length > POOL_BYTES) {
    randomFillSync(pool);
    for (let i = 0; i < POOL_BYTES; i += 1) {
      pool[i] = ALPHABET[(pool[i] as number) % ALPHABET.length] as number;
    }
    offset = 0;
  }
  offset += length;
  return pool.toString("latin1", offset - length, offset);
}

const processPart = randomBytes(4).toString("hex");
let prefixMs = -1;
let prefix = "";
let counter = randomBytes(4).readUInt32LE(0);

/**
 * 32 lower-case hex digits, ordered by time: 12 of milliseconds, 8 of this process, 12 of a
 * counter.
 * Time order makes the store 2.5 times faster than random ids; the price is that an id tells when
 * its activation was made (docs/compatibility.md).
 */
export function newActivationId(nowMs: number): string {
  if (nowMs !== prefixMs) {
    prefixMs = nowMs;
    prefix = nowMs.toString(16).padStart(12, "0") + processPart;
  }
  counter += 1;
  return prefix + counter.toString(16).padStart(12, "0");
}
