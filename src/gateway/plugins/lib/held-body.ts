/** Keeps the pieces of an answer's body until all are there. */
export class HeldBody {
  private readonly bytesMax: number;
  private readonly finish: (bytes: Buffer) => Buffer;
  private parts: Uint8Array[] = [];
  private length = 0;

  /** What is longer than `bytesMax` is cut there; `finish` turns the bytes into what is given out. */
  constructor(bytesMax: number, finish: (bytes: Buffer) => Buffer) {
    this.bytesMax = bytesMax;
    this.finish = finish;
  }

  /** The body once it is complete, or has reached its limit: then it is not to be called again. */
  take(chunk: Uint8Array, isLast: boolean): Buffer | undefined {
    this.parts.push(chunk);
    this.length += chunk.length;
    if (!isLast && this.length < this.bytesMax) return undefined;
    const whole = Buffer.concat(this.parts, this.length);
    this.parts = [];
    return this.finish(whole.subarray(0, this.bytesMax));
  }
}
