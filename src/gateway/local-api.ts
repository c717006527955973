/** Calls of this program's own API for actions: without a socket, with the same answer. */
import { Readable } from "node:stream";
import type { LocalInvoke, LocalReply } from "../core/local-invoke.ts";
import { HeaderList } from "./header-list.ts";
import type { HttpAnswer, HttpCall, LocalCall } from "./http-call.ts";
import { BodyTooLargeError } from "./read-body.ts";

const SCHEME = "http://";
const TIMEOUT_MS = 3000;

/**
 * Invokes actions whose API is at one of the origins ("http://127.0.0.1:3233", in lower case); any
 * other call, and one that `invoke` does not take, is left to the network.
 */
export function createLocalCall(origins: ReadonlySet<string>, invoke: LocalInvoke): LocalCall {
  return (call) => {
    if (call.method !== "POST") return undefined;
    const path = localPath(origins, call.url);
    return path === undefined ? undefined : perform(invoke, call, path);
  };
}

/** Path and query when the origin is one of these. */
function localPath(origins: ReadonlySet<string>, url: string): string | undefined {
  if (!url.startsWith(SCHEME)) return undefined;
  const at = url.indexOf("/", SCHEME.length);
  if (at < 0 || !origins.has(url.slice(0, at).toLowerCase())) return undefined;
  return url.slice(at);
}

function perform(
  invoke: LocalInvoke,
  call: HttpCall,
  url: string,
): Promise<HttpAnswer> | undefined {
  const { headers, body, timeoutMs = TIMEOUT_MS, signal } = call;
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const clock = setTimeout(() => reject(new Error("timeout")), timeoutMs);
  const request = {
    url,
    authorization: headers?.get("authorization"),
    contentType: headers?.get("content-type"),
    requestId: headers?.get("x-request-id"),
    body: typeof body === "string" ? Buffer.from(body) : body,
  };
  const isTaken = invoke(request, (reply) => {
    clearTimeout(clock);
    resolve(new LocalAnswer(reply));
  });
  if (!isTaken) {
    clearTimeout(clock);
    return undefined;
  }
  if (signal !== undefined) rejectAtAbort(signal, clock, reject);
  return promise;
}

function rejectAtAbort(
  signal: AbortSignal,
  clock: NodeJS.Timeout,
  reject: (cause: unknown) => void,
): void {
  const abort = (): void => {
    clearTimeout(clock);
    reject(signal.reason);
  };
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
}

class LocalAnswer implements HttpAnswer {
  readonly status: number;
  private readonly reply: LocalReply;

  constructor(reply: LocalReply) {
    this.status = reply.status;
    this.reply = reply;
  }

  get headers(): HeaderList {
    return new HeaderList([...this.reply.headers]);
  }

  get body(): Readable {
    return Readable.from([Buffer.from(this.reply.body)]);
  }

  async bytes(bytesMax = Number.POSITIVE_INFINITY): Promise<Buffer> {
    const bytes = Buffer.from(this.reply.body);
    if (bytes.length > bytesMax) throw new BodyTooLargeError(bytesMax);
    return bytes;
  }

  async text(bytesMax = Number.POSITIVE_INFINITY): Promise<string> {
    const { body } = this.reply;
    if (Buffer.byteLength(body) > bytesMax) throw new BodyTooLargeError(bytesMax);
    return body;
  }
}
