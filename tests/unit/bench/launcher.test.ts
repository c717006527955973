import { expect, test } from "vitest";
import { type Frame, frame, frames } from "../../../bench/lib/launcher.ts";

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) {
    yield bytes.subarray(start, start + size);
  }
}

test.for([1, 7, 20, 33, 1000])("frames cut every %d bytes come out whole", async (size) => {
  const bytes = Buffer.concat([
    frame(17, 0, undefined, ""),
    frame(18, 2, { logs: ["ä"] }, { text: "größer" }),
  ]);
  const seen: Frame[] = [];
  for await (const next of frames(cut(bytes, size))) seen.push(next);
  expect(seen).toEqual([
    { type: 17, status: 0, body: '""' },
    { type: 18, status: 0, body: '{"text":"größer"}' },
  ]);
});

test("the header counts bytes, not characters", () => {
  const bytes = frame(1, 3, { a: "ä" }, "ö");
  expect(bytes.readUInt32LE(0)).toBe(bytes.length - 20);
  expect(bytes.readUInt32LE(4)).toBe(Buffer.byteLength('{"a":"ä"}'));
  expect(bytes.readUInt32LE(8)).toBe(3);
  expect(bytes[18]).toBe(1);
});
