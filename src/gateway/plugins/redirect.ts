/** `redirect`: answers with another place, or sends clients from HTTP to HTTPS. */
import type { PhaseResult, Plugin } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { asText } from "../template.ts";
import { escapePath } from "../uri.ts";
import { compileRegex, pairProblem, substitute } from "./lib/regex.ts";

export type RedirectConf = {
  readonly ret_code: number;
  readonly uri?: string;
  readonly regex_uri?: readonly [string, string];
  readonly http_to_https?: boolean;
  readonly encode_uri: boolean;
  readonly append_query_string: boolean;
};

/** `\$host`, `${host}`, `$host`, and what is between them; a lone backslash is dropped. */
const SEGMENTS =
  "(\\\\\\$[0-9a-zA-Z_]+)|\\$\\{([0-9a-zA-Z_]+)\\}|\\$([0-9a-zA-Z_]+)|(\\$|[^$\\\\]+)";
const HTTPS_PORT = 443;

export const redirect: Plugin<RedirectConf> = {
  name: "redirect",
  version: 0.1,
  priority: 900,
  schema: {
    type: "object",
    properties: {
      ret_code: { type: "integer", minimum: 200, default: 302 },
      uri: { type: "string", minLength: 2, pattern: SEGMENTS },
      regex_uri: {
        description:
          "params for generating new uri that substitute from client uri, " +
          "first param is regular expression, the second one is uri template",
        type: "array",
        maxItems: 2,
        minItems: 2,
        items: { description: "regex uri", type: "string" },
      },
      http_to_https: { type: "boolean" },
      encode_uri: { type: "boolean", default: false },
      append_query_string: { type: "boolean", default: false },
    },
    oneOf: [{ required: ["uri"] }, { required: ["regex_uri"] }, { required: ["http_to_https"] }],
  },
  check: ({ regex_uri: pair, http_to_https: toHttps, append_query_string: appends }) => {
    const problem = pair === undefined ? undefined : regexProblem(pair);
    if (problem !== undefined) return problem;
    if (!toHttps || !appends) return undefined;
    return "only one of `http_to_https` and `append_query_string` can be configured.";
  },
  create: ({ attributes }) => ({
    rewrite: (conf, ctx) => answer(conf, ctx, attributes("redirect")["https_port"]),
  }),
};

function regexProblem([pattern, replacement]: readonly [string, string]): string | undefined {
  const problem = pairProblem(pattern, replacement);
  return problem && `invalid regex_uri (${pattern}, ${replacement}), err:${problem}`;
}

type Target = { readonly status: number; readonly uri: string };

function answer(conf: RedirectConf, ctx: RequestContext, httpsPort: unknown): PhaseResult {
  const target = httpsTarget(conf, ctx, httpsPort) ?? ownTarget(conf, ctx);
  if (target === undefined) return undefined;
  const location = decorate(target.uri, conf, ctx);
  return { status: target.status, headers: { Location: location } };
}

function httpsTarget(
  conf: RedirectConf,
  ctx: RequestContext,
  httpsPort: unknown,
): Target | undefined {
  if (conf.http_to_https !== true) return undefined;
  const { headers, head, method } = ctx.request;
  if ((headers.get("X-Forwarded-Proto") ?? head.scheme) === "https") return undefined;
  const port = typeof httpsPort === "number" ? httpsPort : HTTPS_PORT;
  const isPlain = port === HTTPS_PORT || port <= 0 || port > 65_535;
  const template = `https://$host${isPlain ? "" : `:${port}`}$request_uri`;
  const keepsMethod = method !== "GET" && method !== "HEAD";
  return { status: keepsMethod ? 308 : 301, uri: fill(template, ctx) };
}

function ownTarget(conf: RedirectConf, ctx: RequestContext): Target | undefined {
  const { ret_code: status, uri, regex_uri: pair } = conf;
  if (uri !== undefined) return { status, uri: fill(uri, ctx) };
  const regex = pair === undefined ? undefined : regexOf(conf, pair[0]);
  if (pair === undefined || regex === undefined) return undefined;
  const { text, count } = substitute(ctx.request.path, regex, pair[1]);
  return count === 0 ? undefined : { status, uri: text };
}

const regexes = new WeakMap<RedirectConf, RegExp>();

function regexOf(conf: RedirectConf, source: string): RegExp | undefined {
  const known = regexes.get(conf);
  if (known !== undefined) return known;
  const made = compileRegex(source);
  if ("problem" in made) return undefined;
  regexes.set(conf, made);
  return made;
}

/** Of a template; variables without a value are left out. */
function fill(template: string, ctx: RequestContext): string {
  const parts: string[] = [];
  for (const [, literal, braced, plain, rest] of template.matchAll(new RegExp(SEGMENTS, "g"))) {
    const name = braced ?? plain;
    const value = name === undefined ? undefined : ctx.var(name);
    parts.push(literal ?? rest ?? (value === undefined ? "" : asText(value)));
  }
  return parts.join("");
}

function decorate(uri: string, conf: RedirectConf, ctx: RequestContext): string {
  const at = uri.indexOf("?");
  const path = at < 0 ? uri : uri.slice(0, at);
  const encoded = conf.encode_uri ? escapePath(path) + (at < 0 ? "" : uri.slice(at)) : uri;
  const { query } = ctx.request;
  if (!conf.append_query_string || query === "") return encoded;
  return `${encoded}${at < 0 ? "?" : "&"}${query}`;
}
