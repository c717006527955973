/** One connection to a node: an exchange after the other, never two at once. */
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { flowAgain } from "../read-body.ts";
import { atEndOfTurn } from "../turn.ts";
import { type AnswerHead, ResponseParser } from "./response-parser.ts";
import {
  type AnswerBody,
  type BodyReader,
  type Exchange,
  type ExchangeAnswer,
  ExchangeError,
  type FailureKind,
} from "./transport.ts";

/** As much of a streamed body is kept until an answer comes, to be sent again elsewhere. */
const REPEATED_BYTES_MAX = 64 * 1024;

export type ConnectionEvents = {
  /** May serve another exchange. */
  idle(connection: Connection): void;
  closed(connection: Connection): void;
};

/** One of the two is called once: with the answer's head, or why there is none. */
export type Settle = {
  readonly resolve: (answer: ExchangeAnswer) => void;
  readonly reject: (error: ExchangeError) => void;
};

export class Connection implements AnswerBody {
  readonly socket: Socket;
  /** Exchanges begun so far. */
  served = 0;
  /** performance.now() since which it is idle */
  idleSince = 0;
  /** And until which the node says that it keeps it. */
  idleUntil = 0;
  private readonly events: ConnectionEvents;
  private readonly parser: ResponseParser;
  private exchange: Exchange | undefined;
  private settle: Settle | undefined;
  private begunMs = 0;
  private connectMs = 0;
  private keepsAlive = false;
  private keptMs = 0;
  private isRequestSent = false;
  private isAnswerComplete = false;
  private hasReceived = false;
  private isPaused = false;
  private reader: BodyReader | undefined;
  /** Pieces that came before the reader. */
  private early: Buffer[] = [];
  private hasFailed = false;
  private takeBack: (() => Buffer | Readable) | undefined;

  constructor(socket: Socket, events: ConnectionEvents) {
    this.socket = socket;
    this.events = events;
    this.parser = new ResponseParser({
      head: (head) => this.onHead(head),
      data: (chunk) => this.onBody(chunk),
      end: () => this.onComplete(),
      upgraded: (rest) => this.onUpgraded(rest),
    });
    socket.on("data", this.onData);
    socket.on("end", this.onEnd);
    socket.on("error", this.onError);
    socket.on("close", this.onClose);
    socket.on("timeout", this.onTimeout);
  }

  /** Nothing of an answer has come yet. */
  get isUntouched(): boolean {
    return !this.hasReceived;
  }

  /** The body of the request as if nothing of it had been sent; undefined: too much was. */
  unsentBody({ body }: Exchange): { readonly body: Exchange["body"] } | undefined {
    if (body === undefined || Buffer.isBuffer(body)) return { body };
    const { takeBack } = this;
    return takeBack === undefined ? undefined : { body: takeBack() };
  }

  get isUsable(): boolean {
    return this.socket.readyState === "open" && !this.hasFailed;
  }

  /** `begunMs` is when the exchange was asked for, `connectMs` how long connecting took. */
  run(exchange: Exchange, begunMs: number, connectMs: number, settle: Settle): void {
    this.exchange = exchange;
    this.settle = settle;
    this.begunMs = begunMs;
    this.connectMs = connectMs;
    this.served++;
    this.isRequestSent = false;
    this.isAnswerComplete = false;
    this.hasReceived = false;
    this.isPaused = false;
    this.reader = undefined;
    this.early = [];
    this.parser.expect(exchange.method === "HEAD", exchange.upgrades);
    this.send(exchange);
  }

  start(reader: BodyReader): void {
    this.reader = reader;
    const { early, isAnswerComplete } = this;
    this.early = [];
    // A short answer is all there: its reader gets it in one piece.
    const last = isAnswerComplete ? early.pop() : undefined;
    for (const chunk of early) if (!reader.data(chunk)) this.pause();
    if (isAnswerComplete) this.finish(last);
    else if (this.hasFailed) reader.fail();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.socket.resume();
  }

  /** The answer is not wanted any more. */
  destroy(): void {
    if (!this.isAnswerComplete) this.fail("client");
  }

  /** For an idle connection. */
  close(): void {
    this.socket.destroy();
  }

  private send(exchange: Exchange): void {
    const { socket } = this;
    const { body, timeouts } = exchange;
    const head = requestHead(exchange);
    // The head and what is there of the body go out together.
    socket.cork();
    atEndOfTurn(() => socket.uncork());
    socket.write(head, "latin1");
    if (body === undefined || Buffer.isBuffer(body)) {
      socket.setTimeout(timeouts.readMs);
      if (body !== undefined) socket.write(body);
      this.isRequestSent = true;
      return;
    }
    // While the client is waited for, the node is not to blame: its clock stands still.
    socket.setTimeout(0);
    this.sendStream(body, exchange);
  }

  private sendStream(source: Readable, exchange: Exchange): void {
    const { socket } = this;
    const isChunked = exchange.contentLength === undefined;
    let sent = 0;
    // A new connection has not been closed meanwhile.
    let parts: Buffer[] | undefined = this.served > 1 ? [] : undefined;
    const onData = (chunk: Buffer): void => {
      sent += chunk.length;
      if (sent > REPEATED_BYTES_MAX) parts = this.takeBack = undefined;
      parts?.push(chunk);
      if (sent > (exchange.bodyBytesMax ?? Number.POSITIVE_INFINITY)) {
        stop();
        this.fail("too-large");
        return;
      }
      if (isChunked) socket.write(`${chunk.length.toString(16)}\r\n`, "latin1");
      const goesOn = socket.write(chunk);
      if (isChunked) socket.write("\r\n", "latin1");
      if (goesOn) return;
      source.pause();
      socket.setTimeout(exchange.timeouts.sendMs);
    };
    const onDrain = (): void => {
      socket.setTimeout(0);
      source.resume();
    };
    const onEnd = (): void => {
      stop();
      if (isChunked) socket.write("0\r\n\r\n", "latin1");
      this.isRequestSent = true;
      socket.setTimeout(exchange.timeouts.readMs);
    };
    const onGone = (): void => {
      stop();
      this.fail("client");
    };
    const stop = (): void => {
      source.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone);
      socket.off("drain", onDrain).off("close", onSocketClose);
    };
    // What is left of the body has no reader any more; it must flow off all the same. Where it may
    // be taken back that is left to the end of the request.
    const onSocketClose = (): void => {
      stop();
      source.on("error", () => undefined);
      if (this.takeBack === undefined) source.resume();
      else source.pause();
    };
    if (parts !== undefined) {
      this.takeBack = () => {
        stop();
        const bytes = Buffer.concat(parts ?? []);
        if (this.isRequestSent) return bytes;
        source.pause();
        if (bytes.length > 0) source.unshift(bytes);
        return source;
      };
    }
    socket.on("drain", onDrain).on("close", onSocketClose);
    source.on("data", onData).on("end", onEnd).on("error", onGone).on("close", onGone);
    flowAgain(source);
  }

  private readonly onData = (chunk: Buffer): void => {
    if (this.exchange === undefined) {
      // Nobody has asked for anything: this peer cannot be trusted with the next request.
      this.socket.destroy();
      return;
    }
    this.hasReceived = true;
    try {
      this.parser.push(chunk);
    } catch (error) {
      this.fail("protocol", error);
    }
  };

  private readonly onEnd = (): void => {
    if (this.exchange === undefined || this.isAnswerComplete) this.socket.destroy();
    else if (!this.parser.close()) this.fail("reset");
  };

  private readonly onError = (error: Error): void => this.fail("reset", error);

  private readonly onClose = (): void => {
    this.fail("reset");
    this.events.closed(this);
  };

  private readonly onTimeout = (): void => {
    // A client that reads slowly is no fault of the node.
    if (this.exchange !== undefined && !this.isPaused) this.fail("timeout");
  };

  private onHead({ status, headers, keepsAlive, keptMs }: AnswerHead): void {
    this.keepsAlive = keepsAlive;
    this.keptMs = keptMs;
    const { connectMs } = this;
    const answer = {
      status,
      headers,
      body: this,
      connectMs,
      headerMs: performance.now() - this.begunMs,
    };
    if (status === 101) {
      this.socket.setTimeout(0);
      this.detach();
      this.settle?.resolve({ ...answer, socket: this.socket });
    } else {
      this.settle?.resolve(answer);
    }
    this.settle = undefined;
  }

  private onUpgraded(rest: Buffer): void {
    this.exchange = undefined;
    this.socket.pause();
    if (rest.length > 0) this.socket.unshift(rest);
  }

  private onBody(chunk: Buffer): void {
    if (this.reader === undefined) this.early.push(chunk);
    else if (!this.reader.data(chunk)) this.pause();
  }

  private onComplete(): void {
    this.isAnswerComplete = true;
    if (this.reader !== undefined) this.finish();
  }

  /**
   * The answer is complete and its reader has everything but its end. As nginx: a node that did not
   * wait for the rest of the request does not get it, and is not used again.
   */
  private finish(last?: Buffer): void {
    const { reader } = this;
    if (!this.isRequestSent) this.keepsAlive = false;
    this.release();
    reader?.end(last);
  }

  private release(): void {
    this.resume();
    if (this.exchange === undefined) return;
    // An idle connection keeps nothing of its last request alive.
    this.exchange = undefined;
    this.reader = undefined;
    this.takeBack = undefined;
    if (!this.keepsAlive) {
      this.socket.destroy();
      return;
    }
    this.socket.setTimeout(0);
    this.idleSince = performance.now();
    this.idleUntil = this.idleSince + this.keptMs;
    this.events.idle(this);
  }

  private pause(): void {
    if (this.isAnswerComplete) return;
    this.isPaused = true;
    this.socket.pause();
  }

  private fail(kind: FailureKind, cause?: unknown): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.socket.destroy();
    const { settle, reader } = this;
    this.settle = undefined;
    settle?.reject(new ExchangeError(kind, { wasSent: true, cause }));
    // Whoever wanted the body back has it by now.
    this.takeBack = undefined;
    if (!this.isAnswerComplete && this.exchange !== undefined && settle === undefined)
      reader?.fail();
  }

  private detach(): void {
    const { socket } = this;
    socket.off("data", this.onData).off("end", this.onEnd).off("error", this.onError);
    socket.off("close", this.onClose).off("timeout", this.onTimeout);
    socket.on("error", () => undefined);
    this.events.closed(this);
  }
}

/** One character per byte, as header values are kept. As by nginx, without a `Connection`. */
function requestHead({ method, target, headers, body, contentLength }: Exchange): string {
  let text = `${method} ${target} HTTP/1.1\r\n`;
  const { raw } = headers;
  for (let at = 0; at < raw.length; at += 2) text += `${raw[at]}: ${raw[at + 1]}\r\n`;
  if (contentLength !== undefined) text += `Content-Length: ${contentLength}\r\n`;
  else if (body !== undefined) text += "Transfer-Encoding: chunked\r\n";
  return `${text}\r\n`;
}
