import type { BodyStore } from "./cache-zone.ts";

const COMPLETE = Promise.resolve();

/** Bodies in memory. */
export const memoryBodies: BodyStore = {
  begin: () => {
    let parts: Uint8Array[] = [];
    return {
      write: (chunk) => {
        parts.push(chunk);
        return true;
      },
      finish: () => {
        const bytes = Buffer.concat(parts);
        parts = [];
        const remove = (): void => undefined;
        return { length: bytes.length, complete: COMPLETE, open: () => bytes, remove };
      },
      abort: () => {
        parts = [];
      },
    };
  },
};
