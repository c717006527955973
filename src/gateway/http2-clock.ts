/**
 * How long clients of HTTP/2 are waited for. Node's own clocks do not do: that of a stream stands
 * still while any other stream of its connection sends something.
 */
import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Duplex } from "node:stream";

export type Http2ClockOptions = {
  /** A stream may wait this long for its client to take something of the answer, milliseconds. */
  readonly stallMs: number;
  /** A connection may be without streams for this long, milliseconds. */
  readonly idleMs: number;
};

type Waiting = { bytes: number; sinceMs: number; isGivenUp: boolean };
type Watched = {
  /** A session cannot break off what its peer does not take. */
  readonly socket: Duplex;
  readonly streams: Map<ServerHttp2Stream, Waiting>;
  idleSinceMs: number;
};

/** RFC 9113 7: the stream is not needed any more. */
export const CANCEL = 0x8;
/** Of a limit: how much later than that its end may be noticed. */
const TICKS = 4;

export class Http2Clock {
  private readonly options: Http2ClockOptions;
  private readonly sessions = new Map<ServerHttp2Session, Watched>();
  private timer: NodeJS.Timeout | undefined;

  constructor(options: Http2ClockOptions) {
    this.options = options;
  }

  watch(session: ServerHttp2Session, socket: Duplex): void {
    const streams = new Map<ServerHttp2Stream, Waiting>();
    const watched: Watched = { socket, streams, idleSinceMs: performance.now() };
    this.sessions.set(session, watched);
    session.on("stream", (stream: ServerHttp2Stream) => {
      const waiting = { bytes: 0, sinceMs: performance.now(), isGivenUp: false };
      streams.set(stream, waiting);
      stream.on("drain", () => {
        waiting.sinceMs = performance.now();
      });
      stream.once("close", () => {
        streams.delete(stream);
        watched.idleSinceMs = performance.now();
      });
    });
    session.once("close", () => this.forget(session));
    const { stallMs, idleMs } = this.options;
    this.timer ??= setInterval(() => this.tick(), Math.min(stallMs, idleMs) / TICKS).unref();
  }

  private forget(session: ServerHttp2Session): void {
    this.sessions.delete(session);
    if (this.sessions.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private tick(): void {
    const nowMs = performance.now();
    for (const [session, { socket, streams, idleSinceMs }] of this.sessions) {
      for (const [stream, waiting] of streams) this.look(stream, waiting, socket, nowMs);
      if (streams.size > 0 || nowMs - idleSinceMs < this.options.idleMs) continue;
      // The first time it is told; a client that does not go then is not asked again.
      if (session.closed) socket.destroy();
      else session.close();
    }
  }

  private look(stream: ServerHttp2Stream, waiting: Waiting, socket: Duplex, nowMs: number): void {
    const { bufferSize: bytes } = stream;
    // Nothing waits for the client while the answer is being made. Node ends a HEAD's before.
    const isBeingMade = !stream.headersSent || !stream.writableEnded;
    const isOurs = bytes === 0 && isBeingMade && !waiting.isGivenUp;
    if (isOurs || bytes !== waiting.bytes) {
      waiting.bytes = bytes;
      waiting.sinceMs = nowMs;
      return;
    }
    if (nowMs - waiting.sinceMs < this.options.stallMs) return;
    // Not even the end of the stream is taken.
    if (waiting.isGivenUp) socket.destroy();
    else stream.close(CANCEL);
    waiting.isGivenUp = true;
    waiting.sinceMs = nowMs;
  }
}
