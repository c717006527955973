/** Calls of this program's own API for actions: without a socket, with the same answer. */
import { Readable } from "node:stream";
import type { LocalInvoke, LocalReply } from "../core/local-invoke.ts";
import { HeaderList } from "./header-list.ts";
import type { HttpAnswer, HttpCall, LocalCall } from "./http-call.ts";
import { BodyTooLargeError } from "./read-body.ts";

const SCHEME = "http://";
const TIMEOUT_MS = 3000;

/** What a URL means; looked at once, since routes repeat theirs. */
type Target = {
  /** Path and query. */
  readonly path: string;
  /** The API answers a blocking call by then, with a 202 if need be; ms. */
  readonly answersWithinMs: number;
};
const TARGETS_MAX = 1000;

/**
 * Invokes actions whose API is at one of the origins ("http://127.0.0.1:3233", in lower case); any
 * other call, and one that `invoke` does not take, is left to the network.
 */
export function createLocalCall(origins: ReadonlySet<string>, invoke: LocalInvoke): LocalCall {
  const targets = new Map<string, Target>();
  return (call, done, fail) => {
    const { url } = call;
    if (call.method !== "POST") return false;
    let target = targets.get(url);
    if (target === undefined) {
      target = targetOf(origins, url);
      if (target === undefined) return false;
      if (targets.size >= TARGETS_MAX) targets.clear();
      targets.set(url, target);
    }
    return perform(invoke, call, target, { done, fail });
  };
}

/** Undefined when the origin is none of these. */
function targetOf(origins: ReadonlySet<string>, url: string): Target | undefined {
  if (!url.startsWith(SCHEME)) return undefined;
  const at = url.indexOf("/", SCHEME.length);
  if (at < 0 || !origins.has(url.slice(0, at).toLowerCase())) return undefined;
  const path = url.slice(at);
  const isBlocking = /[?&]blocking=true(?:&|$)/.test(path);
  const ms = /[?&]timeout=(\d+)(?:&|$)/.exec(path)?.[1];
  const isBounded = isBlocking && ms !== undefined;
  return { path, answersWithinMs: isBounded ? Number(ms) : Number.POSITIVE_INFINITY };
}

type Outcome = {
  readonly done: (answer: HttpAnswer) => void;
  readonly fail: (cause: unknown) => void;
};

function perform(
  invoke: LocalInvoke,
  call: HttpCall,
  { path, answersWithinMs }: Target,
  { done, fail }: Outcome,
): boolean {
  const { headers, body, timeoutMs = TIMEOUT_MS } = call;
  let isOver = false;
  let clock: NodeJS.Timeout | undefined;
  const end = (): boolean => {
    if (isOver) return false;
    isOver = true;
    clearTimeout(clock);
    return true;
  };
  const request = {
    url: path,
    authorization: headers?.get("authorization"),
    contentType: headers?.get("content-type"),
    requestId: headers?.get("x-request-id"),
    body: typeof body === "string" ? Buffer.from(body) : body,
  };
  const isTaken = invoke(request, (reply) => {
    if (end()) done(new LocalAnswer(reply));
  });
  if (!isTaken || isOver) return isTaken;
  if (timeoutMs <= answersWithinMs) {
    clock = setTimeout(() => end() && fail(new Error("timeout")), timeoutMs);
  }
  return true;
}

class LocalAnswer implements HttpAnswer {
  readonly status: number;
  readonly isOwnJson = true;
  private readonly reply: LocalReply;

  constructor(reply: LocalReply) {
    this.status = reply.status;
    this.reply = reply;
  }

  get headers(): HeaderList {
    return new HeaderList(this.reply.headers());
  }

  get body(): Readable {
    return Readable.from([Buffer.from(this.reply.body)]);
  }

  async bytes(bytesMax = Number.POSITIVE_INFINITY): Promise<Buffer> {
    const bytes = Buffer.from(this.reply.body);
    if (bytes.length > bytesMax) throw new BodyTooLargeError(bytesMax, bytes.length);
    return bytes;
  }

  text(bytesMax = Number.POSITIVE_INFINITY): string {
    const { body } = this.reply;
    const bytes = bytesMax < Number.POSITIVE_INFINITY ? Buffer.byteLength(body) : 0;
    if (bytes > bytesMax) throw new BodyTooLargeError(bytesMax, bytes);
    return body;
  }
}
