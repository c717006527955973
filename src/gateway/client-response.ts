/** The answer on its way to the client. */
import type { Duplex } from "node:stream";
import { reasonOf } from "./error-page.ts";
import { HeaderList, type HeaderValue, isHeaderName } from "./header-list.ts";
import { HOP_BY_HOP } from "./hop-by-hop.ts";

/** Who made the answer: the upstream, a plugin that ended the request, or the gateway itself. */
export type ResponseSource = "upstream" | "plugin" | "gateway";

/** The gateway's own: how long the answer is, and what becomes of the connection. */
export const FRAMING = new RegExp(`^(?:content-length|${HOP_BY_HOP.join("|")})$`, "i");
const SINGLE = new RegExp(
  "^(?:content-type|content-encoding|content-range|accept-ranges|location|refresh|last-modified|" +
    "expires|etag|date|server)$",
  "i",
);

export class ClientResponse {
  /** 0 until there is an answer; may be changed in the header filter. */
  status = 0;
  source: ResponseSource = "gateway";
  /** Bytes of the body sent so far, after all filters. */
  bodyBytesSent = 0;
  /** True from the moment at which the head can no longer be changed. */
  isSent = false;
  private fields: HeaderList | undefined;
  private early: EarlyField[] | undefined;
  private transforms: Duplex[] | undefined;

  /**
   * Bytes of the head as it was handed over, in the form of HTTP/1.1; what the connection adds for
   * itself is not in it. Counted when it is asked for: few requests are.
   */
  get headBytesSent(): number {
    if (!this.isSent) return 0;
    let bytes = `HTTP/1.1 ${this.status} ${reasonOf(this.status)}\r\n\r\n`.length;
    // A name is followed by ": ", its value by the line's end.
    for (const part of this.headers.raw) bytes += part.length + 2;
    return bytes;
  }

  /** From the header filter on; before, fields set with `setHeader` wait for the answer. */
  get headers(): HeaderList {
    this.fields ??= new HeaderList();
    return this.fields;
  }

  /**
   * In any phase up to the header filter; takes the place of what the upstream sends. A name that
   * is none is left out, and so is what frames the answer.
   */
  setHeader(name: string, value: HeaderValue): void {
    if (!isHeaderName(name) || FRAMING.test(name)) return;
    if (this.status !== 0) this.headers.set(name, value);
    else this.remember({ name, value, replaces: true });
  }

  /** As `setHeader`, beside what there is; of some fields there is only one, as in nginx. */
  addHeader(name: string, value: string): void {
    if (!isHeaderName(name) || FRAMING.test(name)) return;
    if (SINGLE.test(name)) this.setHeader(name, value);
    else if (this.status !== 0) this.headers.add(name, value);
    else this.remember({ name, value, replaces: false });
  }

  /** In the header filter. */
  getHeader(name: string): string | undefined {
    return this.headers.get(name);
  }

  removeHeader(name: string): void {
    this.headers.remove(name);
    this.early = this.early?.filter((field) => field.name.toLowerCase() !== name.toLowerCase());
  }

  /** For the pipeline, after the header filter: an answer that has no body says nothing of one. */
  dropBodyFields(): void {
    for (const name of ["content-length", "content-type", "last-modified"]) {
      this.headers.remove(name);
    }
  }

  /**
   * To be called in the header filter by whoever changes the body: its length, encoding and
   * validators no longer hold. The body then goes out in chunks.
   */
  bodyWillChange(): void {
    for (const name of ["content-length", "content-encoding", "last-modified", "etag"]) {
      this.headers.remove(name);
    }
  }

  /**
   * In the header filter: sends the body, as the body filters leave it, through a stream (gzip).
   * Streams follow each other in the order of the calls.
   */
  transform(stream: Duplex): void {
    this.headers.remove("content-length");
    this.transforms ??= [];
    this.transforms.push(stream);
  }

  get bodyTransforms(): readonly Duplex[] {
    return this.transforms ?? [];
  }

  /** For the pipeline: the answer's head, then the fields that were set before it came. */
  begin(status: number, headers: HeaderList, source: ResponseSource): void {
    this.status = status;
    this.fields = headers;
    this.source = source;
    if (this.early === undefined) return;
    for (const { name, value, replaces } of this.early) {
      if (replaces || typeof value === "object") headers.set(name, value);
      else headers.add(name, value);
    }
  }

  private remember(field: EarlyField): void {
    this.early ??= [];
    const lower = field.name.toLowerCase();
    if (field.replaces) this.early = this.early.filter((one) => one.name.toLowerCase() !== lower);
    this.early.push(field);
  }
}

type EarlyField = {
  readonly name: string;
  readonly value: HeaderValue;
  readonly replaces: boolean;
};
