/** Requests as `server.ts` hands them to handlers, and what comes back. */
import type { IncomingHttpHeaders } from "node:http";
import type { ApiRequest, Handler } from "../../src/controller/api/handler.ts";
import type { Identity, NamespaceLimits } from "../../src/core/documents.ts";
import { PlatformError } from "../../src/core/errors.ts";

export type RequestParts = {
  readonly rest?: readonly string[];
  readonly query?: string;
  readonly method?: string;
  readonly limits?: NamespaceLimits;
  /** Given as JSON; a string or bytes go as they are. */
  readonly body?: unknown;
  readonly headers?: IncomingHttpHeaders;
};

export function apiRequest(parts: RequestParts = {}): ApiRequest {
  const identity: Identity = {
    subject: "guest",
    namespace: { name: "guest", uuid: "23bc46b1-71f6-4ed5-8c54-816aa4f8c502" },
    authkey: "uuid:key",
    limits: parts.limits ?? {},
  };
  return {
    transid: { id: "tid", start: 0 },
    method: parts.method ?? "GET",
    query: parts.query ?? "",
    headers: parts.headers ?? { "content-type": "application/json" },
    namespace: "guest",
    rest: parts.rest ?? [],
    identity,
    body: async () => bodyBytes(parts.body),
  };
}

function bodyBytes(body: unknown): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

export type Answer = { readonly status: number; readonly body: unknown };

/** Status and body; an error gives its status and text, like the server would. */
export async function call(handler: Handler, parts: RequestParts = {}): Promise<Answer> {
  try {
    const { status, body, type } = await handler(apiRequest(parts));
    return { status, body: type === "text" ? body : JSON.parse(body) };
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    return { status: error.status, body: error.message };
  }
}
