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

/** The peer sent nothing of the body for too long; the pipeline answers 408. */
export class BodyStalledError extends Error {}

/**
 * Everything the stream has; rejects with one of the errors above. `idleMs`: longest time without a
 * byte; default: any, for streams that are bounded elsewhere.
 */
export function readAll(stream: Readable, bytesMax: number, idleMs?: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let length = 0;
    // The listeners stay: taking them away costs more than they do, and errors have one.
    let isSettled = false;
    const onStall = (): void => finish(() => reject(new BodyStalledError("the body stalls")));
    const clock = idleMs === undefined ? undefined : setTimeout(onStall, idleMs);
    const onData = (part: Buffer): void => {
      if (isSettled) return;
      clock?.refresh();
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
      clearTimeout(clock);
      if (length > bytesMax) stream.pause();
      settle();
    };
    stream.on("data", onData).on("end", onEnd).on("error", onClose).on("close", onClose);
  });
}
