/**
 * Reads HTTP/1 answers from pieces of bytes. Strict: what could be read in two ways is an error
 * (RFC 9112: line ends are CRLF, no folded lines, one framing).
 */
import { HeaderList, TOKEN } from "../header-list.ts";

/** The head of an answer; a longer one is refused. */
export const HEAD_BYTES_MAX = 64 * 1024;
const CHUNK_LINE_BYTES_MAX = 1024;

export type AnswerHead = {
  readonly status: number;
  readonly headers: HeaderList;
  readonly keepsAlive: boolean;
  /** How long the connection may be used again; infinite where the node does not say. */
  readonly keptMs: number;
};

export type ParserEvents = {
  /** Also of interim answers (100 to 199). */
  head(head: AnswerHead): void;
  data(chunk: Buffer): void;
  /** The answer is complete. */
  end(): void;
  /** After a 101: bytes of the other protocol that came with the head. */
  upgraded(rest: Buffer): void;
};

/** The bytes are not an answer that can be trusted. */
export class AnswerSyntaxError extends Error {}

type State =
  | "head"
  | "length"
  | "close"
  | "chunk-size"
  | "chunk"
  | "chunk-end"
  | "trailer"
  | "done";

const HEAD_END = "\r\n\r\n";

export class ResponseParser {
  private readonly events: ParserEvents;
  private state: State = "head";
  private held: Buffer | undefined;
  private remaining = 0;
  private isHeadRequest = false;
  private upgrades = false;

  constructor(events: ParserEvents) {
    this.events = events;
  }

  /** For the next answer on the connection. */
  expect(isHeadRequest: boolean, upgrades: boolean): void {
    this.state = "head";
    this.held = undefined;
    this.isHeadRequest = isHeadRequest;
    this.upgrades = upgrades;
  }

  get isComplete(): boolean {
    return this.state === "done";
  }

  /** Throws `AnswerSyntaxError`. */
  push(piece: Buffer): void {
    let bytes = piece;
    while (bytes.length > 0) {
      const rest = this.step(bytes);
      if (rest === undefined) return;
      bytes = rest;
    }
  }

  /** The connection's end: true when it is the answer's end too. */
  close(): boolean {
    if (this.state !== "close") return this.state === "done";
    this.state = "done";
    this.events.end();
    return true;
  }

  /** What is left for the next state; undefined: more bytes are needed. */
  private step(bytes: Buffer): Buffer | undefined {
    switch (this.state) {
      case "head":
        return this.readHead(bytes);
      case "length":
        return this.readCounted(bytes, "done");
      case "close":
        this.events.data(bytes);
        return undefined;
      case "chunk-size":
        return this.readChunkSize(bytes);
      case "chunk":
        return this.readCounted(bytes, "chunk-end");
      case "chunk-end":
        return this.readChunkEnd(bytes);
      case "trailer":
        return this.readTrailer(bytes);
      case "done":
        throw new AnswerSyntaxError("bytes after the end of the answer");
    }
  }

  private readHead(piece: Buffer): Buffer | undefined {
    const bytes = this.join(piece);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0 || end > HEAD_BYTES_MAX) return this.hold(bytes, HEAD_BYTES_MAX);
    const rest = bytes.subarray(end + HEAD_END.length);
    const head = parseHead(bytes.toString("latin1", 0, end));
    if (head.status === 101) {
      if (!this.upgrades) throw new AnswerSyntaxError("a switch of protocols nobody asked for");
      this.state = "done";
      this.events.head(head);
      this.events.upgraded(rest);
      return undefined;
    }
    if (head.status < 200) return rest;
    this.frame(head);
    return rest;
  }

  private frame(head: AnswerHead): void {
    const { status, headers } = head;
    const codings = headers.getAll("transfer-encoding");
    const lengths = headers.getAll("content-length");
    const hasBody = !this.isHeadRequest && status !== 204 && status !== 304;
    if (codings.length > 0 && lengths.length > 0) throw new AnswerSyntaxError("two framings");
    if (codings.length > 0 && codings.join().trim().toLowerCase() !== "chunked") {
      throw new AnswerSyntaxError("an unknown transfer coding");
    }
    const [length] = lengths;
    if (lengths.length > 1 || (length !== undefined && !/^\d{1,15}$/.test(length))) {
      throw new AnswerSyntaxError("a malformed length");
    }
    if (!hasBody) this.state = "done";
    else if (codings.length > 0) this.state = "chunk-size";
    else if (length === undefined) this.state = "close";
    else this.state = length === "0" ? "done" : "length";
    this.remaining = Number(length ?? 0);
    this.events.head(this.state === "close" ? { ...head, keepsAlive: false } : head);
    if (this.state === "done") this.events.end();
  }

  private readCounted(bytes: Buffer, next: "done" | "chunk-end"): Buffer | undefined {
    const isAll = bytes.length >= this.remaining;
    const part = bytes.length > this.remaining ? bytes.subarray(0, this.remaining) : bytes;
    this.remaining -= part.length;
    if (!isAll) {
      this.events.data(part);
      return undefined;
    }
    this.state = next;
    this.events.data(part);
    if (next === "done") this.events.end();
    return bytes.subarray(part.length);
  }

  private readChunkSize(piece: Buffer): Buffer | undefined {
    const bytes = this.join(piece);
    const end = bytes.indexOf("\r\n");
    if (end < 0 || end > CHUNK_LINE_BYTES_MAX) return this.hold(bytes, CHUNK_LINE_BYTES_MAX);
    const line = bytes.toString("latin1", 0, end);
    const match = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r\n]*)?$/.exec(line);
    if (match === null) throw new AnswerSyntaxError("a malformed chunk size");
    this.remaining = Number.parseInt(match[1] ?? "", 16);
    this.state = this.remaining === 0 ? "trailer" : "chunk";
    return bytes.subarray(end + 2);
  }

  private readChunkEnd(piece: Buffer): Buffer | undefined {
    const bytes = this.join(piece);
    if (bytes.length < 2) return this.hold(bytes, 2);
    if (bytes[0] !== 0x0d || bytes[1] !== 0x0a) throw new AnswerSyntaxError("a chunk too long");
    this.state = "chunk-size";
    return bytes.subarray(2);
  }

  /** Trailers are read over: they cannot be sent on where the client did not ask for them. */
  private readTrailer(piece: Buffer): Buffer | undefined {
    const bytes = this.join(piece);
    const end = bytes.indexOf("\r\n");
    if (end < 0 || end > HEAD_BYTES_MAX) return this.hold(bytes, HEAD_BYTES_MAX);
    if (end === 0) {
      this.state = "done";
      this.events.end();
    }
    return bytes.subarray(end + 2);
  }

  private join(piece: Buffer): Buffer {
    const { held } = this;
    if (held === undefined) return piece;
    this.held = undefined;
    return Buffer.concat([held, piece]);
  }

  private hold(bytes: Buffer, bytesMax: number): undefined {
    if (bytes.length > bytesMax) throw new AnswerSyntaxError("a line or head too long");
    this.held = bytes;
  }
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\r\n]*)?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const BAD_VALUE = /[\0-\x08\x0a-\x1f\x7f]/;

function parseHead(text: string): AnswerHead {
  const lines = text.split("\r\n");
  const status = STATUS_LINE.exec(lines[0] ?? "");
  if (status === null) throw new AnswerSyntaxError("a malformed status line");
  const headers = new HeaderList();
  let keptMs = Number.POSITIVE_INFINITY;
  for (let at = 1; at < lines.length; at++) {
    const line = lines[at] as string;
    parseField(line, headers);
    // Most answers have no field with this letter: cheaper than to look for one by its name.
    if ((line.charCodeAt(0) | 0x20) === LETTER_K) keptMs = keptMsOf(line) ?? keptMs;
  }
  const connection = headers.get("connection")?.toLowerCase();
  const keepsAlive =
    status[1] === "1"
      ? !connection?.includes("close")
      : connection?.includes("keep-alive") === true;
  return { status: Number(status[2]), headers, keepsAlive, keptMs };
}

const LETTER_K = 0x6b;
/** Before the node closes an idle connection, so that no request meets that. */
const MARGIN_MS = 1000;

/** By `Keep-Alive: timeout=<seconds>`. */
function keptMsOf(line: string): number | undefined {
  const [, seconds] = /^keep-alive:.*\btimeout=(\d+)/i.exec(line) ?? [];
  if (seconds === undefined) return undefined;
  const ms = Number(seconds) * 1000;
  return Math.max(ms - MARGIN_MS, ms / 2);
}

function parseField(line: string, headers: HeaderList): void {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  if (colon <= 0 || !TOKEN.test(name)) throw new AnswerSyntaxError("a malformed header name");
  const value = line.slice(colon + 1).trim();
  if (BAD_VALUE.test(value)) throw new AnswerSyntaxError("a malformed header value");
  headers.raw.push(name, value);
}
