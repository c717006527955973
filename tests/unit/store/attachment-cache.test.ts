import { expect, test } from "vitest";
import { createAttachmentCache } from "../../../src/store/attachment-cache.ts";
import { createMemoryStore } from "../../helpers/memory-store.ts";

function setUp(bytesMax: number) {
  const { attachments } = createMemoryStore();
  let reads = 0;
  const counted = {
    put: attachments.put.bind(attachments),
    get: (ref: Parameters<typeof attachments.get>[0]) => {
      reads += 1;
      return attachments.get(ref);
    },
  };
  return { cache: createAttachmentCache(counted, { bytesMax }), reads: () => reads };
}

test("what was written is read without the store", async () => {
  const { cache, reads } = setUp(100);
  const ref = await cache.put(Buffer.from("code"), "text/plain");
  expect(Buffer.from(await cache.get(ref)).toString()).toBe("code");
  expect(reads()).toBe(0);
});

test("keeps no more than its bytes; what went is read again, and then kept", async () => {
  const { cache, reads } = setUp(10);
  const first = await cache.put(Buffer.from("12345"), "text/plain");
  await cache.put(Buffer.from("67890"), "text/plain");
  expect(Buffer.from(await cache.get(first)).toString()).toBe("12345");
  await cache.get(first);
  expect(reads()).toBe(1);
  const large = await cache.put(Buffer.from("longer than all"), "text/plain");
  await cache.get(large);
  await cache.get(large);
  expect(reads()).toBe(3);
});
