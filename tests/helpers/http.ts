/**
 * One HTTP exchange over a connection of its own, sent exactly as asked: no header is added but
 * those named here, no redirect is followed, no path is normalised.
 */
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request as open } from "node:http";

export type RequestOptions = {
  /** default GET */
  readonly method?: string;
  /** Appended to the url as it stands, e.g. "/api/v1/namespaces/_/actions?limit=3". */
  readonly path?: string;
  /** "uuid:key", sent as Basic credentials. */
  readonly auth?: string;
  /** Text and bytes go as they are; anything else as JSON with `content-type: application/json`. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Longest wait for the whole answer, milliseconds; default 75 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The values of each header's lines, by lower-case name. */
  readonly lines: Readonly<Record<string, readonly string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body parsed; undefined when it is not JSON. */
  readonly json: unknown;
};

/** The value of an `Authorization` header for "uuid:key". */
export function basic(auth: string): string {
  return `Basic ${Buffer.from(auth).toString("base64")}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // not every answer is JSON, and some tests are about just that
  }
}

function encode(body: unknown): { bytes: Buffer; json: boolean } | undefined {
  if (body === undefined) return undefined;
  if (typeof body === "string") return { bytes: Buffer.from(body), json: false };
  if (body instanceof Uint8Array) return { bytes: Buffer.from(body), json: false };
  return { bytes: Buffer.from(JSON.stringify(body)), json: true };
}

/** Rejects when the connection fails or the time is up; any status is an answer. */
export function request(url: string, options: RequestOptions = {}): Promise<Answer> {
  const { method = "GET", path = "", auth, timeoutMs = 75_000, signal } = options;
  const body = encode(options.body);
  const target = new URL(url);
  const headers: OutgoingHttpHeaders = {
    ...(auth === undefined ? {} : { authorization: basic(auth) }),
    ...(body?.json ? { "content-type": "application/json" } : {}),
    // node:http would send a chunked body for PUT and POST when nothing is said.
    ...(body === undefined && method !== "POST" && method !== "PUT"
      ? {}
      : { "content-length": body?.bytes.length ?? 0 }),
    ...(options.headers as OutgoingHttpHeaders | undefined),
  };
  return new Promise<Answer>((resolve, reject) => {
    const outgoing = open(
      {
        host: target.hostname,
        port: target.port,
        method,
        path: target.pathname.replace(/\/$/, "") + path || "/",
        headers,
        agent: false,
        ...(signal === undefined ? {} : { signal }),
      },
      (incoming) => {
        const parts: Buffer[] = [];
        incoming.on("data", (part: Buffer) => parts.push(part));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const { headers, headersDistinct: lines, statusCode: status = 0 } = incoming;
          const bytes = Buffer.concat(parts);
          const text = bytes.toString("utf8");
          resolve({ status, headers, lines, bytes, text, json: parse(text) });
        });
      },
    );
    const clock = setTimeout(() => {
      outgoing.destroy(new Error(`${method} ${path}: no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    outgoing.on("close", () => clearTimeout(clock));
    outgoing.on("error", reject);
    outgoing.end(body?.bytes);
  });
}
