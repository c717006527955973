/** Schema of `openid-connect` (apisix/plugins/openid-connect.lua). */
import type { Json, JsonObject } from "../../../core/documents.ts";

const TEXT: JsonObject = { type: "string" };
const INTEGER: JsonObject = { type: "integer" };

function flag(fallback: boolean, description?: string): JsonObject {
  const plain: JsonObject = { type: "boolean", default: fallback };
  return description === undefined ? plain : { ...plain, description };
}

function text(description: string, more: JsonObject = {}): JsonObject {
  return { type: "string", description, ...more };
}

function integer(fallback: number, description: string, more: JsonObject = {}): JsonObject {
  return { type: "integer", default: fallback, description, ...more };
}

const milliseconds = (fallback: number, minimum: number): JsonObject =>
  integer(fallback, "milliseconds", { minimum });

const SESSION: JsonObject = {
  type: "object",
  properties: {
    secret: text("encrypts and signs sessions", { minLength: 16 }),
    cookie_name: TEXT,
    cookie_path: TEXT,
    cookie_domain: TEXT,
    cookie_secure: { type: "boolean" },
    cookie_http_only: { type: "boolean" },
    cookie_same_site: { type: "string", enum: ["Strict", "Lax", "None", "Default"] },
    idling_timeout: INTEGER,
    rolling_timeout: INTEGER,
    absolute_timeout: INTEGER,
    cookie: { type: "object", properties: { lifetime: INTEGER } },
    storage: { type: "string", enum: ["cookie", "redis"], default: "cookie" },
    redis: {
      type: "object",
      properties: {
        host: { type: "string", minLength: 2, default: "127.0.0.1" },
        port: { type: "integer", minimum: 1, default: 6379 },
        username: { type: "string", minLength: 1 },
        password: { type: "string", minLength: 0 },
        database: { type: "integer", minimum: 0, default: 0 },
        prefix: { type: "string", default: "sessions" },
        ssl: flag(false),
        ssl_verify: flag(true),
        server_name: TEXT,
        connect_timeout: milliseconds(1000, 1),
        send_timeout: milliseconds(1000, 1),
        read_timeout: milliseconds(1000, 1),
        keepalive_timeout: milliseconds(10_000, 1000),
      },
    },
  },
  required: ["secret"],
  if: { properties: { storage: { enum: ["redis"] } } },
  // biome-ignore lint/suspicious/noThenProperty: the schema's member, never awaited
  then: { required: ["redis"] },
  additionalProperties: false,
};

const CLAIM_VALIDATOR: JsonObject = {
  type: "object",
  properties: {
    issuer: {
      description: "issuers whose tokens are accepted; default: the one of the discovery document",
      type: "object",
      properties: { valid_issuers: { type: "array", items: TEXT } },
    },
    audience: {
      type: "object",
      properties: {
        claim: text("name of the claim", { default: "aud" }),
        required: flag(false, "the claim must be there"),
        match_with_client_id: flag(false, "it must be or contain client_id"),
      },
    },
  },
};

const AUTH_METHODS: Json[] = [
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
  "client_secret_jwt",
];

const PAR: JsonObject = {
  type: "object",
  properties: {
    enabled: flag(false),
    endpoint: TEXT,
    endpoint_auth_method: { type: "string", enum: AUTH_METHODS },
  },
  additionalProperties: false,
};

const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const DPOP: JsonObject = {
  type: "object",
  properties: {
    enabled: flag(false),
    signing_alg: { type: "string", enum: ["ES256", "RS256", "PS256"], default: "ES256" },
    private_key: TEXT,
    public_jwk: {
      type: "object",
      not: { anyOf: PRIVATE_MEMBERS.map((name) => ({ required: [name] })) },
    },
  },
  if: { properties: { enabled: { const: true } } },
  // biome-ignore lint/suspicious/noThenProperty: the schema's member, never awaited
  then: { required: ["private_key", "public_jwk"] },
  additionalProperties: false,
};

const PROXY: JsonObject = {
  type: "object",
  properties: {
    http_proxy: TEXT,
    https_proxy: TEXT,
    http_proxy_authorization: TEXT,
    https_proxy_authorization: TEXT,
    no_proxy: TEXT,
  },
};

const ASSERTION_ALGORITHMS: Json[] = ["HS256", "HS512", "RS256", "RS512", "ES256", "ES512"];

/** What the login of browsers needs, and what tells the upstream of it. */
const LOGIN: JsonObject = {
  scope: { type: "string", default: "openid" },
  token_endpoint_auth_method: { type: "string", default: "client_secret_basic" },
  session: SESSION,
  logout_path: { type: "string", default: "/logout" },
  redirect_uri: TEXT,
  post_logout_redirect_uri: TEXT,
  use_pkce: flag(false),
  par: PAR,
  dpop: DPOP,
  set_id_token_header: flag(true),
  set_raw_id_token_header: flag(false),
  set_refresh_token_header: flag(false),
  authorization_params: { type: "object" },
  renew_access_token_on_expiry: flag(true),
  access_token_expires_in: INTEGER,
  refresh_session_interval: INTEGER,
  iat_slack: { type: "integer", default: 120 },
  accept_unsupported_alg: flag(true),
  access_token_expires_leeway: { type: "integer", default: 0 },
  force_reauthorize: flag(false),
  use_nonce: flag(false),
  revoke_tokens_on_logout: flag(false),
};

export const OPENID_SCHEMA: JsonObject = {
  type: "object",
  properties: {
    client_id: TEXT,
    client_secret: TEXT,
    discovery: text("URL of the provider's discovery document"),
    ssl_verify: flag(true),
    timeout: integer(3, "seconds", { minimum: 1 }),
    introspection_endpoint: text("default: that of the discovery document"),
    introspection_endpoint_auth_method: { type: "string", default: "client_secret_basic" },
    bearer_only: flag(false, "only requests with a token are let in"),
    realm: { type: "string", default: "apisix" },
    claim_validator: CLAIM_VALIDATOR,
    unauth_action: text("what happens to a request without token", {
      default: "auth",
      enum: ["auth", "deny", "pass"],
    }),
    public_key: text("verifies the signatures of tokens, PEM"),
    use_jwks: flag(false, "tokens are verified with the provider's keys"),
    token_signing_alg_values_expected: text("the only algorithm of signatures that is accepted"),
    set_access_token_header: flag(true, "the upstream gets the token"),
    access_token_in_authorization_header: flag(
      false,
      "it gets it in Authorization, not in X-Access-Token",
    ),
    set_userinfo_header: flag(true, "it gets the claims in X-Userinfo, JSON in base64"),
    proxy_opts: PROXY,
    client_rsa_private_key: text("signs assertions of the client, PEM"),
    client_rsa_private_key_id: text("kid of the assertions"),
    client_jwt_assertion_expires_in: integer(60, "seconds"),
    client_jwt_assertion_alg: { type: "string", enum: ASSERTION_ALGORITHMS },
    client_jwt_assertion_audience: text("default: the endpoint"),
    accept_none_alg: flag(false, "tokens without a signature are accepted"),
    jwk_expires_in: integer(86_400, "seconds for which the provider's keys are kept"),
    jwt_verification_cache_ignore: flag(false, "each token is verified anew"),
    cache_segment: text("routes with another segment do not share what is cached"),
    introspection_interval: integer(0, "seconds for which an answer is kept at most; 0: no bound"),
    introspection_expiry_claim: text('claim that says how long it is kept; default "exp"'),
    introspection_addon_headers: {
      description: "the client's headers that the introspection endpoint gets",
      type: "array",
      minItems: 1,
      items: { type: "string", pattern: "^[^:]+$" },
    },
    required_scopes: { type: "array", items: TEXT },
    claim_schema: { description: "JSON schema of the claims", type: "object" },
    ...LOGIN,
  },
  required: ["client_id", "discovery"],
};
