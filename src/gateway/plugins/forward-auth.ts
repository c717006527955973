/** `forward-auth`: a service of one's own says whether a request may go on. */
import type { JsonObject } from "../../core/documents.ts";
import { HeaderList } from "../header-list.ts";
import { hopByHopAnd } from "../hop-by-hop.ts";
import type { HttpCall } from "../http-call.ts";
import type { PhaseResult, Plugin, PluginServices } from "../plugin.ts";
import { BodyTooLargeError } from "../read-body.ts";
import type { RequestContext } from "../request-context.ts";
import { hostWithoutPort } from "../uri.ts";

export type ForwardAuthConf = {
  readonly uri: string;
  readonly allow_degradation: boolean;
  readonly status_on_error: number;
  readonly ssl_verify: boolean;
  readonly request_method: "GET" | "POST";
  readonly max_req_body_size: number;
  readonly request_headers: readonly string[];
  readonly extra_headers?: Readonly<Record<string, string>>;
  readonly upstream_headers: readonly string[];
  readonly client_headers: readonly string[];
  readonly timeout: number;
  readonly keepalive: boolean;
  readonly keepalive_timeout: number;
  readonly keepalive_pool: number;
};

function names(description: string): JsonObject {
  return { type: "array", default: [], items: { type: "string" }, description };
}

export const forwardAuth: Plugin<ForwardAuthConf> = {
  name: "forward-auth",
  version: 0.1,
  priority: 2002,
  schema: {
    type: "object",
    properties: {
      uri: { type: "string" },
      allow_degradation: { type: "boolean", default: false },
      status_on_error: { type: "integer", minimum: 200, maximum: 599, default: 403 },
      ssl_verify: { type: "boolean", default: true },
      request_method: {
        type: "string",
        default: "GET",
        enum: ["GET", "POST"],
        description: "method with which the service is asked; with POST it gets the body",
      },
      max_req_body_size: {
        type: "integer",
        minimum: 1,
        default: 67_108_864,
        description: "bytes of a body that is sent to the service; a larger one is refused (413)",
      },
      request_headers: names("the client's headers that the service gets"),
      extra_headers: {
        type: "object",
        minProperties: 1,
        patternProperties: {
          "^[^:]+$": { type: "string", description: "value; may name variables: $remote_addr" },
        },
        description: "headers made for the service; their values may name variables",
      },
      upstream_headers: names("the service's headers that the upstream gets"),
      client_headers: names("the service's headers that the client gets with a refusal"),
      timeout: {
        type: "integer",
        minimum: 1,
        maximum: 60_000,
        default: 3000,
        description: "milliseconds",
      },
      keepalive: { type: "boolean", default: true },
      keepalive_timeout: { type: "integer", minimum: 1000, default: 60_000 },
      keepalive_pool: { type: "integer", minimum: 1, default: 5 },
    },
    required: ["uri"],
  },
  create: (services) => ({
    access: async (conf, ctx) => {
      const headers = headersFor(conf, ctx);
      // Also where the service may be done without: a client must not be able to bring that about.
      if (headers === undefined) return { status: conf.status_on_error };
      try {
        return await authorize(services, conf, ctx, headers, await bodyFor(conf, ctx));
      } catch (error) {
        if (error instanceof BodyTooLargeError) return { status: 413 };
        throw error;
      }
    },
  }),
};

async function bodyFor(conf: ForwardAuthConf, ctx: RequestContext): Promise<Buffer | undefined> {
  if (conf.request_method !== "POST") return undefined;
  return ctx.request.readBody(conf.max_req_body_size);
}

async function authorize(
  { http, log }: PluginServices,
  conf: ForwardAuthConf,
  ctx: RequestContext,
  headers: HeaderList,
  body: Buffer | undefined,
): Promise<PhaseResult> {
  const answer = await ask(http, callFor(conf, headers, body)).catch((error: Error) => {
    log("warn", "failed to process forward auth", { error: error.message });
    return undefined;
  });
  if (answer === undefined) {
    return conf.allow_degradation ? undefined : { status: conf.status_on_error };
  }
  if (answer.status >= 300) {
    for (const name of conf.client_headers) {
      const values = answer.headers.getAll(name);
      if (values.length > 0) ctx.response.setHeader(name, values);
    }
    return { status: answer.status, body: answer.body };
  }
  // What the service does not name is taken away: the client must not have its say here.
  for (const name of conf.upstream_headers) {
    ctx.request.headers.set(name, answer.headers.getAll(name));
  }
  return undefined;
}

async function ask(http: PluginServices["http"], call: HttpCall) {
  const answer = await http(call);
  return { status: answer.status, headers: answer.headers, body: await answer.bytes() };
}

function callFor(conf: ForwardAuthConf, headers: HeaderList, body: Buffer | undefined): HttpCall {
  const { keepalive, keepalive_timeout: idleMs, keepalive_pool: size } = conf;
  return {
    url: conf.uri,
    method: conf.request_method,
    headers,
    timeoutMs: conf.timeout,
    sslVerify: conf.ssl_verify,
    keepalive: keepalive && { idleMs, size },
    ...(body === undefined ? {} : { body }),
  };
}

/** They belong to the client's own connection and body. */
const FRAMING = hopByHopAnd("content-length", "expect");

/** Extra headers replace the gateway's own; undefined: a value would end its line. */
function headersFor(conf: ForwardAuthConf, ctx: RequestContext): HeaderList | undefined {
  const { request, client } = ctx;
  const headers = HeaderList.from({
    "X-Forwarded-Proto": request.head.scheme,
    "X-Forwarded-Method": request.method,
    "X-Forwarded-Host": hostWithoutPort(request.head.authority),
    "X-Forwarded-Uri": String(ctx.var("request_uri")),
    "X-Forwarded-For": client.address,
  });
  const encoding = request.headers.getAll("content-encoding");
  if (conf.request_method === "POST") headers.set("Content-Encoding", encoding);
  for (const [name, value] of Object.entries(conf.extra_headers ?? {})) {
    const resolved = ctx.resolve(value);
    if (/[\r\n\0]/.test(resolved)) return undefined;
    headers.set(name, resolved);
  }
  for (const name of conf.request_headers) {
    const value = request.headers.get(name);
    const isTaken = value === undefined || FRAMING.has(name.toLowerCase());
    if (!isTaken && !headers.has(name)) headers.set(name, value);
  }
  return headers;
}
