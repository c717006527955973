/** Verifies access tokens that are JWTs with a key of the configuration or of the provider. */
import { createHash, type KeyObject } from "node:crypto";
import type { JWTPayload, JWTVerifyOptions } from "jose";
import type { JsonObject } from "../../../core/documents.ts";
import { readPublicKey } from "./jws.ts";
import type { OpenidConf } from "./openid-conf.ts";
import { type OpenidProviders, ProviderError } from "./openid-provider.ts";
import { TimedCache } from "./timed-cache.ts";

/** Verified tokens that are kept. */
const TOKENS_MAX = 10_000;
/** How long a token without an end of its own counts as verified. */
const ENDLESS_MS = 120_000;
/** Of a key that anyone may know; never a shared secret. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** A token is refused; the text is for the client. */
export class TokenError extends Error {}

// Loaded with the first token: a gateway without such routes starts without it.
const jose = (): Promise<typeof import("jose")> => import("jose");

export class TokenVerifier {
  private readonly providers: OpenidProviders;
  private readonly now: () => number;
  private readonly verified: TimedCache<JsonObject>;

  constructor(providers: OpenidProviders, now: () => number) {
    this.providers = providers;
    this.now = now;
    this.verified = new TimedCache(TOKENS_MAX, now);
  }

  /** The claims; rejects with `TokenError`. */
  async verify(conf: OpenidConf, token: string): Promise<JsonObject> {
    const issuers = await this.issuers(conf);
    const key = cacheKey(conf, issuers, token);
    const kept = conf.jwt_verification_cache_ignore ? undefined : this.verified.get(key);
    if (kept !== undefined) return kept;
    const claims = await this.check(conf, issuers, token);
    const { exp } = claims;
    const ttlMs = typeof exp === "number" ? exp * 1000 - this.now() : ENDLESS_MS;
    if (!conf.jwt_verification_cache_ignore) this.verified.set(key, claims, ttlMs);
    return claims;
  }

  /** Without a list the provider itself is the only issuer that is trusted. */
  private async issuers(conf: OpenidConf): Promise<readonly string[]> {
    const listed = conf.claim_validator?.issuer?.valid_issuers;
    if (listed !== undefined) return listed;
    const { issuer } = await this.providers.discover(conf).catch((cause: Error) => {
      throw new TokenError("issuer validation unavailable", { cause });
    });
    if (typeof issuer !== "string") throw new TokenError("issuer validation unavailable");
    return [issuer];
  }

  private async check(
    conf: OpenidConf,
    issuers: readonly string[],
    token: string,
  ): Promise<JsonObject> {
    const { decodeProtectedHeader, errors } = await jose();
    const { token_signing_alg_values_expected: expected } = conf;
    const options = { issuer: [...issuers], currentDate: new Date(this.now()) };
    try {
      const alg = algorithmOf(token, decodeProtectedHeader);
      if (alg === "none") return await unsigned(conf, token, options);
      if (expected !== undefined && alg !== expected) {
        throw new TokenError(`token is signed by unexpected algorithm "${plain(alg)}"`);
      }
      const payload = await this.signed(conf, token, { ...options, algorithms: ALGORITHMS });
      return payload as JsonObject;
    } catch (error) {
      if (error instanceof TokenError) throw error;
      if (error instanceof ProviderError) {
        throw new TokenError("keys of the provider unavailable", { cause: error });
      }
      if (!(error instanceof errors.JOSEError)) throw error;
      const reason = plain(error.message);
      throw new TokenError(`jwt signature verification failed: ${reason}`, { cause: error });
    }
  }

  private async signed(
    conf: OpenidConf,
    token: string,
    options: JWTVerifyOptions,
  ): Promise<JWTPayload> {
    const { jwtVerify, createLocalJWKSet, errors } = await jose();
    if (conf.public_key !== undefined) {
      return (await jwtVerify(token, publicKey(conf, conf.public_key), options)).payload;
    }
    const withKeys = async (renews: boolean): Promise<JWTPayload> => {
      const keys = createLocalJWKSet(await this.providers.keys(conf, renews));
      return (await jwtVerify(token, keys, options)).payload;
    };
    try {
      return await withKeys(false);
    } catch (error) {
      // The provider may have changed its keys since.
      if (error instanceof errors.JWKSNoMatchingKey) return withKeys(true);
      throw error;
    }
  }
}

const keys = new WeakMap<OpenidConf, KeyObject>();

function publicKey(conf: OpenidConf, pem: string): KeyObject {
  const key = keys.get(conf) ?? readPublicKey(withArmour(pem));
  if (key === undefined) throw new TokenError("the public key cannot be read");
  keys.set(conf, key);
  return key;
}

/** Also a key whose lines were joined by blanks, as a shell does it, is one. */
function withArmour(pem: string): string {
  const match = /^\s*(-----BEGIN [A-Z ]+-----)([\s\S]+)(-----END [A-Z ]+-----)\s*$/.exec(pem);
  if (match === null) return pem;
  const [, begin, body = "", end] = match;
  return `${begin}\n${body.replace(/\s+/g, "")}\n${end}\n`;
}

async function unsigned(
  conf: OpenidConf,
  token: string,
  options: { readonly issuer: string[]; readonly currentDate: Date },
): Promise<JsonObject> {
  if (!conf.accept_none_alg) {
    throw new TokenError("token uses none alg but accept_none_alg is not enabled");
  }
  const { UnsecuredJWT } = await jose();
  return UnsecuredJWT.decode(token, options).payload as JsonObject;
}

function algorithmOf(token: string, decode: (token: string) => { readonly alg?: string }): string {
  try {
    return decode(token).alg ?? "no algorithm at all";
  } catch (cause) {
    throw new TokenError("invalid jwt: invalid jwt string", { cause });
  }
}

/** Fit for a quoted text in a header. */
function plain(text: string): string {
  return text.replace(/[^ -~]|["\\]/g, "'").slice(0, 200);
}

function cacheKey(conf: OpenidConf, issuers: readonly string[], token: string): string {
  const { cache_segment: segment, public_key: key, discovery, accept_none_alg: none } = conf;
  const parts = [
    segment ?? "DEFAULT",
    key ?? discovery,
    none,
    conf.token_signing_alg_values_expected ?? null,
    issuers,
    token,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64");
}
