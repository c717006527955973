import type { Readable } from "node:stream";

/** A body is longer than its reader takes; the pipeline answers 413 if nobody catches it. */
export class BodyTooLargeError extends Error {
  readonly bytesMax: number;

  constructor(bytesMax: number) {
    super(`request size ${bytesMax} exceeded: the body is larger than that`);
    this.bytesMax = bytesMax;
  }
}

/** The peer went away before the body was complete. */
export class BodyAbortedError extends Error {}

/** Everything the stream has; rejects with one of the two errors above. */
export function readAll(stream: Readable, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    // The listeners stay: taking them away costs more than they do, and errors have one.
    let isSettled = false;
    const onData = (part: Buffer): void => {
      if (isSettled) return;
      length += part.length;
      parts.push(part);
      if (length > bytesMax) finish(() => reject(new BodyTooLargeError(bytesMax)));
    };
    const onEnd = (): void => {
      const [first] = parts;
      const isWhole = first !== undefined && first.length === length;
      finish(() => resolve(isWhole ? first : Buffer.concat(parts, length)));
    };
    const onClose = (): void =>
      finish(() => reject(new BodyAbortedError("the body is incomplete")));
    const finish = (settle: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      if (length > bytesMax) stream.pause();
      settle();
    };
    stream.on("data", onData).on("end", onEnd).on("error", onClose).on("close", onClose);
  });
}
