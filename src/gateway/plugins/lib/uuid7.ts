/** UUIDs of version 7 (RFC 9562): they sort by the time at which they were made. */
import { randomBytes } from "node:crypto";

/** Counts within a millisecond: 12 bits. */
const COUNT_MAX = 0xfff;

/** Each id is greater than the one before, also when the clock stands still or goes back. */
export function uuid7Maker(now: () => number): () => string {
  let lastMs = 0;
  let count = 0;
  return () => {
    const ms = now();
    if (ms > lastMs) {
      lastMs = ms;
      count = 0;
    } else if (count < COUNT_MAX) {
      count += 1;
    } else {
      lastMs += 1;
      count = 0;
    }
    return format(lastMs, count);
  };
}

/** 48 bits of time, version, 12 bits of the count, variant, 62 random bits. */
function format(ms: number, count: number): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(ms, 0, 6);
  bytes.writeUInt16BE(0x7000 | count, 6);
  randomBytes(8).copy(bytes, 8);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}
