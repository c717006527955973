import type { Readable } from "node:stream";

/** A body is longer than its reader takes; the pipeline answers 413 if nobody catches it. */
export class BodyTooLargeError extends Error {
  readonly bytesMax: number;
  /** As many as are known of: announced, or seen so far. */
  readonly bytes: number;

  constructor(bytesMax: number, bytes: number) {
    super(`request size ${bytesMax} exceeded: the body is larger than that`);
    this.bytesMax = bytesMax;
    this.bytes = bytes;
  }
}

/** The peer went away before the body was complete. */
export class BodyAbortedError extends Error {}

/** Everything the stream has; rejects with one of the two errors above. */
export function readAll(stream: Readable, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => collect(stream, bytesMax, resolve, reject));
}

/** As `readAll`, without a promise. */
export function collect(
  stream: Readable,
  bytesMax: number,
  done: (bytes: Buffer) => void,
  fail: (error: Error) => void,
): void {
  if (stream.destroyed) {
    fail(new BodyAbortedError("the body is gone"));
    return;
  }
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let length = 0;
  // The listeners stay: taking them away costs more than they do, and errors have one.
  let isSettled = false;
  stream.on("data", (part: Buffer) => {
    if (isSettled) return;
    length += part.length;
    if (length > bytesMax) {
      isSettled = true;
      stream.pause();
      fail(new BodyTooLargeError(bytesMax, length));
    } else if (first === undefined) first = part;
    else if (more === undefined) more = [first, part];
    else more.push(part);
  });
  stream.on("end", () => {
    if (isSettled) return;
    isSettled = true;
    done(more === undefined ? (first ?? Buffer.alloc(0)) : Buffer.concat(more, length));
  });
  const onClose = (): void => {
    if (isSettled) return;
    isSettled = true;
    fail(new BodyAbortedError("the body is incomplete"));
  };
  stream.on("error", onClose).on("close", onClose);
  flowAgain(stream);
}

export type BodyBeginning = {
  readonly bytes: Buffer;
  /** There is no more of it: the stream has been read. */
  readonly isWhole: boolean;
};

/**
 * The first `bytesMax` bytes of the stream or a piece more, or all it has; what is not all is put
 * back, and the stream waits for its next reader. Rejects with `BodyAbortedError`.
 */
export function readBeginning(stream: Readable, bytesMax: number): Promise<BodyBeginning> {
  return new Promise((resolve, reject) => {
    if (stream.destroyed) throw new BodyAbortedError("the body is gone");
    const parts: Buffer[] = [];
    let length = 0;
    const onData = (part: Buffer): void => {
      length += part.length;
      parts.push(part);
      if (length <= bytesMax) return;
      stop();
      stream.pause();
      const bytes = Buffer.concat(parts, length);
      stream.unshift(bytes);
      resolve({ bytes, isWhole: false });
    };
    const onEnd = (): void => {
      stop();
      resolve({ bytes: Buffer.concat(parts, length), isWhole: true });
    };
    const onClose = (): void => {
      stop();
      // Whoever comes next hears of it too.
      stream.on("error", () => undefined);
      reject(new BodyAbortedError("the body is incomplete"));
    };
    const stop = (): void => {
      stream.off("data", onData).off("end", onEnd).off("error", onClose).off("close", onClose);
    };
    stream.on("data", onData).on("end", onEnd).on("error", onClose).on("close", onClose);
    flowAgain(stream);
  });
}

/** A stream whose beginning was looked at stands still until it is told to go on. */
export function flowAgain(stream: Readable): void {
  if (stream.readableFlowing === false) stream.resume();
}
