/** Answers through node's HTTP/1 and HTTP/2 responses. */
import type { ServerResponse } from "node:http";
import type { Http2ServerResponse, ServerHttp2Stream } from "node:http2";
import { reasonOf } from "./error-page.ts";
import type { HeaderList } from "./header-list.ts";
import type { Sink } from "./sink.ts";
import { atEndOfTurn } from "./turn.ts";

/** Up to here copying is cheaper than a second buffer. */
const ONE_WRITE_BYTES_MAX = 16 * 1024;

/** What is told once when the answer is over. */
class Settling {
  private isSettled = false;
  private readonly listeners: ((complete: boolean) => void)[] = [];

  onDone(listener: (complete: boolean) => void): void {
    this.listeners.push(listener);
  }

  protected settle(complete: boolean): void {
    if (this.isSettled) return;
    this.isSettled = true;
    for (const listener of this.listeners) listener(complete);
  }
}

/** Which no head was written with; of a response that nobody has begun it is 200. */
function refusalOf({ statusCode }: ServerResponse | Http2ServerResponse): number | undefined {
  return statusCode === 200 ? undefined : statusCode;
}

export class Http1Sink extends Settling implements Sink {
  private readonly response: ServerResponse;
  private hasWritten = false;

  constructor(response: ServerResponse) {
    super();
    this.response = response;
    // Comes after the end as well as when the client has gone.
    response.on("close", () => this.settle(response.writableFinished));
    response.on("error", () => this.settle(false));
  }

  get refusal(): number | undefined {
    return refusalOf(this.response);
  }

  get isGone(): boolean {
    return this.response.destroyed || this.response.socket === null;
  }

  head(status: number, headers: HeaderList): void {
    this.response.writeHead(status, reasonOf(status), headers.raw);
  }

  write(chunk: Uint8Array): boolean {
    this.hasWritten = true;
    return this.response.write(chunk);
  }

  end(chunk?: Uint8Array | string): void {
    if (chunk !== undefined && chunk.length <= ONE_WRITE_BYTES_MAX && !this.hasWritten) {
      // As a text it goes into one buffer with the head: one system call, not a list of two.
      const text = typeof chunk === "string" ? chunk : latin1(chunk);
      atEndOfTurn(() => this.response.end(text, "latin1"));
    } else {
      this.response.end(chunk);
    }
  }

  abort(): void {
    this.response.destroy();
  }

  onDrain(listener: () => void): void {
    this.response.on("drain", listener);
  }
}

/** Its end was handed over, and nobody has broken it off before. */
function isWhole(response: Http2ServerResponse, stream: ServerHttp2Stream): boolean {
  return response.writableEnded && !stream.aborted && stream.rstCode === 0;
}

/** RFC 9113 7: something went wrong here. */
const INTERNAL_ERROR = 2;
/** Of more at once nobody could see that a slow client takes something of it. */
const HTTP2_PIECE_BYTES_MAX = 64 * 1024;

function latin1({ buffer, byteOffset, length }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, length).toString("latin1");
}

/** HTTP/2 has neither reason phrases nor headers about connections. */
const NOT_IN_HTTP2 = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

export class Http2Sink extends Settling implements Sink {
  private readonly response: Http2ServerResponse;
  private isInPieces = false;
  private isEnding = false;
  /** What came while a long piece is being handed over. */
  private waiting: Uint8Array[] | undefined;
  private drained: (() => void) | undefined;

  constructor(response: Http2ServerResponse) {
    super();
    this.response = response;
    const { stream } = response;
    // The response's own events do not do: it "finishes" whenever its stream is closed.
    const settle = (): void => this.settle(isWhole(response, stream));
    stream.on("finish", settle);
    stream.on("close", settle);
    stream.on("error", () => this.settle(false));
  }

  get refusal(): number | undefined {
    return refusalOf(this.response);
  }

  get isGone(): boolean {
    const { stream } = this.response;
    return stream === undefined || stream.destroyed || stream.closed;
  }

  /** Throws when nobody is there any more: node would take a second answer for the first one's. */
  head(status: number, headers: HeaderList): void {
    if (this.isGone) throw new Error("the client has gone");
    const object: Record<string, string | string[]> = {};
    for (const [name, value] of headers) {
      const lower = name.toLowerCase();
      if (NOT_IN_HTTP2.has(lower)) continue;
      const before = object[lower];
      object[lower] = before === undefined ? value : [before, value].flat();
    }
    this.response.writeHead(status, object);
  }

  write(chunk: Uint8Array): boolean {
    if (this.isInPieces) {
      this.wait(chunk);
      return false;
    }
    if (chunk.length <= HTTP2_PIECE_BYTES_MAX) return this.response.write(chunk);
    this.isInPieces = true;
    this.writeInPieces(chunk);
    return false;
  }

  end(chunk?: Uint8Array | string): void {
    if (chunk === undefined && !this.isInPieces) {
      this.response.end();
      return;
    }
    this.isEnding = true;
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk;
    if (this.isInPieces) this.wait(bytes);
    else if (bytes !== undefined) this.writeInPieces(bytes);
  }

  abort(): void {
    const { stream } = this.response;
    // It may have its end already, and only that is on its way.
    if (!stream.closed) stream.close(INTERNAL_ERROR);
  }

  onDrain(listener: () => void): void {
    this.drained = listener;
    this.response.on("drain", () => {
      if (!this.isInPieces) listener();
    });
  }

  private wait(chunk: Uint8Array | undefined): void {
    if (chunk === undefined) return;
    this.waiting ??= [];
    this.waiting.push(chunk);
  }

  /** Each when the one before was taken; nothing more when the client has gone. */
  private writeInPieces(chunk: Uint8Array): void {
    if (chunk.length <= HTTP2_PIECE_BYTES_MAX) {
      this.finishPieces(chunk);
      return;
    }
    this.response.write(chunk.subarray(0, HTTP2_PIECE_BYTES_MAX), (error) => {
      const isTaken = error === null || error === undefined;
      if (isTaken) this.writeInPieces(chunk.subarray(HTTP2_PIECE_BYTES_MAX));
    });
  }

  private finishPieces(last: Uint8Array): void {
    const { waiting } = this;
    if (waiting !== undefined) {
      this.waiting = undefined;
      this.writeInPieces(Buffer.concat([last, ...waiting]));
      return;
    }
    this.isInPieces = false;
    if (this.isEnding) this.response.end(last);
    else if (this.response.write(last)) this.drained?.();
  }
}
