import { expect, test } from "vitest";
import {
  FRAME,
  FrameReader,
  frameRoom,
  HEADER_BYTES,
  writeFrame,
} from "../../../src/container/frames.ts";

type Seen = { type: number; sequence: number; meta: string; body: string };

function reader(max = 1 << 20): { readonly seen: Seen[]; readonly reader: FrameReader } {
  const seen: Seen[] = [];
  const made = new FrameReader(max, (type, _f, _s, sequence, _b, bytes, meta, body, end) =>
    seen.push({
      type,
      sequence,
      meta: bytes.toString("utf8", meta, body),
      body: bytes.toString("utf8", body, end),
    }),
  );
  return { seen, reader: made };
}

function frames(list: readonly Seen[]): Buffer {
  const room = list.reduce((sum, { meta, body }) => sum + frameRoom(meta, body), 0);
  const bytes = Buffer.alloc(room);
  let end = 0;
  for (const { type, sequence, meta, body } of list) {
    end = writeFrame(bytes, end, type, sequence, meta, body);
  }
  return bytes.subarray(0, end);
}

const LIST: Seen[] = [
  { type: FRAME.run, sequence: 1, meta: "", body: '{"a":"€"}' },
  { type: FRAME.reply, sequence: 0xffffffff, meta: "line\nline ü", body: "" },
  { type: FRAME.logs, sequence: 7, meta: "", body: "x".repeat(5000) },
];

test("frames come out as they went in, however the stream is cut", () => {
  const bytes = frames(LIST);
  for (const size of [1, 2, 3, 19, 20, 21, 100, 4999, bytes.length]) {
    const { seen, reader: made } = reader();
    for (let at = 0; at < bytes.length; at += size) {
      const piece = Buffer.from(bytes.subarray(at, at + size));
      expect(made.push(piece, piece.length)).toBe(true);
      piece.fill(0xee);
    }
    expect(seen).toEqual(LIST);
  }
});

test("a frame of the allowed length passes, a longer one is refused", () => {
  const body = "x".repeat(100);
  const bytes = frames([{ type: FRAME.reply, sequence: 1, meta: "", body }]);
  const max = HEADER_BYTES + 100;
  expect(reader(max).reader.push(bytes, bytes.length)).toBe(true);
  expect(reader(max - 1).reader.push(bytes, bytes.length)).toBe(false);
  const late = reader(max - 1).reader;
  expect(late.push(bytes, 10)).toBe(true);
  const rest = bytes.subarray(10);
  expect(late.push(rest, rest.length)).toBe(false);
});

test("bytes that are no frames are refused", () => {
  const garbage = Buffer.alloc(64, 0xff);
  expect(reader().reader.push(garbage, garbage.length)).toBe(false);
  const metaLongerThanAll = frames([{ type: FRAME.reply, sequence: 1, meta: "", body: "abc" }]);
  metaLongerThanAll.writeUInt32LE(4, 4);
  expect(reader().reader.push(metaLongerThanAll, metaLongerThanAll.length)).toBe(false);
});
