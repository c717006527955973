/**
 * Code as it was written or read last, kept in memory: the first invocation after a create or an
 * update needs no disk. Attachments are content-addressed, so nothing kept can be out of date.
 */
import { LRUCache } from "lru-cache";
import type { AttachmentStore } from "./store.ts";

/** `bytesMax`: bytes kept; the least recently used go first, larger attachments are never kept. */
export function createAttachmentCache(
  store: AttachmentStore,
  options: { readonly bytesMax: number },
): AttachmentStore {
  const known = new LRUCache<string, Uint8Array>({
    maxSize: options.bytesMax,
    sizeCalculation: (bytes) => bytes.length + 1,
  });
  return {
    async put(bytes, type) {
      const ref = await store.put(bytes, type);
      known.set(ref.digest, bytes);
      return ref;
    },
    async get(ref) {
      const kept = known.get(ref.digest);
      if (kept !== undefined) return kept;
      const bytes = await store.get(ref);
      known.set(ref.digest, bytes);
      return bytes;
    },
  };
}
