/** The two ways in which an invocation comes and is answered: HTTP, and in process. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Identity } from "../core/documents.ts";
import type { PlatformError } from "../core/errors.ts";
import type { LocalReply, LocalRequest } from "../core/local-invoke.ts";
import type { TransactionId } from "../core/messages.ts";
import type { InvokeCall } from "./api/invoke.ts";
import type { InvokeTarget } from "./invoke-target.ts";
import { activationHeaders, errorReply, sendActivation } from "./reply.ts";
import { bodyTooLarge, readBody } from "./request.ts";

type Fail = (error: PlatformError) => void;

export class HttpInvokeCall implements InvokeCall {
  readonly transid: TransactionId;
  readonly identity: Identity;
  readonly target: InvokeTarget;
  readonly fail: Fail;
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    transid: TransactionId,
    identity: Identity,
    target: InvokeTarget,
    fail: Fail,
  ) {
    this.request = request;
    this.response = response;
    this.transid = transid;
    this.identity = identity;
    this.target = target;
    this.fail = fail;
  }

  get contentType(): string | undefined {
    return this.request.headers["content-type"];
  }

  get contentLength(): number {
    return Number(this.request.headers["content-length"] ?? 0);
  }

  readBody(bytesMax: number, then: (body: Buffer | PlatformError) => void): void {
    readBody(this.request, bytesMax, then);
  }

  dropBody(): void {
    this.request.resume();
  }

  send(status: number, activationId: string, body: string): void {
    const { response } = this;
    sendActivation({ response, transid: this.transid.id, status, activationId, body });
  }
}

const NOTHING = Buffer.alloc(0);

export class LocalInvokeCall implements InvokeCall {
  readonly transid: TransactionId;
  readonly identity: Identity;
  readonly target: InvokeTarget;
  readonly fail: Fail;
  readonly contentType: string | undefined;
  private readonly body: Buffer;
  private readonly answer: (reply: LocalReply) => void;

  constructor(
    request: LocalRequest,
    answer: (reply: LocalReply) => void,
    transid: TransactionId,
    identity: Identity,
    target: InvokeTarget,
    fail: Fail,
  ) {
    this.answer = answer;
    this.transid = transid;
    this.identity = identity;
    this.target = target;
    this.fail = fail;
    this.contentType = request.contentType;
    this.body = request.body === undefined ? NOTHING : bufferOf(request.body);
  }

  get contentLength(): number {
    return this.body.length;
  }

  readBody(bytesMax: number, then: (body: Buffer | PlatformError) => void): void {
    const { body } = this;
    then(body.length > bytesMax ? bodyTooLarge(body.length, bytesMax) : body);
  }

  /** It is in memory already. */
  dropBody(): void {}

  send(status: number, activationId: string, body: string): void {
    const headers = (): string[] =>
      activationHeaders(this.transid.id, activationId, Buffer.byteLength(body));
    this.answer({ status, headers, body });
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
}

/** What a failed call is answered with. */
export function localFailure(transid: TransactionId, error: PlatformError): LocalReply {
  const { status, headers, body } = errorReply(transid.id, error);
  return { status, headers: () => headers, body };
}
