/**
 * `openid-connect`: requests carry a token of an OpenID provider, verified with its keys or by
 * asking it. The login of browsers is not served (docs/compatibility.md).
 */
import type { JsonObject } from "../../core/documents.ts";
import type { PhaseResult, Plugin, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { claimSchemaProblem, claimsRefusal } from "./lib/openid-claims.ts";
import {
  isVerifiedHere,
  looksAtTokens,
  OPENID_SECRETS,
  type OpenidConf,
  openidProblem,
} from "./lib/openid-conf.ts";
import { Introspection } from "./lib/openid-introspection.ts";
import { OpenidProviders, ProviderError } from "./lib/openid-provider.ts";
import { OPENID_SCHEMA } from "./lib/openid-schema.ts";
import { TokenError, TokenVerifier } from "./lib/openid-token.ts";

export const openidConnect: Plugin<OpenidConf> = {
  name: "openid-connect",
  version: 0.2,
  priority: 2599,
  schema: OPENID_SCHEMA,
  encryptFields: OPENID_SECRETS,
  check: openidProblem,
  create: (services) => {
    const { http, now, log } = services;
    const providers = new OpenidProviders(http, now);
    const tokens = new TokenVerifier(providers, now);
    const introspection = new Introspection(http, providers, now);
    const claimsOf = (conf: OpenidConf, token: string, ctx: RequestContext) =>
      isVerifiedHere(conf)
        ? tokens.verify(conf, token)
        : introspection.ask(conf, token, ctx.request.headers);
    return {
      rewrite: async (conf, ctx) => {
        const bearer = readBearer(ctx);
        // The upstream must believe these headers: none of them may be the client's.
        for (const name of OUTPUTS) ctx.request.headers.remove(name);
        if (!looksAtTokens(conf)) return withoutToken(conf);
        if ("isMalformed" in bearer) return { status: 400 };
        const { token } = bearer;
        if (token === undefined)
          return conf.bearer_only ? challenge(conf, ctx) : withoutToken(conf);
        try {
          const claims = await claimsOf(conf, token, ctx);
          return accept(conf, ctx, token, claims);
        } catch (error) {
          if (!(error instanceof TokenError)) throw error;
          tell(log, error);
          return challenge(conf, ctx, error.message);
        }
      },
    };
  },
};

const OUTPUTS = ["X-Access-Token", "X-Userinfo", "X-ID-Token", "X-Refresh-Token", "X-Raw-ID-Token"];

type Bearer = { readonly token: string | undefined } | { readonly isMalformed: true };

/** `Authorization: Bearer …`, else `X-Access-Token`. Another scheme is no token. */
function readBearer({ request: { headers } }: RequestContext): Bearer {
  const header = headers.get("authorization");
  if (header === undefined) return { token: headers.get("x-access-token") };
  const at = header.indexOf(" ");
  if (at < 0) return { isMalformed: true };
  const isBearer = header.slice(0, at).toLowerCase() === "bearer";
  return { token: isBearer ? header.slice(at + 1) : undefined };
}

function withoutToken({ unauth_action: action }: OpenidConf): PhaseResult {
  return action === "pass" ? undefined : { status: 401 };
}

function challenge({ realm }: OpenidConf, ctx: RequestContext, reason?: string): PhaseResult {
  const error =
    reason === undefined ? "" : `, error="invalid_token", error_description="${reason}"`;
  ctx.response.setHeader("WWW-Authenticate", `Bearer realm="${realm}"${error}`);
  return { status: 401 };
}

function accept(
  conf: OpenidConf,
  ctx: RequestContext,
  token: string,
  claims: JsonObject,
): PhaseResult {
  const refusal = claimsRefusal(conf, claims);
  if (refusal !== undefined) return { status: 403, body: JSON.stringify({ error: refusal }) };
  const problem = claimSchemaProblem(conf, claims);
  if (problem !== undefined) return challenge(conf, ctx, problem.replaceAll('"', "'"));
  const { headers } = ctx.request;
  if (conf.set_access_token_header) {
    const isInAuthorization = conf.access_token_in_authorization_header;
    if (isInAuthorization) headers.set("Authorization", `Bearer ${token}`);
    else headers.set("X-Access-Token", token);
  }
  if (conf.set_userinfo_header) {
    const encoded = Buffer.from(JSON.stringify(claims)).toString("base64");
    headers.set("X-Userinfo", encoded);
  }
  return undefined;
}

/** Why the provider could not be asked is for the operator alone. */
function tell(log: PluginServices["log"], { message, cause }: TokenError): void {
  if (cause instanceof ProviderError) {
    log("error", "an OpenID provider failed", { reason: cause.message });
  } else log("info", "a token was refused", { reason: message });
}
