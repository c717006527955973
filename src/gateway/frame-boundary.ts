/** Follows one direction of a WebSocket, to know where between two frames something may be said. */

const HEAD_BYTES_MAX = 14;
const MASKED = 0x80;
const TWO_BYTES = 126;
const EIGHT_BYTES = 127;

export class FrameBoundary {
  private readonly head = Buffer.alloc(HEAD_BYTES_MAX);
  private headBytes = 0;
  /** Of the frame's payload. */
  private remaining = 0;

  get isBetweenFrames(): boolean {
    return this.remaining === 0 && this.headBytes === 0;
  }

  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.remaining > 0) {
        const count = Math.min(this.remaining, chunk.length - at);
        this.remaining -= count;
        at += count;
      } else {
        this.head[this.headBytes++] = chunk[at++] as number;
        this.readHead();
      }
    }
  }

  /** RFC 6455 5.2: two bytes, a longer length, a mask. */
  private readHead(): void {
    const { head, headBytes } = this;
    if (headBytes < 2) return;
    const length = (head[1] as number) & ~MASKED;
    const lengthBytes = length === TWO_BYTES ? 2 : length === EIGHT_BYTES ? 8 : 0;
    const maskBytes = ((head[1] as number) & MASKED) === 0 ? 0 : 4;
    if (headBytes < 2 + lengthBytes + maskBytes) return;
    this.headBytes = 0;
    if (lengthBytes === 0) this.remaining = length;
    else if (lengthBytes === 2) this.remaining = head.readUInt16BE(2);
    else this.remaining = Number(head.readBigUInt64BE(2));
  }
}
