/** `proxy-rewrite`: changes URI, method, host and headers of what the upstream gets. */
import type { JsonObject } from "../../core/documents.ts";
import type { HeaderList } from "../header-list.ts";
import type { PhaseResult, Plugin } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { resolveCaptures } from "../template.ts";
import { escapePath } from "../uri.ts";
import { HEADER_MAP, HEADER_NAMES, HEADER_VALUE, type HeaderText } from "./lib/header-schema.ts";
import { compileRegex, pairProblem, substitute } from "./lib/regex.ts";

type Values = HeaderText | readonly HeaderText[];
type HeaderRules = {
  readonly add?: Readonly<Record<string, Values>>;
  readonly set?: Readonly<Record<string, Values>>;
  readonly remove?: readonly string[];
};

export type ProxyRewriteConf = {
  readonly uri?: string;
  readonly method?: string;
  readonly regex_uri?: readonly string[];
  readonly host?: string;
  readonly headers?: HeaderRules | Readonly<Record<string, HeaderText>>;
  readonly use_real_request_uri_unsafe: boolean;
};

const METHODS = [
  ["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "MKCOL"],
  ["COPY", "MOVE", "PROPFIND", "LOCK", "UNLOCK", "PATCH", "TRACE"],
].flat();

const SEVERAL_VALUES: JsonObject = {
  type: "object",
  minProperties: 1,
  patternProperties: {
    "^[^:]+$": {
      oneOf: [
        { type: "string" },
        { type: "number" },
        { type: "array", minItems: 1, items: HEADER_VALUE },
      ],
    },
  },
};

export const proxyRewrite: Plugin<ProxyRewriteConf> = {
  name: "proxy-rewrite",
  version: 0.1,
  priority: 1008,
  schema: {
    type: "object",
    properties: {
      uri: {
        description: "new uri for upstream",
        type: "string",
        minLength: 1,
        maxLength: 4096,
        pattern: "^\\/.*",
      },
      method: { description: "proxy route method", type: "string", enum: METHODS },
      regex_uri: {
        description:
          "new uri that substitute from client uri for upstream, lower priority than uri property",
        type: "array",
        minItems: 2,
        items: { description: "regex uri", type: "string" },
      },
      host: {
        description: "new host for upstream",
        type: "string",
        pattern: "^[0-9a-zA-Z-.]+(:\\d{1,5})?$",
      },
      headers: {
        description: "new headers for request",
        oneOf: [
          {
            type: "object",
            minProperties: 1,
            additionalProperties: false,
            properties: { add: SEVERAL_VALUES, set: SEVERAL_VALUES, remove: HEADER_NAMES },
          },
          HEADER_MAP,
        ],
      },
      use_real_request_uri_unsafe: {
        description: "use real_request_uri instead, THIS IS VERY UNSAFE.",
        type: "boolean",
        default: false,
      },
    },
    minProperties: 1,
  },
  check: ({ regex_uri: regexUri = [], headers }) =>
    regexProblem(regexUri) ?? (headers === undefined ? undefined : headerProblem(headers)),
  create: () => ({ rewrite }),
};

function regexProblem(pairs: readonly string[]): string | undefined {
  if (pairs.length % 2 !== 0) return "The length of regex_uri should be an even number";
  for (let at = 0; at < pairs.length; at += 2) {
    const [pattern = "", replacement = ""] = pairs.slice(at, at + 2);
    const problem = pairProblem(pattern, replacement);
    if (problem !== undefined) return `invalid regex_uri(${pattern}, ${replacement}): ${problem}`;
  }
  return undefined;
}

/** Only the flat form is looked at, as in the original. */
function headerProblem(headers: NonNullable<ProxyRewriteConf["headers"]>): string | undefined {
  if (isRules(headers)) return undefined;
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== "string" && typeof value !== "number") {
      return "invalid type as header value";
    }
    if (name === "") return "invalid field length in header";
    if (!/^[!-9;-~]+$/.test(name)) return "invalid field character in header";
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    if (/[\0-\x08\x0a-\x1f\x7f]/.test(String(value))) return "invalid value character in header";
  }
  return undefined;
}

function isRules(headers: NonNullable<ProxyRewriteConf["headers"]>): headers is HeaderRules {
  return [headers.add, headers.set, headers.remove].some((part) => typeof part === "object");
}

function rewrite(conf: ProxyRewriteConf, ctx: RequestContext): PhaseResult {
  const { request } = ctx;
  if (conf.host !== undefined) request.upstreamHost = conf.host;
  const rewritten = rewriteUri(conf, ctx);
  request.upstreamUri = conf.use_real_request_uri_unsafe
    ? escapeControls(rewritten.uri)
    : completed(rewritten, request.query);
  if (conf.headers !== undefined) rewriteHeaders(conf.headers, ctx, rewritten.captures);
  if (conf.method !== undefined) request.method = conf.method;
  return undefined;
}

type Rewritten = {
  readonly uri: string;
  /** A "?" in it begins the query; else it is one of the path. */
  readonly hasQuery: boolean;
  readonly captures: readonly (string | undefined)[];
};

function rewriteUri(conf: ProxyRewriteConf, ctx: RequestContext): Rewritten {
  const { request } = ctx;
  const real = conf.use_real_request_uri_unsafe ? request.head.uri : undefined;
  const uri = real ?? request.path;
  if (conf.uri !== undefined) {
    const { text } = ctx.resolveCounted(conf.uri, (value) => value.replace("?", "%3F"));
    return { uri: withQuery(text, queryOf(real)), hasQuery: text.includes("?"), captures: [] };
  }
  const hasQuery = conf.regex_uri !== undefined && !uri.includes("?");
  const pairs = conf.regex_uri ?? [];
  for (let at = 0; at < pairs.length; at += 2) {
    const regex = compiledOf(pairs[at] ?? "");
    const captures = regex?.exec(uri);
    if (regex === undefined || captures === null || captures === undefined) continue;
    return { uri: substitute(uri, regex, pairs[at + 1] ?? "").text, hasQuery, captures };
  }
  return { uri, hasQuery: false, captures: [] };
}

function queryOf(uri: string | undefined): string {
  const at = uri?.indexOf("?") ?? -1;
  return at < 0 ? "" : (uri ?? "").slice(at + 1);
}

function withQuery(uri: string, query: string): string {
  if (query === "") return uri;
  return `${uri}${uri.includes("?") ? "&" : "?"}${query}`;
}

/** Escaped, and with the client's query behind it. */
function completed({ uri, hasQuery }: Rewritten, query: string): string {
  const at = hasQuery ? uri.indexOf("?") : -1;
  const own = at < 0 ? "" : escapeControls(uri.slice(at));
  const path = escapePath(at < 0 ? uri : uri.slice(0, at));
  if (query === "") return path + own;
  return `${path}${own}${at < 0 ? "?" : "&"}${query}`;
}

function escapeControls(text: string): string {
  return text.toWellFormed().replace(/[^!-~]+/g, encodeURIComponent);
}

const REGEX_MAX = 1000;
const regexes = new Map<string, RegExp | undefined>();

function compiledOf(source: string): RegExp | undefined {
  if (regexes.has(source)) return regexes.get(source);
  if (regexes.size >= REGEX_MAX) regexes.clear();
  const made = compileRegex(source);
  const regex = "problem" in made ? undefined : made;
  regexes.set(source, regex);
  return regex;
}

function rewriteHeaders(
  conf: NonNullable<ProxyRewriteConf["headers"]>,
  ctx: RequestContext,
  captures: Rewritten["captures"],
): void {
  const rules: HeaderRules = isRules(conf) ? conf : { set: conf };
  const { headers } = ctx.request;
  const resolve = (value: HeaderText): string =>
    ctx.resolve(resolveCaptures(String(value), captures));
  for (const [name, values] of Object.entries(rules.add ?? {})) {
    for (const value of listOf(values)) headers.add(name, resolve(value));
  }
  for (const [name, values] of Object.entries(rules.set ?? {})) {
    setHeader(headers, name, listOf(values).map(resolve));
  }
  for (const name of rules.remove ?? []) headers.remove(name);
}

/** As nginx: to set an empty text is to remove the field; of a list, that is its first item. */
function setHeader(headers: HeaderList, name: string, values: readonly string[]): void {
  const sent = values[0] === "" ? values.slice(1) : values;
  headers.set(name, sent[0] !== undefined && sent.length === 1 ? sent[0] : sent);
}

function listOf(values: Values): readonly HeaderText[] {
  return typeof values === "object" ? values : [values];
}
