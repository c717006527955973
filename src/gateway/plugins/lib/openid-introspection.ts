/** Asks the provider about access tokens (RFC 7662). */
import { createHash, createPrivateKey, randomUUID } from "node:crypto";
import type { JsonObject } from "../../../core/documents.ts";
import { HeaderList } from "../../header-list.ts";
import type { HttpClient } from "../../http-call.ts";
import { type OpenidConf, timeoutMs } from "./openid-conf.ts";
import { fetchJson, type OpenidProviders, ProviderError } from "./openid-provider.ts";
import { TokenError } from "./openid-token.ts";
import { TimedCache } from "./timed-cache.ts";

/** Answers that are kept. */
const ANSWERS_MAX = 10_000;

export class Introspection {
  private readonly http: HttpClient;
  private readonly providers: OpenidProviders;
  private readonly now: () => number;
  private readonly answers: TimedCache<JsonObject>;

  constructor(http: HttpClient, providers: OpenidProviders, now: () => number) {
    this.http = http;
    this.providers = providers;
    this.now = now;
    this.answers = new TimedCache(ANSWERS_MAX, now);
  }

  /**
   * What the provider says of an active token; rejects with `TokenError`. `client` has the headers
   * of the client's request.
   */
  async ask(conf: OpenidConf, token: string, client: HeaderList): Promise<JsonObject> {
    try {
      const endpoint = await this.endpoint(conf);
      const key = cacheKey(conf, endpoint, token);
      const kept = this.answers.get(key);
      if (kept !== undefined) return kept;
      const answer = await this.call(conf, endpoint, token, client);
      if (answer["active"] !== true) throw new TokenError("invalid token");
      this.answers.set(key, answer, keepsMs(conf, answer, this.now()));
      return answer;
    } catch (cause) {
      if (!(cause instanceof ProviderError)) throw cause;
      throw new TokenError("introspection unavailable", { cause });
    }
  }

  private async endpoint(conf: OpenidConf): Promise<string> {
    if (conf.introspection_endpoint !== undefined) return conf.introspection_endpoint;
    const { introspection_endpoint: endpoint } = await this.providers.discover(conf);
    if (typeof endpoint === "string") return endpoint;
    throw new ProviderError("no endpoint URI for introspection");
  }

  private async call(
    conf: OpenidConf,
    endpoint: string,
    token: string,
    client: HeaderList,
  ): Promise<JsonObject> {
    const form = new URLSearchParams({ token, client_id: conf.client_id });
    const headers = HeaderList.from({ "Content-Type": "application/x-www-form-urlencoded" });
    await authenticate(conf, endpoint, headers, form, this.now());
    for (const name of conf.introspection_addon_headers ?? []) {
      const value = client.get(name);
      if (value !== undefined) headers.set(name, value);
    }
    return fetchJson(this.http, {
      method: "POST",
      url: endpoint,
      headers,
      body: form.toString(),
      timeoutMs: timeoutMs(conf),
      sslVerify: conf.ssl_verify,
    });
  }
}

/** By one method alone: RFC 6749, 2.3 does not allow more. */
async function authenticate(
  conf: OpenidConf,
  endpoint: string,
  headers: HeaderList,
  form: URLSearchParams,
  now: number,
): Promise<void> {
  const { client_id: id, client_secret: secret = "" } = conf;
  switch (conf.introspection_endpoint_auth_method) {
    case "client_secret_basic": {
      const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
      headers.set("Authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
      return;
    }
    case "private_key_jwt":
    case "client_secret_jwt":
      form.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
      form.set("client_assertion", await assertion(conf, endpoint, now));
      return;
    default:
      form.set("client_secret", secret);
  }
}

async function assertion(conf: OpenidConf, endpoint: string, now: number): Promise<string> {
  const { SignJWT } = await import("jose");
  const method = conf.introspection_endpoint_auth_method;
  const isShared = method === "client_secret_jwt";
  const { client_secret: secret, client_rsa_private_key: pem, client_id: id } = conf;
  const material = isShared ? secret : pem;
  if (material === undefined) throw new ProviderError(`Can't use ${method} without a key.`);
  const alg = conf.client_jwt_assertion_alg ?? (isShared ? "HS256" : "RS256");
  const kid = conf.client_rsa_private_key_id;
  const seconds = Math.floor(now / 1000);
  try {
    const key = isShared ? Buffer.from(material) : createPrivateKey(material);
    return await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ typ: "JWT", alg, ...(isShared || kid === undefined ? {} : { kid }) })
      .setIssuer(id)
      .setSubject(id)
      .setAudience(conf.client_jwt_assertion_audience ?? endpoint)
      .setIssuedAt(seconds)
      .setExpirationTime(seconds + conf.client_jwt_assertion_expires_in)
      .sign(key);
  } catch (error) {
    // Its text may quote the key.
    throw new ProviderError(`an assertion cannot be signed with ${alg}`, { cause: error });
  }
}

/** By the claim that says so: a time for "exp", seconds for any other; none: not at all. */
function keepsMs(conf: OpenidConf, answer: JsonObject, now: number): number {
  const { introspection_expiry_claim: claim = "exp", introspection_interval: most } = conf;
  const value = answer[claim];
  if (typeof value !== "number") return 0;
  const ttlMs = claim === "exp" ? value * 1000 - now : value * 1000;
  return most > 0 ? Math.min(ttlMs, most * 1000) : ttlMs;
}

function cacheKey(conf: OpenidConf, endpoint: string, token: string): string {
  const parts = [conf.cache_segment ?? "DEFAULT", endpoint, conf.client_id, token];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64");
}
