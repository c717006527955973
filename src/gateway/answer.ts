/** Sends answers through the filters of the plugins to the client. */
import type { Duplex } from "node:stream";
import { type ClientResponse, FRAMING } from "./client-response.ts";
import { errorPage, hasPage } from "./error-page.ts";
import { HeaderList, isHeaderName } from "./header-list.ts";
import type { BodyFilter } from "./phases.ts";
import type { PluginExit } from "./plugin.ts";
import type { Sink } from "./sink.ts";

const EMPTY = Buffer.alloc(0);
const TEXT = "text/plain; charset=utf-8";

/** A text is ASCII: each of its characters is one byte. */
export type ExitBody = Uint8Array | string | AsyncIterable<Uint8Array> | undefined;

/** Head and body of an answer that a plugin gives, with nginx's default type and pages. */
export function exitHead(exit: PluginExit): { headers: HeaderList; body: ExitBody } {
  const headers = new HeaderList();
  const { body, status } = exit;
  if (exit.headers !== undefined) addHeaders(headers, exit.headers, isStream(body));
  if (isStream(body)) {
    setDefault(headers, "Content-Type", TEXT);
    return { headers, body };
  }
  if (body === undefined && hasPage(status)) return page(status, headers);
  const bytes = encode(body);
  // A body that is not there has no type either.
  if (bytes.length > 0 || body !== undefined) setDefault(headers, "Content-Type", TEXT);
  if (mayHaveBody(status)) headers.set("Content-Length", bytes.length);
  return { headers, body: bytes };
}

/** How the answer is framed is not the plugin's to say, but for the length of a stream. */
function addHeaders(
  headers: HeaderList,
  own: NonNullable<PluginExit["headers"]>,
  knowsLength: boolean,
): void {
  for (const name of Object.keys(own)) {
    const isOurs = FRAMING.test(name) && !(knowsLength && /^content-length$/i.test(name));
    if (isHeaderName(name) && !isOurs) headers.set(name, own[name] ?? "");
  }
}

function page(status: number, headers: HeaderList): { headers: HeaderList; body: ExitBody } {
  const bytes = Buffer.from(errorPage(status));
  headers.set("Content-Type", "text/html; charset=utf-8");
  headers.set("Content-Length", bytes.length);
  return { headers, body: bytes };
}

export function mayHaveBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

function setDefault(headers: HeaderList, name: string, value: string): void {
  if (!headers.has(name)) headers.set(name, value);
}

export function isStream(body: PluginExit["body"] | ExitBody): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

function encode(body: Exclude<PluginExit["body"], AsyncIterable<Uint8Array>>): Uint8Array | string {
  if (body === undefined || body === null) return EMPTY;
  if (body instanceof Uint8Array) return body;
  const text = typeof body === "object" ? `${JSON.stringify(body)}\n` : String(body);
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text);
}

/** Puts each piece through the filters, then the streams, then to the client. */
export class BodyWriter {
  private readonly response: ClientResponse;
  private readonly sink: Sink;
  private readonly filters: readonly BodyFilter[];
  private readonly first: Duplex | undefined;
  /** A HEAD request, or a status without body: what comes is dropped. */
  private readonly isSilent: boolean;
  private drained: (() => void) | undefined;
  private isListening = false;
  /** Waits for the first stream, as `drained` does for the client. */
  private taken: (() => void) | undefined;

  constructor(
    response: ClientResponse,
    sink: Sink,
    filters: readonly BodyFilter[],
    isSilent: boolean,
  ) {
    this.response = response;
    this.sink = sink;
    this.filters = filters;
    this.isSilent = isSilent;
    this.first = isSilent ? undefined : this.connect(response.bodyTransforms);
  }

  /** False: the client is slower; wait for `ready` before the next piece. */
  write(chunk: Uint8Array): boolean {
    const bytes = this.filter(chunk, false);
    if (bytes.length === 0 || this.isSilent) return true;
    return this.first === undefined ? this.send(bytes) : this.first.write(bytes);
  }

  /** A text is ASCII. */
  end(chunk: Uint8Array | string = EMPTY): void {
    const bytes = this.filterLast(chunk);
    if (this.first !== undefined) {
      this.first.end(bytes);
      return;
    }
    const isBare = bytes.length === 0 || this.isSilent;
    if (!isBare) this.response.bodyBytesSent += bytes.length;
    this.sink.end(isBare ? undefined : bytes);
  }

  /** Calls back once, when more may be written, or the client has gone. */
  onReady(listener: () => void): void {
    if (this.first === undefined) this.waitForSink(listener);
    else this.waitForFirst(this.first, listener);
  }

  ready(): Promise<void> {
    return new Promise((resolve) => this.onReady(resolve));
  }

  abort(): void {
    this.first?.destroy();
    this.sink.abort();
  }

  /** A text stays one when nothing looks at it. */
  private filterLast(chunk: Uint8Array | string): Uint8Array | string {
    if (this.filters.length === 0) return chunk;
    return this.filter(typeof chunk === "string" ? Buffer.from(chunk) : chunk, true);
  }

  private filter(chunk: Uint8Array, isLast: boolean): Uint8Array {
    let bytes = chunk;
    for (const filter of this.filters) bytes = filter(bytes, isLast);
    return bytes;
  }

  private send(bytes: Uint8Array): boolean {
    this.response.bodyBytesSent += bytes.length;
    return this.sink.write(bytes);
  }

  private waitForSink(listener: () => void): void {
    this.drained = listener;
    if (this.isListening) return;
    this.isListening = true;
    this.sink.onDrain(() => this.wake());
    this.sink.onDone(() => this.wake());
  }

  private waitForFirst(first: Duplex, listener: () => void): void {
    // One that is gone tells nothing any more; its writer looks what has become of the client.
    if (first.closed) setImmediate(listener);
    else this.taken = listener;
  }

  private wake(): void {
    const listener = this.drained;
    this.drained = undefined;
    listener?.();
  }

  private connect(transforms: readonly Duplex[]): Duplex | undefined {
    const [first] = transforms;
    const last = transforms.at(-1);
    if (first === undefined || last === undefined) return undefined;
    for (const [at, stream] of transforms.entries()) {
      stream.on("error", () => this.abort());
      const next = transforms[at + 1];
      if (next !== undefined) stream.pipe(next);
    }
    const taken = (): void => {
      const listener = this.taken;
      this.taken = undefined;
      listener?.();
    };
    // Closed at its end, or with the client.
    first.on("drain", taken).on("close", taken);
    this.drainTo(last).catch(() => this.abort());
    this.sink.onDone((complete) => {
      if (!complete) for (const stream of transforms) stream.destroy();
    });
    return first;
  }

  private async drainTo(last: Duplex): Promise<void> {
    for await (const chunk of last) {
      if (this.sink.isGone) return;
      if (!this.send(chunk as Uint8Array)) await this.sinkReady();
    }
    this.sink.end();
  }

  private sinkReady(): Promise<void> {
    return new Promise((resolve) => this.waitForSink(resolve));
  }
}

/** Writes a plugin's stream piece by piece. */
export async function writeStream(
  writer: BodyWriter,
  source: AsyncIterable<Uint8Array>,
  sink: Sink,
): Promise<void> {
  for await (const chunk of source) {
    if (sink.isGone) return;
    if (!writer.write(chunk)) await writer.ready();
  }
  writer.end();
}
