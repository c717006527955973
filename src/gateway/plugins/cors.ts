/** `cors`: answers preflights and tells browsers which origins may read the answers. */
import type { JsonObject } from "../../core/documents.ts";
import type { Plugin } from "../plugin.ts";
import { createSlot, type RequestContext } from "../request-context.ts";
import { allowedOrigin, type CorsConf, timingOrigin } from "./lib/cors-origin.ts";
import { patternProblem } from "./lib/patterns.ts";

const ORIGINS = "^(\\*|\\*\\*|null|\\w+://[^,]+(,\\w+://[^,]+)*)$";
const EVERY_METHOD = "GET,POST,PUT,DELETE,PATCH,HEAD,OPTIONS,CONNECT,TRACE";
const TEXTS: JsonObject = {
  type: "array",
  items: { type: "string", minLength: 1, maxLength: 4096 },
  minItems: 1,
  uniqueItems: true,
};

function listed(of: string): string {
  return `${of}, separated by commas; "*": all, without credentials; "**": all, also with them`;
}

export const cors: Plugin<CorsConf> = {
  name: "cors",
  version: 0.1,
  priority: 4000,
  schema: {
    type: "object",
    properties: {
      allow_origins: {
        description: listed("origins"),
        type: "string",
        pattern: ORIGINS,
        default: "*",
      },
      allow_methods: { description: listed("methods"), type: "string", default: "*" },
      allow_headers: { description: listed("request headers"), type: "string", default: "*" },
      expose_headers: {
        description: "answer headers that scripts may read, separated by commas",
        type: "string",
      },
      max_age: {
        description: "seconds for which a preflight's answer holds; -1: not at all",
        type: "integer",
        default: 5,
      },
      allow_credential: {
        description: 'cookies and authorization may be sent; then no other member may be "*"',
        type: "boolean",
        default: false,
      },
      allow_origins_by_regex: { ...TEXTS, description: "regular expressions of origins" },
      allow_origins_by_metadata: {
        ...TEXTS,
        description: "names of origins in the plugin's metadata",
      },
      timing_allow_origins: {
        description: listed("origins that may see timings"),
        type: "string",
        pattern: ORIGINS,
      },
      timing_allow_origins_by_regex: {
        ...TEXTS,
        description: "regular expressions of origins that may see timings",
      },
    },
  },
  metadataSchema: {
    type: "object",
    properties: {
      allow_origins: {
        type: "object",
        additionalProperties: { type: "string", pattern: ORIGINS },
      },
    },
  },
  check: (conf, kind) => {
    if (kind === "metadata") return undefined;
    if (conf.allow_credential && allowsAnything(conf)) {
      return "you can not set '*' for other option when 'allow_credential' is true";
    }
    return (
      patternProblem(conf.allow_origins_by_regex) ??
      patternProblem(conf.timing_allow_origins_by_regex)
    );
  },
  create: ({ metadata }) => {
    /** As the client sent it: later plugins may change the header. */
    const sentOrigin = createSlot<string>("cors");
    return {
      rewrite: (_, ctx) => {
        const origin = ctx.request.headers.get("origin");
        if (origin !== undefined) ctx.set(sentOrigin, origin);
        // Of all requests with this method, also those that are no preflight.
        return ctx.request.method === "OPTIONS" ? { status: 200 } : undefined;
      },
      headerFilter: (conf, ctx) => {
        const origin = ctx.get(sentOrigin);
        if (conf.allow_origins !== "*") ctx.response.addHeader("Vary", "Origin");
        const allowed = allowedOrigin(conf, origin, metadata("cors")?.["allow_origins"]);
        if (allowed !== undefined) setCorsHeaders(conf, ctx, allowed);
        const timing = timingOrigin(conf, origin);
        if (timing !== undefined) ctx.response.setHeader("Timing-Allow-Origin", timing);
      },
    };
  },
};

function allowsAnything(conf: CorsConf): boolean {
  const { allow_origins, allow_methods, allow_headers, expose_headers } = conf;
  return [
    allow_origins,
    allow_methods,
    allow_headers,
    expose_headers,
    conf.timing_allow_origins,
  ].includes("*");
}

function setCorsHeaders(conf: CorsConf, { request, response }: RequestContext, origin: string) {
  const { allow_methods: methods, allow_headers: headers, expose_headers: exposed = "" } = conf;
  response.setHeader("Access-Control-Allow-Origin", origin);
  response.setHeader("Access-Control-Allow-Methods", methods === "**" ? EVERY_METHOD : methods);
  response.setHeader("Access-Control-Max-Age", conf.max_age);
  if (exposed !== "") response.setHeader("Access-Control-Expose-Headers", exposed);
  const allowed =
    headers === "**" ? request.headers.get("access-control-request-headers") : headers;
  if (allowed === undefined) response.removeHeader("Access-Control-Allow-Headers");
  else response.setHeader("Access-Control-Allow-Headers", allowed);
  if (conf.allow_credential) response.setHeader("Access-Control-Allow-Credentials", "true");
}
