import { expect, test } from "vitest";
import { FrameBoundary } from "../../../src/gateway/frame-boundary.ts";
import { fc } from "../../helpers/property.ts";

function frame(length: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const head =
    length < 126
      ? Buffer.of(0x82, mask | length)
      : length < 65_536
        ? Buffer.of(0x82, mask | 126, length >> 8, length & 0xff)
        : Buffer.concat([Buffer.of(0x82, mask | 127, 0, 0, 0, 0), bytes32(length)]);
  return Buffer.concat([head, Buffer.alloc(isMasked ? 4 : 0, 9), Buffer.alloc(length, 0xff)]);
}

function bytes32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

const lengths = fc.oneof(
  fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 70_000),
  fc.integer({ min: 0, max: 2000 }),
);

test("it is between frames after each whole one, however they are cut, and only there", () => {
  const frames = fc.array(fc.tuple(lengths, fc.boolean()), { minLength: 1, maxLength: 5 });
  void fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 70_000 }), (given, step) => {
      const boundary = new FrameBoundary();
      const ends = new Set([0]);
      const parts = given.map(([length, isMasked]) => frame(length, isMasked));
      let end = 0;
      for (const part of parts) {
        end += part.length;
        ends.add(end);
      }
      const all = Buffer.concat(parts);
      for (let at = 0; at < all.length; at += step) {
        expect(boundary.isBetweenFrames).toBe(ends.has(at));
        boundary.push(all.subarray(at, at + step));
      }
      expect(boundary.isBetweenFrames).toBe(true);
    }),
    { numRuns: 60 },
  );
});
