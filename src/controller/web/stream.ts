/**
 * The answer of a web action that streams (docs/web-actions.md, Streams): its head as any answer,
 * then bytes as they come, no faster than the client takes them.
 */
import type { Json } from "../../core/documents.ts";
import type { StreamReader, StreamSource, StreamStop } from "../../core/result-stream.ts";
import { notValid, type WebAnswer } from "./answer.ts";
import { allowsBody, readHead } from "./http-result.ts";
import { contentTypeText, parseMediaType } from "./media-type.ts";
import { commonHeaders, type Exchange, sendFailure, sendNotAcceptable, takes } from "./reply.ts";
import type { Extension } from "./url.ts";

/** What an extension makes of a stream, when it is not `.http`. */
const TYPES: Readonly<Record<Exclude<Extension, "http">, string>> = {
  json: "application/json",
  html: "text/html; charset=UTF-8",
  svg: "image/svg+xml",
  text: "text/plain; charset=UTF-8",
};

type Content = Extract<WebAnswer, { readonly type: "content" }>;

/** `text`: JSON text of the answer without its body. */
export function streamHead(extension: Extension, text: string): WebAnswer {
  const plain = { type: "content", status: 200, headers: [], body: "" } as const;
  if (extension !== "http") return { ...plain, contentType: TYPES[extension] };
  const head = readHead(parsed(text));
  if (head === undefined || !allowsBody(head.status ?? 200)) return notValid("message/http");
  const type = parseMediaType(head.contentType ?? "text/html");
  if (type === undefined) {
    const unknown = "Response did not specify a known content-type.";
    return { type: "failure", status: 400, text: unknown };
  }
  const contentType = contentTypeText({ ...type, charset: "UTF-8" });
  return { ...plain, status: head.status ?? 200, headers: head.headers, contentType };
}

/** Null for what no launcher sends: user code may have written it to the launcher's socket. */
function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

export class StreamAnswer implements StreamReader {
  private readonly exchange: Exchange;
  private readonly extension: Extension;
  private readonly bytesMax: number;
  private readonly fail: (cause: unknown) => void;
  private source: StreamSource | undefined;
  private bytes = 0;
  private isOver = false;

  /** `fail` answers for what went wrong by our fault. */
  constructor(
    exchange: Exchange,
    extension: Extension,
    bytesMax: number,
    fail: (cause: unknown) => void,
  ) {
    this.exchange = exchange;
    this.extension = extension;
    this.bytesMax = bytesMax;
    this.fail = fail;
  }

  /** Never throws: whoever calls reads for all functions of a container. */
  begin(activationId: string, head: string, source: StreamSource): void {
    this.source = source;
    this.exchange.activationId = activationId;
    try {
      this.answer(head);
    } catch (cause) {
      this.fail(cause);
      this.stop("client");
    }
  }

  private answer(head: string): void {
    const { exchange } = this;
    const answer = streamHead(this.extension, head);
    if (answer.type === "failure") {
      sendFailure(exchange, answer.status, answer.text);
      this.stop("client");
    } else if (answer.contentType !== undefined && !this.suits(answer)) {
      sendNotAcceptable(exchange, answer.contentType);
      this.stop("client");
    } else {
      this.open(answer);
      if (exchange.request.method !== "HEAD") return;
      exchange.response.end();
      this.stop("client");
    }
  }

  chunk(bytes: Buffer): void {
    if (this.isOver) return;
    const { response } = this.exchange;
    this.bytes += bytes.length;
    if (this.bytes > this.bytesMax) {
      this.stop("limit");
      response.destroy();
      return;
    }
    const { length } = bytes;
    response.write(Buffer.from(bytes), () => this.source?.grant(length));
  }

  /** The activation has ended. False when it did not answer with a stream. */
  end(isGood: boolean): boolean {
    if (this.source === undefined) return false;
    if (this.isOver) return true;
    this.isOver = true;
    const { response } = this.exchange;
    // Its status is out already: only a cut tells the client that something is missing.
    if (isGood) response.end();
    else response.destroy();
    return true;
  }

  private suits({ status, contentType = "" }: Content): boolean {
    return status >= 400 || takes(this.exchange, contentType);
  }

  private open(answer: Content): void {
    const { response } = this.exchange;
    if (response.destroyed) {
      this.stop("client");
      return;
    }
    response.once("close", () => this.stop("client"));
    response.writeHead(answer.status, [
      ...answer.headers.flat(),
      ...commonHeaders(this.exchange),
      "Content-Type",
      answer.contentType ?? "text/html",
    ]);
    response.flushHeaders();
  }

  private stop(why: StreamStop): void {
    if (this.isOver) return;
    this.isOver = true;
    this.source?.cancel(why);
  }
}
