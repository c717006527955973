/** The client's request: what plugins read, and change before it goes to the upstream. */
import type { Readable } from "node:stream";
import type { HeaderList } from "./header-list.ts";
import { QueryArgs } from "./query-args.ts";
import { BodyTooLargeError, readAll } from "./read-body.ts";
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
};

/** The largest body that is held in memory where no plugin says otherwise. */
export const HELD_BODY_BYTES_MAX = 64 * 1024 * 1024;

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
  private reading: Promise<Buffer> | undefined;

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
    const length = this.headers.get("content-length");
    return length === undefined ? undefined : Number(length);
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
    if (this.held !== undefined) return checkSize(this.held, bytesMax);
    if (this.source === undefined) return Promise.resolve(Buffer.alloc(0));
    if ((this.contentLength ?? 0) > bytesMax)
      return Promise.reject(new BodyTooLargeError(bytesMax));
    if (this.reading !== undefined) {
      return this.reading.then((bytes) => checkSize(bytes, bytesMax));
    }
    this.reading = readAll(this.source, bytesMax).then((bytes) => {
      this.held = bytes;
      return bytes;
    });
    return this.reading;
  }

  /** Takes the place of the client's body, which is not read any more. */
  setBody(body: string | Uint8Array): void {
    this.held = typeof body === "string" ? Buffer.from(body) : Buffer.from(body);
    this.reading = Promise.resolve(this.held);
  }

  /** For the upstream call: what is in memory, else the stream as it comes. */
  get bodySource(): Buffer | Readable | undefined {
    if (this.held !== undefined) return this.held.length === 0 ? undefined : this.held;
    return this.source;
  }
}

async function checkSize(bytes: Buffer, bytesMax: number): Promise<Buffer> {
  if (bytes.length > bytesMax) throw new BodyTooLargeError(bytesMax);
  return bytes;
}
