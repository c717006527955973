/** Runs of one container that leave at the end of this event-loop turn, in one write. */
import { FLAGS_OFFSET, FRAME, frameRoom, writeFrame } from "./frames.ts";

export class RunOutbox {
  readonly #sequences: number[] = [];
  readonly #payloads: string[] = [];
  readonly #flags: number[] = [];

  get isEmpty(): boolean {
    return this.#payloads.length === 0;
  }

  add(sequence: number, payload: string, flags: number): void {
    this.#sequences.push(sequence);
    this.#payloads.push(payload);
    this.#flags.push(flags);
  }

  /** All frames: a part of `scratch`, or bytes of their own when that is too small. Then empty. */
  take(scratch: Buffer): Buffer {
    const payloads = this.#payloads;
    let room = 0;
    for (const payload of payloads) room += frameRoom("", payload);
    const bytes = room <= scratch.length ? scratch : Buffer.allocUnsafe(room);
    let end = 0;
    for (let i = 0; i < payloads.length; i++) {
      const start = end;
      end = writeFrame(bytes, end, FRAME.run, this.#sequences[i] ?? 0, "", payloads[i] ?? "");
      bytes[start + FLAGS_OFFSET] = this.#flags[i] ?? 0;
    }
    payloads.length = 0;
    this.#sequences.length = 0;
    this.#flags.length = 0;
    return bytes.subarray(0, end);
  }
}
