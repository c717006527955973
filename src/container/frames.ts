/**
 * Frames between the driver and a launcher, over fd 3 of the function (docs/runtime-protocol.md).
 * Written and read on the hot path: no object per frame, one write per event-loop turn, all frames
 * of one read handled in place.
 */
export const HEADER_BYTES = 20;
export const FLAGS_OFFSET = 19;

export const FRAME = {
  /** platform → function; meta: settings as JSON, body: the /init body. */
  init: 1,
  /** platform → function; body: the /run body. */
  run: 2,
  /** platform → function, empty: give back every run that has not begun, the newest first. */
  recall: 3,
  /** platform → function: so many more bytes of a stream may come (in place of the true length). */
  credit: 4,
  /** platform → function; body: why nobody reads a stream on. */
  cancel: 5,
  /** function → platform, once, when it can take an init. */
  ready: 17,
  /** function → platform; meta: log lines, body: the response. */
  reply: 18,
  /** function → platform; meta: log lines of an activation that has not answered yet. */
  logs: 19,
  /** function → platform, empty: this run has not begun and never will here. */
  unstarted: 20,
  /** function → platform; body: the answer without its body, JSON: a stream follows. */
  head: 21,
  /** function → platform; body: bytes of the stream. */
  chunk: 22,
} as const;

/** Flag of `reply` and `logs`: the activation printed more than its limit. */
export const FLAG_LOGS_TRUNCATED = 1;

/** Flag of `reply`: the activation may have printed on fd 1 or 2 past the launcher. */
export const FLAG_DIRECT_OUTPUT = 4;
/** Flag of `run`: it was sent while another one was out. */
export const FLAG_AHEAD = 1;
/** Flag of `run`: the answer may be a stream. */
export const FLAG_STREAM = 2;
/** Flag of `ready`: with concurrency 1 runs may be sent ahead and can be recalled. */
export const FLAG_TAKES_AHEAD = 2;

export type FrameHandler = (
  type: number,
  flags: number,
  status: number,
  sequence: number,
  bodyBytes: number,
  bytes: Buffer,
  metaStart: number,
  bodyStart: number,
  end: number,
) => void;

/** Cuts a stream of bytes into frames. `handler` must not keep `bytes`: the buffer is reused. */
export class FrameReader {
  /** A longer frame is refused. */
  frameBytesMax: number;
  readonly #handler: FrameHandler;
  /** Start of a frame whose end has not come yet; sized for the whole frame once that is known. */
  #pending: Buffer = EMPTY;
  #filled = 0;

  constructor(frameBytesMax: number, handler: FrameHandler) {
    this.frameBytesMax = frameBytesMax;
    this.#handler = handler;
  }

  /** @returns false when the bytes are not frames or a frame is too long: give the peer up. */
  push(chunk: Buffer, length: number): boolean {
    let offset = 0;
    if (this.#filled > 0) {
      offset = this.#complete(chunk, length);
      if (offset < 0) return false;
    }
    while (length - offset >= HEADER_BYTES) {
      const size = this.#sizeAt(chunk, offset);
      if (size < 0) return false;
      if (length - offset < size) {
        this.#keep(chunk, offset, length, size);
        return true;
      }
      this.#emit(chunk, offset, size);
      offset += size;
    }
    if (offset < length) this.#keep(chunk, offset, length, HEADER_BYTES);
    return true;
  }

  /** Fills the pending frame; gives the offset of what follows in `chunk`, or -1 when refused. */
  #complete(chunk: Buffer, length: number): number {
    let offset = 0;
    for (;;) {
      const taken = Math.min(this.#pending.length - this.#filled, length - offset);
      chunk.copy(this.#pending, this.#filled, offset, offset + taken);
      this.#filled += taken;
      offset += taken;
      if (this.#filled < this.#pending.length) return offset;
      const size = this.#sizeAt(this.#pending, 0);
      if (size < 0) return -1;
      if (size === this.#filled) break;
      this.#pending = grown(this.#pending, size);
    }
    const frame = this.#pending;
    this.#pending = EMPTY;
    this.#filled = 0;
    this.#emit(frame, 0, frame.length);
    return offset;
  }

  #keep(chunk: Buffer, offset: number, length: number, size: number): void {
    this.#pending = Buffer.allocUnsafe(size);
    this.#filled = chunk.copy(this.#pending, 0, offset, length);
  }

  /** Bytes of the frame including its header, -1 when it is refused. */
  #sizeAt(bytes: Buffer, offset: number): number {
    const size = HEADER_BYTES + bytes.readUInt32LE(offset);
    const metaBytes = bytes.readUInt32LE(offset + 4);
    return size > this.frameBytesMax || HEADER_BYTES + metaBytes > size ? -1 : size;
  }

  #emit(bytes: Buffer, offset: number, size: number): void {
    const metaStart = offset + HEADER_BYTES;
    this.#handler(
      bytes[offset + 18] ?? 0,
      bytes[offset + 19] ?? 0,
      bytes.readUInt16LE(offset + 16),
      bytes.readUInt32LE(offset + 8),
      bytes.readUInt32LE(offset + 12),
      bytes,
      metaStart,
      metaStart + bytes.readUInt32LE(offset + 4),
      offset + size,
    );
  }
}

const EMPTY = Buffer.alloc(0);

function grown(bytes: Buffer, size: number): Buffer {
  const larger = Buffer.allocUnsafe(size);
  bytes.copy(larger, 0);
  return larger;
}

/** Most bytes a frame of these texts can take (UTF-8 needs at most 3 per UTF-16 unit). */
export function frameRoom(meta: string, body: string): number {
  return HEADER_BYTES + (meta.length + body.length) * 3;
}

/** Writes one frame at `offset`, which must have `frameRoom` bytes; gives the offset behind it. */
export function writeFrame(
  bytes: Buffer,
  offset: number,
  type: number,
  sequence: number,
  meta: string,
  body: string,
): number {
  const metaStart = offset + HEADER_BYTES;
  const metaBytes = meta === "" ? 0 : bytes.write(meta, metaStart);
  const bodyBytes = bytes.write(body, metaStart + metaBytes);
  bytes.writeUInt32LE(metaBytes + bodyBytes, offset);
  bytes.writeUInt32LE(metaBytes, offset + 4);
  bytes.writeUInt32LE(sequence, offset + 8);
  bytes.writeUInt32LE(0, offset + 12);
  bytes.writeUInt16LE(0, offset + 16);
  bytes[offset + 18] = type;
  bytes[offset + FLAGS_OFFSET] = 0;
  return metaStart + metaBytes + bodyBytes;
}
