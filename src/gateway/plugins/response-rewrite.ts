/** `response-rewrite`: changes status, headers and body of the answer. */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { Plugin } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { isSecretReference } from "../secrets.ts";
import { ConfSlots } from "./lib/conf-slots.ts";
import { canDecode, decodeContent } from "./lib/content-coding.ts";
import { expressionOf, expressionProblem } from "./lib/expressions.ts";
import { HEADER_MAP, HEADER_NAMES, type HeaderMap, type HeaderText } from "./lib/header-schema.ts";
import { HeldBody } from "./lib/held-body.ts";
import { compileRegex, substitute } from "./lib/regex.ts";

type Filter = {
  readonly regex: string;
  readonly scope: "once" | "global";
  readonly replace: string;
  readonly options: string;
};
type HeaderRules = {
  readonly add?: readonly string[];
  readonly set?: HeaderMap;
  readonly remove?: readonly string[];
};

export type ResponseRewriteConf = {
  readonly max_resp_body_size: number;
  readonly headers?: HeaderRules | HeaderMap;
  readonly body?: string;
  readonly body_base64: boolean;
  readonly status_code?: number;
  readonly vars?: readonly Json[];
  readonly filters?: readonly Filter[];
};

const HELD_BYTES = 67_108_864;

const FILTER: JsonObject = {
  description: "filter that modifies response body",
  type: "object",
  required: ["regex", "replace"],
  properties: {
    regex: { description: "match pattern on response body", type: "string", minLength: 1 },
    scope: {
      description: "regex substitution range",
      type: "string",
      enum: ["once", "global"],
      default: "once",
    },
    replace: { description: "regex substitution content", type: "string" },
    options: { description: "regex options", type: "string", default: "jo" },
  },
};

export const responseRewrite: Plugin<ResponseRewriteConf> = {
  name: "response-rewrite",
  version: 0.1,
  priority: 899,
  schema: {
    type: "object",
    properties: {
      max_resp_body_size: {
        type: "integer",
        minimum: 1,
        default: HELD_BYTES,
        description:
          "maximum response body size in bytes buffered into memory when filters are applied; " +
          "larger responses are truncated",
      },
      headers: {
        description: "new headers for response",
        anyOf: [
          HEADER_MAP,
          {
            properties: {
              add: {
                type: "array",
                minItems: 1,
                items: { type: "string", pattern: "^[^:]+:[^:]*[^/]$" },
              },
              set: HEADER_MAP,
              remove: HEADER_NAMES,
            },
          },
        ],
      },
      body: { description: "new body for response", type: "string" },
      body_base64: {
        description: "whether new body for response need base64 decode before return",
        type: "boolean",
        default: false,
      },
      status_code: {
        description: "new status code for response",
        type: "integer",
        minimum: 200,
        maximum: 598,
      },
      vars: { type: "array" },
      filters: {
        description:
          "a group of filters that modify response body" +
          "by replacing one specified string by another",
        type: "array",
        minItems: 1,
        items: FILTER,
      },
    },
    dependencies: {
      body: { not: { required: ["filters"] } },
      filters: { not: { required: ["body"] } },
    },
  },
  check: (conf) => headersProblem(conf) ?? bodyProblem(conf) ?? rulesProblem(conf),
  create: () => {
    const replacing = new ConfSlots<ResponseRewriteConf, Replacing>("response-rewrite");
    return {
      headerFilter: (conf, ctx) => {
        const { response } = ctx;
        if (conf.vars !== undefined && !expressionOf(conf.vars)((name) => ctx.var(name))) return;
        if (conf.status_code !== undefined) response.status = conf.status_code;
        const change = bodyChange(conf, response.getHeader("Content-Encoding"));
        if (change !== undefined) {
          response.bodyWillChange();
          replacing.set(conf, ctx, { ...change, isDone: false });
        }
        if (conf.headers !== undefined) rewriteHeaders(conf.headers, ctx);
      },
      bodyFilter: (conf, ctx, chunk, isLast) => {
        const state = replacing.get(conf, ctx);
        if (state === undefined) return chunk;
        if (state.isDone) return NOTHING;
        const held = state.body?.take(chunk, isLast);
        if (state.body !== undefined && held === undefined) return NOTHING;
        state.isDone = true;
        return held === undefined ? ownBody(conf) : filtered(conf, held);
      },
    };
  },
};

/** A body that is replaced; undefined: by the configured one. */
type Replacing = { readonly body: HeldBody | undefined; isDone: boolean };

const NOTHING = Buffer.alloc(0);

/** The body stays when it is coded in a way that cannot be undone. */
function bodyChange(
  { body, filters, max_resp_body_size: bytesMax }: ResponseRewriteConf,
  coding: string | undefined,
): { readonly body: HeldBody | undefined } | undefined {
  if (filters === undefined) return body === undefined ? undefined : { body: undefined };
  if (!canDecode(coding)) return undefined;
  return { body: new HeldBody(bytesMax, (bytes) => decodeContent(bytes, coding, bytesMax)) };
}

function ownBody({ body = "", body_base64: isBase64 }: ResponseRewriteConf): Uint8Array {
  return Buffer.from(body, isBase64 ? "base64" : "utf8");
}

/** Bytes are matched as one character each where they are no UTF-8. */
function filtered({ filters = [] }: ResponseRewriteConf, bytes: Buffer): Uint8Array {
  const utf8 = bytes.toString("utf8");
  const coding = utf8.includes("\ufffd") ? "latin1" : "utf8";
  let text = coding === "utf8" ? utf8 : bytes.toString("latin1");
  for (const { regex, options, replace, scope } of filters) {
    const compiled = compileRegex(regex, options);
    if (!("problem" in compiled)) text = substitute(text, compiled, replace, scope).text;
  }
  return Buffer.from(text, coding);
}

function headersProblem({ headers }: ResponseRewriteConf): string | undefined {
  if (headers === undefined || isRules(headers)) return undefined;
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string" && typeof value !== "number") {
      return "invalid type as header value";
    }
    if (name === "") return "invalid field length in header";
  }
  return undefined;
}

function isRules(headers: HeaderRules | HeaderMap): headers is HeaderRules {
  return [headers["add"], headers["set"], headers["remove"]].some((one) => typeof one === "object");
}

function bodyProblem({
  body = "",
  body_base64: isBase64,
}: ResponseRewriteConf): string | undefined {
  const isReference: boolean = isSecretReference(body);
  if (!isBase64 || isReference || BASE64.test(body)) return undefined;
  return "invalid base64 content";
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2,3}={0,2})$/;

function rulesProblem({ vars, filters = [] }: ResponseRewriteConf): string | undefined {
  const wrong = vars === undefined ? undefined : expressionProblem([...vars]);
  if (wrong !== undefined) return `failed to validate the 'vars' expression: ${wrong}`;
  for (const { regex, options } of filters) {
    const compiled = compileRegex(regex, options);
    if ("problem" in compiled) return `regex "${regex}" validation failed: ${compiled.problem}`;
  }
  return undefined;
}

function rewriteHeaders(conf: HeaderRules | HeaderMap, ctx: RequestContext): void {
  const rules: HeaderRules = isRules(conf) ? conf : { set: conf };
  const { response } = ctx;
  const resolve = (value: HeaderText): string => ctx.resolve(String(value));
  for (const line of rules.add ?? []) {
    const [, name, value] = /^([^:\s]+)\s*:\s*([^:]+)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) response.addHeader(name, resolve(value));
  }
  for (const [name, value] of Object.entries(rules.set ?? {})) {
    setOrRemove(ctx, name, resolve(value));
  }
  for (const name of rules.remove ?? []) response.removeHeader(name);
}

/** As nginx: a header without a value is not sent. */
function setOrRemove({ response }: RequestContext, name: string, value: string): void {
  if (value === "") response.removeHeader(name);
  else response.setHeader(name, value);
}
