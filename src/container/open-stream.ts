/** The stream of one open call: its order and its window, which user code may try to break. */
import {
  STREAM_CHUNK_BYTES_MAX,
  STREAM_WINDOW_BYTES,
  type StreamReader,
  type StreamSource,
} from "../core/result-stream.ts";
import { FRAME, frameRoom, writeFrame } from "./frames.ts";

/** Offset of the number that a `credit` frame carries. */
const COUNT_OFFSET = 12;

export class OpenStream {
  readonly #reader: StreamReader;
  #credit = STREAM_WINDOW_BYTES;
  #hasBegun = false;

  constructor(reader: StreamReader) {
    this.#reader = reader;
  }

  /** `send` writes a frame of the call while that is open. @returns false for a second head */
  begin(activationId: string, head: string, send: (frame: StreamControl) => void): boolean {
    if (this.#hasBegun) return false;
    this.#hasBegun = true;
    const source: StreamSource = {
      grant: (bytes) => {
        this.#credit += bytes;
        send({ type: FRAME.credit, count: bytes, text: "" });
      },
      cancel: (why) => send({ type: FRAME.cancel, count: 0, text: why }),
    };
    this.#reader.begin(activationId, head, source);
    return true;
  }

  /** @returns false when it comes before the head, or more came than was granted */
  chunk(bytes: Buffer): boolean {
    this.#credit -= bytes.length;
    if (!this.#hasBegun || this.#credit < -STREAM_CHUNK_BYTES_MAX) return false;
    this.#reader.chunk(bytes);
    return true;
  }
}

export type StreamControl = {
  readonly type: number;
  readonly count: number;
  readonly text: string;
};

export function controlFrame(sequence: number, { type, count, text }: StreamControl): Buffer {
  const bytes = Buffer.alloc(frameRoom("", text));
  const end = writeFrame(bytes, 0, type, sequence, "", text);
  bytes.writeUInt32LE(count, COUNT_OFFSET);
  return bytes.subarray(0, end);
}
