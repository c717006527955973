/**
 * One HTTP exchange over node:http: sends a request with a body of known length in pieces, so that
 * progress can be watched, and collects the whole answer. There is no timeout: a blocking invoke
 * may take as long as the platform lets it.
 */
import type { Agent, ClientRequest, IncomingMessage } from "node:http";
import type { AgentOptions } from "node:https";
import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { connectionProblem } from "./connection-problem.ts";
import type { Answer, Exchange } from "./exchange.ts";
import { ClientFailure } from "./failures.ts";
import { EXCHANGE_REQUESTS_MAX, redirected } from "./redirect.ts";

/** Watches an exchange; all members are called in the order of what happens. */
export type Watcher = {
  started?(exchange: Exchange): void;
  /** bytes of the body given to the network so far */
  sent?(bytes: number, total: number): void;
  finished?(answer: Answer | undefined): void;
};

export type TransportOptions = {
  readonly insecure?: boolean | undefined;
  /** PEM */
  readonly cert?: string | undefined;
  /** PEM */
  readonly key?: string | undefined;
  /** HTTP_PROXY, HTTPS_PROXY, NO_PROXY; not used for this machine itself */
  readonly proxyEnv?: Readonly<Record<string, string | undefined>> | undefined;
};

/**
 * The modules are asked for when they are used: an import of node:http evaluates all it exports, an
 * unused WebSocket among them, which takes twice as long as the rest of a command; node:https is
 * needed for few addresses.
 */
const http = () => process.getBuiltinModule("node:http");
const https = () => process.getBuiltinModule("node:https");
const tls = () => process.getBuiltinModule("node:tls");

const PIECE_BYTES = 64 * 1024;
const ITSELF = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export class Transport {
  readonly #options: TransportOptions;
  readonly #agents = new Map<string, Agent>();

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /**
   * Follows redirects; each exchange on the way is watched. Rejects with a ClientFailure of kind
   * "transport" when no whole answer came.
   */
  async exchange(exchange: Exchange, watcher: Watcher = {}): Promise<Answer> {
    let current = exchange;
    for (let count = 1; ; count += 1) {
      const answer = await this.#exchangeOnce(current, watcher);
      const next = redirected(current, answer);
      if (next === undefined) return answer;
      if (count === EXCHANGE_REQUESTS_MAX) {
        const tooMany = new Error(`stopped after ${EXCHANGE_REQUESTS_MAX} redirects`);
        throw transportFailure(next, tooMany);
      }
      current = next;
    }
  }

  async #exchangeOnce(exchange: Exchange, watcher: Watcher): Promise<Answer> {
    watcher.started?.(exchange);
    let answer: Answer | undefined;
    try {
      answer = await this.#send(exchange, watcher);
      return answer;
    } catch (cause) {
      throw transportFailure(exchange, cause);
    } finally {
      watcher.finished?.(answer);
    }
  }

  /** Closes idle connections. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  #send(exchange: Exchange, watcher: Watcher): Promise<Answer> {
    const url = new URL(exchange.url);
    const isSecure = url.protocol === "https:";
    const body = exchange.body === undefined ? undefined : Buffer.from(exchange.body);
    const headers = { ...exchange.headers, ...lengthOf(exchange.method, body) };
    // The path goes out as it is: a URL object would resolve "." and ".." in names.
    const path = exchange.url.replace(/^[^/]*\/\/[^/]*/, "");
    const options = { method: exchange.method, path, headers, agent: this.#agent(url) };
    return new Promise((resolve, reject) => {
      const request = (isSecure ? https() : http()).request(url, options);
      let isAnswered = false;
      request.on("response", (response) => {
        isAnswered = true;
        // A platform that refuses a large body answers before it has read all of it.
        stop();
        collect(response, exchange.encoding)
          .then(resolve, reject)
          .finally(() => {
            if (!request.writableFinished) request.destroy();
          });
      });
      request.on("error", (error) => {
        if (!isAnswered) reject(error);
      });
      const stop = body === undefined ? finish(request) : pour(body, request, watcher);
    });
  }

  #agent(url: URL): Agent {
    const known = this.#agents.get(url.origin);
    if (known !== undefined) return known;
    const { insecure = false, cert, key, proxyEnv } = this.#options;
    const proxy = proxyEnv === undefined || ITSELF.test(url.hostname) ? {} : { proxyEnv };
    const pair = cert === undefined || key === undefined ? {} : { cert, key };
    const agent =
      url.protocol === "https:"
        ? new (https().Agent)({ keepAlive: true, ...trust(insecure), ...pair, ...proxy })
        : new (http().Agent)({ keepAlive: true, ...proxy });
    this.#agents.set(url.origin, agent);
    return agent;
  }
}

/** The authorities that the machine trusts count, as for other programs on it. */
function trust(insecure: boolean): AgentOptions {
  if (insecure) return { rejectUnauthorized: false };
  const { getCACertificates } = tls();
  return { ca: [...getCACertificates("default"), ...getCACertificates("system")] };
}

function transportFailure(exchange: Exchange, cause: unknown): ClientFailure {
  return new ClientFailure("transport", connectionProblem(exchange, cause), { cause });
}

function lengthOf(method: string, body: Buffer | undefined): Readonly<Record<string, string>> {
  if (body !== undefined) return { "Content-Length": String(body.length) };
  return method === "GET" || method === "DELETE" ? {} : { "Content-Length": "0" };
}

function finish(request: ClientRequest): () => void {
  request.end();
  return () => undefined;
}

/** Sends the body piece by piece; gives the way to stop. */
function pour(body: Buffer, request: ClientRequest, watcher: Watcher): () => void {
  async function* pieces(): AsyncGenerator<Buffer> {
    for (let sent = 0; sent < body.length; sent += PIECE_BYTES) {
      // Lets an early answer be read before a write to a closed connection discards it.
      await setImmediate();
      yield body.subarray(sent, sent + PIECE_BYTES);
      watcher.sent?.(Math.min(sent + PIECE_BYTES, body.length), body.length);
    }
  }
  const source = Readable.from(pieces());
  const stop = (): void => {
    source.unpipe(request);
    source.destroy();
  };
  request.on("close", stop);
  source.pipe(request);
  return stop;
}

async function collect(
  response: IncomingMessage,
  encoding: BufferEncoding = "utf8",
): Promise<Answer> {
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  return {
    status: response.statusCode ?? 0,
    rawHeaders: response.rawHeaders,
    body: Buffer.concat(pieces).toString(encoding),
  };
}
