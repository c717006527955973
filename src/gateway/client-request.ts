/** The client's request: what plugins read, and change before it goes to the upstream. */
import type { Readable } from "node:stream";
import type { HeaderList } from "./header-list.ts";
import { QueryArgs } from "./query-args.ts";
import { type BodyBeginning, BodyTooLargeError, collect, readBeginning } from "./read-body.ts";
import { escapePath, type Target } from "./uri.ts";

export type RequestHead = {
  readonly method: string;
  /** The target as it stood in the request line. */
  readonly uri: string;
  readonly target: Target;
  readonly headers: HeaderList;
  /** "1.0", "1.1" or "2.0" */
  readonly httpVersion: string;
  readonly scheme: "http" | "https";
  /** Host header or ":authority"; empty when there was none. */
  readonly authority: string;
  readonly framing: Framing;
};

/** What the head as it came says of its message and connection. */
export type Framing = {
  /** Digits. */
  readonly contentLength: string | undefined;
  readonly isChunked: boolean;
  readonly upgrade: string | undefined;
  /** `Forwarded` or a field of its kind is there. */
  readonly saysForwarded: boolean;
};

/** The largest body that is held in memory where no plugin says otherwise. */
export const HELD_BODY_BYTES_MAX = 64 * 1024 * 1024;

/** As nginx's lingering_time: a client that has its answer may send on for this long. */
export const LINGER_MS = 30_000;

export class ClientRequest {
  /** May be changed; `head.method` stays the client's. */
  method: string;
  readonly head: RequestHead;
  /** Headers as they go to the upstream; may be changed. `Host` is decided by `pass_host`. */
  readonly headers: HeaderList;
  /** Target for the upstream, escaped, with query; undefined: follows path and query. */
  upstreamUri: string | undefined;
  /** `Host` for the upstream, before `pass_host`; undefined: the client's. */
  upstreamHost: string | undefined;
  /** The longest body that may pass, also one that is only streamed (413); undefined: any. */
  bodyBytesMax: number | undefined;
  private readonly source: Readable | undefined;
  private changedPath: string | undefined;
  private changedQuery: string | undefined;
  private parsed: QueryArgs | undefined;
  private held: Buffer | undefined;
  /** Who waits for the body while it is read. */
  private readers: BodyReader[] | undefined;
  private failure: Error | undefined;
  private beginning: Buffer | undefined;

  /** `source` is undefined for a request that has no body. */
  constructor(head: RequestHead, source: Readable | undefined) {
    this.head = head;
    this.method = head.method;
    this.headers = head.headers;
    this.source = source;
  }

  /** Decoded and normalised, without query: `$uri`. */
  get path(): string {
    return this.changedPath ?? this.head.target.path;
  }

  /** A change goes upstream escaped, unless `upstreamUri` is set. */
  set path(path: string) {
    this.changedPath = path;
  }

  /** As it stands after "?": `$args`. */
  get query(): string {
    return this.changedQuery ?? this.head.target.query;
  }

  set query(query: string) {
    this.changedQuery = query;
    this.parsed = undefined;
  }

  /** The decoded arguments, to read; `setArgs` changes them. */
  get args(): QueryArgs {
    this.parsed ??= QueryArgs.parse(this.query);
    return this.parsed;
  }

  setArgs(args: QueryArgs): void {
    this.query = args.toString();
  }

  /** The target that is sent: untouched when nothing was changed. */
  get target(): string {
    if (this.upstreamUri !== undefined) return this.upstreamUri;
    const { uri, target } = this.head;
    if (this.changedPath === undefined && this.changedQuery === undefined) {
      if (target.authority === undefined) return uri;
    }
    const query = this.query;
    return query === "" ? escapePath(this.path) : `${escapePath(this.path)}?${query}`;
  }

  get hasBody(): boolean {
    return this.held === undefined ? this.source !== undefined : this.held.length > 0;
  }

  /** Bytes of the body as announced or read; undefined when it comes in chunks. */
  get contentLength(): number | undefined {
    if (this.held !== undefined) return this.held.length;
    if (this.source === undefined) return 0;
    const { contentLength } = this.head.framing;
    return contentLength === undefined ? undefined : Number(contentLength);
  }

  /** The body as far as it is in memory: after `readBody` or `setBody`. */
  get body(): Buffer | undefined {
    return this.held;
  }

  /**
   * Reads the whole body into memory, once; without one it is empty. Rejects with
   * `BodyTooLargeError` beyond `bytesMax`, and when the client goes away.
   */
  readBody(bytesMax: number = this.bodyBytesMax ?? HELD_BODY_BYTES_MAX): Promise<Buffer> {
    return new Promise((resolve, reject) => this.takeBody(bytesMax, resolve, reject));
  }

  /** As `readBody`, without a promise: one of the two is called once, later or at once. */
  takeBody(wanted: number, done: (body: Buffer) => void, fail: (error: Error) => void): void {
    const { held, source, readers, failure } = this;
    const bytesMax = held === undefined ? this.lesserMax(wanted) : wanted;
    const length = this.contentLength ?? 0;
    if (length > bytesMax) fail(new BodyTooLargeError(bytesMax, length));
    else if (held !== undefined) done(held);
    else if (source === undefined) done(NOTHING);
    else if (failure !== undefined) fail(failure);
    else if (readers !== undefined) readers.push({ bytesMax, done, fail });
    else {
      this.readers = [{ bytesMax, done, fail }];
      const whole = (bytes: Buffer): void => this.hold(bytes);
      collect(source, bytesMax, whole, (error) => this.giveUp(error));
    }
  }

  /**
   * For those who only look at the body: all of it, as `readBody`, where it is no longer than
   * `bytesMax`; else its beginning, and it is streamed all the same. Rejects when the client goes
   * away.
   */
  async peekBody(bytesMax: number): Promise<BodyBeginning> {
    if (this.readers !== undefined) await this.readBody();
    if (this.held !== undefined) return { bytes: this.held, isWhole: true };
    if (this.source === undefined) return { bytes: Buffer.alloc(0), isWhole: true };
    const found = await readBeginning(this.source, this.lesserMax(bytesMax));
    if (found.isWhole) this.setBody(found.bytes);
    else this.beginning = found.bytes;
    return found;
  }

  /** As much of the body as is known: what was read or set, else what was peeked at. */
  get knownBody(): Buffer | undefined {
    return this.held ?? this.beginning;
  }

  /** Takes the place of the client's body, which is not read any more. */
  setBody(body: string | Uint8Array): void {
    this.held = typeof body === "string" ? Buffer.from(body) : Buffer.from(body);
  }

  /** Of the client's own body: nobody gets more of it than may pass. */
  private lesserMax(bytesMax: number): number {
    return Math.min(bytesMax, this.bodyBytesMax ?? bytesMax);
  }

  private hold(bytes: Buffer): void {
    // What a plugin has set meanwhile stays.
    this.held ??= bytes;
    for (const { bytesMax, done, fail } of this.endReading()) {
      if (bytes.length > bytesMax) fail(new BodyTooLargeError(bytesMax, bytes.length));
      else done(bytes);
    }
  }

  private giveUp(error: Error): void {
    this.failure = error;
    for (const { fail } of this.endReading()) fail(error);
  }

  private endReading(): readonly BodyReader[] {
    const readers = this.readers ?? [];
    this.readers = undefined;
    return readers;
  }

  /** The answer is over: what the client still sends flows off, for so long. */
  drop(): void {
    const { source } = this;
    if (source === undefined || source.readableEnded || source.destroyed) return;
    if (source.readableFlowing === false) source.resume();
    const clock = setTimeout(() => source.destroy(), LINGER_MS).unref();
    source.once("close", () => clearTimeout(clock)).once("end", () => clearTimeout(clock));
  }

  /** For the upstream call: what is in memory, else the stream as it comes. */
  get bodySource(): Buffer | Readable | undefined {
    if (this.held !== undefined) return this.held.length === 0 ? undefined : this.held;
    return this.source;
  }
}

type BodyReader = {
  readonly bytesMax: number;
  readonly done: (body: Buffer) => void;
  readonly fail: (error: Error) => void;
};

const NOTHING = Buffer.alloc(0);
