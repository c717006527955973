import { randomBytes } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const POOL_BYTES = 4096;

let pool = randomBytes(POOL_BYTES);
let offset = 0;

/** `length` random characters of [A-Za-z0-9] (transaction ids, openwhisk-api.md 1.2). */
export function randomName(length: number): string {
  if (offset + length > POOL_BYTES) {
    pool = randomBytes(POOL_BYTES);
    offset = 0;
  }
  let name = "";
  for (let i = 0; i < length; i += 1) {
    // 62 of 64 values map to themselves; the two that are left fold back: no secret hangs on it.
    name += ALPHABET[(pool[offset + i] as number) % 62];
  }
  offset += length;
  return name;
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
