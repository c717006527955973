/**
 * Plugins that forward a request to a function behind a URL (apisix-gateway.md 4): the same but for
 * how they authenticate.
 */
import type { JsonObject } from "../../../core/documents.ts";
import type { HeaderList } from "../../header-list.ts";
import type { Plugin, PluginServices } from "../../plugin.ts";
import type { QueryArgs } from "../../query-args.ts";
import type { RequestContext } from "../../request-context.ts";
import { escapePath } from "../../uri.ts";
import {
  BODY_SIZE,
  type CallConf,
  CONNECTION,
  connectionOf,
  isTooLargeFor,
  relayAnswer,
  removeHopByHop,
} from "./function-call.ts";

export type GenericConf<Authorization> = CallConf & {
  readonly function_uri: string;
  readonly authorization?: Authorization;
};

/** The call of the function before it is sent. */
export type FunctionRequest = {
  readonly method: string;
  /** Escaped, without query. */
  readonly path: string;
  readonly args: QueryArgs;
  /** May be changed. */
  readonly headers: HeaderList;
  readonly body: Buffer | undefined;
};

export type GenericOptions<Authorization> = {
  readonly name: string;
  readonly priority: number;
  readonly authorization: JsonObject;
  readonly metadataSchema?: JsonObject;
  readonly encryptFields: readonly string[];
  /** Adds what authenticates the call; returns the query to send when it must be a certain text. */
  readonly authorize: (
    conf: GenericConf<Authorization>,
    request: FunctionRequest,
    services: PluginServices,
  ) => string | undefined;
};

/** Documents of those plugins give 3 s. */
const TIMEOUT: JsonObject = { type: "integer", minimum: 100, default: 3000 };

export function genericUpstream<Authorization>(
  options: GenericOptions<Authorization>,
): Plugin<GenericConf<Authorization>> {
  const { name, priority, metadataSchema, encryptFields } = options;
  return {
    name,
    version: 0.1,
    priority,
    schema: {
      type: "object",
      properties: {
        max_req_body_size: BODY_SIZE,
        function_uri: { type: "string" },
        authorization: options.authorization,
        timeout: TIMEOUT,
        ssl_verify: { type: "boolean", default: true },
        ...CONNECTION,
      },
      required: ["function_uri"],
    },
    encryptFields,
    ...(metadataSchema === undefined ? {} : { metadataSchema }),
    create: (services) => ({
      access: async (conf, ctx) => {
        const { request: client } = ctx;
        const bytesMax = conf.max_req_body_size;
        const body = await client.readBody(bytesMax).catch((error: unknown) => {
          if (!isTooLargeFor(bytesMax, error)) throw error;
          return undefined;
        });
        if (body === undefined) {
          services.log("error", "error while reading request body: it is too large");
          return { status: 400 };
        }
        const request = functionRequest(conf.function_uri, ctx, client.hasBody ? body : undefined);
        const query = options.authorize(conf, request, services) ?? `?${request.args}`;
        try {
          const answer = await services.http({
            method: request.method,
            url: `${originOf(conf.function_uri)}${request.path}${query}`,
            headers: request.headers,
            timeoutMs: conf.timeout,
            ...connectionOf(conf),
            ...(request.body === undefined ? {} : { body }),
          });
          return await relayAnswer(answer, request.method);
        } catch (err) {
          services.log("error", `failed to process ${name}`, { err });
          return { status: 503 };
        }
      },
    }),
  };
}

function functionRequest(
  uri: string,
  { request, route }: RequestContext,
  body: Buffer | undefined,
): FunctionRequest {
  const headers = request.headers.copy();
  headers.remove("content-length");
  headers.remove("expect");
  removeHopByHop(headers);
  headers.set("Host", hostOf(uri));
  const path = functionPath(pathOf(uri), route?.params[":ext"]);
  return { method: request.method, path, args: request.args, headers, body };
}

/** `rest` is what a star at the start of a segment of the route stands for. */
function functionPath(own: string, rest: string | undefined): string {
  if (rest === undefined) return own;
  const joint = own.endsWith("/") || rest.startsWith("/") ? "" : "/";
  return `${own}${joint}${escapePath(rest)}`;
}

const URI = /^([a-z][a-z0-9+.-]*:\/\/([^/?#]*))([^?#]*)/i;

function originOf(uri: string): string {
  return URI.exec(uri)?.[1] ?? uri;
}

function pathOf(uri: string): string {
  return URI.exec(uri)?.[3] || "/";
}

/** Without a port: as the original sends it. */
function hostOf(uri: string): string {
  return (URI.exec(uri)?.[2] ?? "").replace(/^.*@/, "").replace(/:\d*$/, "");
}
