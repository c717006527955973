/** What the tables of settings share: units of bytes and of milliseconds, bounds. */
export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const DAY = 24 * 60 * MINUTE;
/** Longest time that a timer takes, ms. */
export const INT32 = 2 ** 31 - 1;

/** A port to listen on; 0 picks a free one. */
export const PORT = { type: "int", min: 0, max: 65535 } as const;
