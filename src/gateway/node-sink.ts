/** Answers through node's HTTP/1 and HTTP/2 responses. */
import type { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import { reasonOf } from "./error-page.ts";
import type { HeaderList } from "./header-list.ts";
import type { Sink } from "./sink.ts";
import { atEndOfTurn } from "./turn.ts";

/** Up to here copying is cheaper than a second buffer. */
const ONE_WRITE_BYTES_MAX = 16 * 1024;

export class Http1Sink implements Sink {
  private readonly response: ServerResponse;
  private isSettled = false;
  private hasWritten = false;
  private readonly listeners: ((complete: boolean) => void)[] = [];

  constructor(response: ServerResponse) {
    this.response = response;
    response.on("finish", () => this.settle(true));
    response.on("close", () => this.settle(response.writableFinished));
    response.on("error", () => this.settle(false));
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

  end(chunk?: Uint8Array): void {
    if (chunk !== undefined && chunk.length <= ONE_WRITE_BYTES_MAX && !this.hasWritten) {
      // As a text it goes into one buffer with the head: one system call, not a list of two.
      const { buffer, byteOffset, length } = chunk;
      const text = Buffer.from(buffer, byteOffset, length).toString("latin1");
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

  onDone(listener: (complete: boolean) => void): void {
    this.listeners.push(listener);
  }

  protected settle(complete: boolean): void {
    if (this.isSettled) return;
    this.isSettled = true;
    for (const listener of this.listeners) listener(complete);
  }
}

/** HTTP/2 has neither reason phrases nor headers about connections. */
const NOT_IN_HTTP2 = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade"]);

export class Http2Sink implements Sink {
  private readonly response: Http2ServerResponse;
  private isSettled = false;
  private readonly listeners: ((complete: boolean) => void)[] = [];

  constructor(response: Http2ServerResponse) {
    this.response = response;
    response.on("finish", () => this.settle(true));
    response.stream.on("close", () => this.settle(response.writableEnded));
    response.stream.on("error", () => this.settle(false));
  }

  get isGone(): boolean {
    return this.response.stream === undefined || this.response.stream.destroyed;
  }

  head(status: number, headers: HeaderList): void {
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
    return this.response.write(chunk);
  }

  end(chunk?: Uint8Array): void {
    if (chunk === undefined) this.response.end();
    else this.response.end(chunk);
  }

  abort(): void {
    this.response.stream.close(2);
  }

  onDrain(listener: () => void): void {
    this.response.on("drain", listener);
  }

  onDone(listener: (complete: boolean) => void): void {
    this.listeners.push(listener);
  }

  protected settle(complete: boolean): void {
    if (this.isSettled) return;
    this.isSettled = true;
    for (const listener of this.listeners) listener(complete);
  }
}
