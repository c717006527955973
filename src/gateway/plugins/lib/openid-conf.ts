/** Configuration of `openid-connect` as its parts read it, and what no schema can say of it. */
import type { JsonObject } from "../../../core/documents.ts";
import { schemaProblem } from "../../schema/validator.ts";

export type OpenidConf = {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly discovery: string;
  readonly ssl_verify: boolean;
  readonly timeout: number;
  readonly introspection_endpoint?: string;
  readonly introspection_endpoint_auth_method: string;
  readonly bearer_only: boolean;
  readonly session?: JsonObject;
  readonly realm: string;
  readonly claim_validator?: {
    readonly issuer?: { readonly valid_issuers?: readonly string[] };
    readonly audience?: {
      readonly claim?: string;
      readonly required?: boolean;
      readonly match_with_client_id?: boolean;
    };
  };
  readonly unauth_action: "auth" | "deny" | "pass";
  readonly public_key?: string;
  readonly use_jwks: boolean;
  readonly token_signing_alg_values_expected?: string;
  readonly token_endpoint_auth_method: string;
  readonly use_pkce: boolean;
  readonly set_access_token_header: boolean;
  readonly access_token_in_authorization_header: boolean;
  readonly set_userinfo_header: boolean;
  readonly proxy_opts?: JsonObject;
  readonly client_rsa_private_key?: string;
  readonly client_rsa_private_key_id?: string;
  readonly client_jwt_assertion_expires_in: number;
  readonly client_jwt_assertion_alg?: string;
  readonly client_jwt_assertion_audience?: string;
  readonly accept_none_alg: boolean;
  readonly jwk_expires_in: number;
  readonly jwt_verification_cache_ignore: boolean;
  readonly cache_segment?: string;
  readonly introspection_interval: number;
  readonly introspection_expiry_claim?: string;
  readonly introspection_addon_headers?: readonly string[];
  readonly required_scopes?: readonly string[];
  readonly claim_schema?: JsonObject;
};

/** Members that hold secrets. */
export const OPENID_SECRETS = [
  "client_secret",
  "client_rsa_private_key",
  "dpop.private_key",
  "session.secret",
  "session.redis.password",
];

/** Names of the original's library: set here they would pass by the checks and the encryption. */
const FLAT_NAMES: Readonly<Record<string, string>> = {
  use_par: "par.enabled",
  pushed_authorization_request_endpoint: "par.endpoint",
  pushed_authorization_request_endpoint_auth_method: "par.endpoint_auth_method",
  use_dpop: "dpop.enabled",
  dpop_signing_alg: "dpop.signing_alg",
  dpop_private_key: "dpop.private_key",
  dpop_public_jwk: "dpop.public_jwk",
};

/** What is wrong with a configuration that has passed the schema. */
export function openidProblem(conf: OpenidConf): string | undefined {
  return (
    missingSecret(conf) ??
    flatName(conf) ??
    claimSchemaProblem(conf) ??
    algorithmProblem(conf) ??
    unserved(conf)
  );
}

/** True when a token in the request is looked at. */
export function looksAtTokens(conf: OpenidConf): boolean {
  return conf.bearer_only || conf.introspection_endpoint !== undefined || isVerifiedHere(conf);
}

/** True when tokens are verified with a key; else the provider is asked about each. */
export function isVerifiedHere(conf: OpenidConf): boolean {
  return conf.public_key !== undefined || conf.use_jwks;
}

/** The setting counts seconds; whole thousands were milliseconds once, and still are. */
export function timeoutMs({ timeout }: OpenidConf): number {
  return timeout >= 1000 && timeout % 1000 === 0 ? timeout : timeout * 1000;
}

function missingSecret(conf: OpenidConf): string | undefined {
  if (!conf.bearer_only && conf.session === undefined) {
    return 'property "session.secret" is required when "bearer_only" is false';
  }
  const { introspection_endpoint_auth_method: introspection } = conf;
  const isOptional = conf.bearer_only
    ? isVerifiedHere(conf) || introspection === "private_key_jwt"
    : conf.token_endpoint_auth_method === "private_key_jwt" || conf.use_pkce;
  if (isOptional || conf.client_secret !== undefined) return undefined;
  return 'property "client_secret" is required';
}

function flatName(conf: OpenidConf): string | undefined {
  const name = Object.keys(FLAT_NAMES).find((flat) => Object.hasOwn(conf, flat));
  if (name === undefined) return undefined;
  return `property "${name}" is not allowed, use "${FLAT_NAMES[name]}" instead`;
}

function claimSchemaProblem({ claim_schema: schema }: OpenidConf): string | undefined {
  const problem = schema && schemaProblem(schema);
  return problem && `check claim_schema failed: ${problem}`;
}

function algorithmProblem(conf: OpenidConf): string | undefined {
  const { client_jwt_assertion_alg: alg, introspection_endpoint_auth_method: method } = conf;
  if (alg === undefined || isVerifiedHere(conf) || !looksAtTokens(conf)) return undefined;
  const isShared = alg.startsWith("HS");
  const selects = `${method} selected by "introspection_endpoint_auth_method"`;
  const start = `property "client_jwt_assertion_alg" "${alg}" is`;
  if (method === "private_key_jwt" && isShared) {
    return `${start} symmetric and cannot be used with the ${selects}`;
  }
  if (method === "client_secret_jwt" && !isShared) {
    return `${start} asymmetric and cannot be used with the ${selects}`;
  }
  return undefined;
}

function unserved(conf: OpenidConf): string | undefined {
  if (conf.proxy_opts !== undefined) return '"proxy_opts" is not served: calls go out directly';
  if (conf.bearer_only || conf.unauth_action !== "auth") return undefined;
  return (
    "the login of browsers is not served: " +
    'set "bearer_only" to true, or "unauth_action" to "deny" or "pass"'
  );
}
