/** Lets in who has a token that Google, GitHub or Facebook knows. */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { JsonObject } from "../../../core/documents.ts";
import { isJsonObject } from "../../../lib/json.ts";
import { HeaderList } from "../../header-list.ts";
import type { HttpCall, HttpClient } from "../../http-call.ts";
import type { Plugin, PluginExit } from "../../plugin.ts";
import type { RequestContext } from "../../request-context.ts";
import { errorBody, refusal } from "../refusal.ts";

export type OauthConf = { readonly providers: readonly string[] };

/** Where each provider tells what it knows of a token. */
export type OauthUrls = Readonly<Record<"google" | "github" | "facebook", string>>;

const URLS: OauthUrls = {
  google: "https://www.googleapis.com/oauth2/v3/tokeninfo",
  github: "https://api.github.com/user",
  facebook: "https://graph.facebook.com/debug_token",
};
const TOKENS_MAX = 10_000;
const ANSWER_BYTES_MAX = 1024 * 1024;
/** GitHub's tokens do not expire. */
const WEEK_SECONDS = 7 * 24 * 3600;
const MS = 1000;

/** What a provider knows; `seconds`: how long that may be remembered. */
type Known = { readonly claims: JsonObject; readonly seconds: number };

type Provider = {
  /** A refusal when the request lacks something. */
  readonly call: (url: string, token: string, ctx: RequestContext) => HttpCall | PluginExit;
  /** Undefined: the token is no good. */
  readonly read: (answer: JsonObject, now: number) => Known | undefined;
};

const PROVIDERS: Readonly<Record<keyof OauthUrls, Provider>> = {
  google: {
    call: (url, token) => ({ url: withQuery(url, { access_token: token }) }),
    read: (claims) =>
      claims["error_description"] === undefined
        ? { claims, seconds: Number(claims["expires_in"]) || 0 }
        : undefined,
  },
  github: {
    // Tokens in the query are no longer taken there.
    call: (url, token) => ({ url, headers: HeaderList.from({ Authorization: `Bearer ${token}` }) }),
    read: (claims) =>
      claims["id"] === undefined || claims["error_description"] !== undefined
        ? undefined
        : { claims, seconds: WEEK_SECONDS },
  },
  facebook: {
    call: (url, token, { request }) => {
      const app = request.head.headers.get(APP_TOKEN);
      if (app === undefined) return refusal(401, NO_APP_TOKEN);
      return { url: withQuery(url, { input_token: token, access_token: app }) };
    },
    read: (claims, now) => {
      const { data, error } = claims;
      if (error !== undefined || !isJsonObject(data) || data["is_valid"] === false)
        return undefined;
      return { claims, seconds: Number(data["expires_at"]) - now / MS || 0 };
    },
  },
};

const APP_TOKEN = "X-Facebook-App-Token";
const NO_APP_TOKEN = `Facebook requires you provide an app token to validate user tokens. Provide a ${APP_TOKEN} header`;
const OIDC = { sub: "X-OIDC-Sub", email: "X-OIDC-Email", scope: "X-OIDC-Scope" };

export function createOauth(urls: OauthUrls = URLS): Plugin<OauthConf> {
  return {
    name: "openwhisk-oauth",
    version: 0.1,
    priority: 75,
    schema: { type: "object", required: ["providers"] },
    create: ({ http, now }) => {
      const tokens = new LRUCache<string, Known>({ max: TOKENS_MAX, perf: { now } });
      return {
        rewrite: async ({ providers }, ctx) => {
          for (const provider of providers) {
            const exit = await check({ urls, http, now, tokens }, provider, ctx);
            if (exit !== undefined) return exit;
          }
          return undefined;
        },
      };
    },
  };
}

type Tools = {
  readonly urls: OauthUrls;
  readonly http: HttpClient;
  readonly now: () => number;
  readonly tokens: LRUCache<string, Known>;
};

async function check(
  tools: Tools,
  name: string,
  ctx: RequestContext,
): Promise<PluginExit | undefined> {
  const given = ctx.request.head.headers.get("Authorization");
  if (given === undefined) return refusal(401, "No Authorization header provided");
  if (!Object.hasOwn(PROVIDERS, name)) {
    return refusal(500, "Error loading OAuth provider authentication module");
  }
  const provider = name as keyof OauthUrls;
  const token = given.replace(/^bearer\s/i, "");
  const call = PROVIDERS[provider].call(tools.urls[provider], token, ctx);
  if ("status" in call) return call;
  const key = createHash("sha256")
    .update(JSON.stringify([provider, token, call.url]))
    .digest("hex");
  const remembered = tools.tokens.get(key);
  const known = remembered ?? (await ask(tools, provider, call));
  if (known === "unreachable") return refusal(500, "Connection to the OAuth provider failed.");
  if (known === undefined) return unknownToken();
  if (remembered === undefined && known.seconds > 0) {
    tools.tokens.set(key, known, { ttl: Math.ceil(known.seconds * MS) });
  }
  if (provider === "google") tellClaims(known.claims, ctx);
  return undefined;
}

async function ask(
  { http, now }: Tools,
  provider: keyof OauthUrls,
  call: HttpCall,
): Promise<Known | undefined | "unreachable"> {
  const headers = call.headers ?? new HeaderList();
  headers.set("Accept", "application/json");
  headers.set("User-Agent", "openwhisk-apigateway");
  try {
    const answer = await http({ ...call, headers });
    const claims: unknown = JSON.parse(await answer.text(ANSWER_BYTES_MAX));
    if (!isJsonObject(claims) || answer.status >= 400) return undefined;
    return PROVIDERS[provider].read(claims as JsonObject, now());
  } catch {
    return "unreachable";
  }
}

/** The status in the body is a text, as the original's. */
function unknownToken(): PluginExit {
  const text = "OAuth token didn't work or provider doesn't support OpenID connect";
  return { ...refusal(401, text), body: errorBody("401", text) };
}

function tellClaims(claims: JsonObject, { response }: RequestContext): void {
  for (const [claim, header] of Object.entries(OIDC)) {
    const value = claims[claim];
    if (typeof value === "string") response.setHeader(header, value);
  }
}

function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  return `${url}?${new URLSearchParams(query)}`;
}
