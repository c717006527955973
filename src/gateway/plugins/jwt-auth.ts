/** `jwt-auth`: a consumer is known by a claim of a token that it has signed (RFC 7519). */
import type { KeyObject } from "node:crypto";
import type { JsonObject } from "../../core/documents.ts";
import type { Consumer } from "../consumer.ts";
import type { Plugin, PluginServices } from "../plugin.ts";
import type { RequestContext } from "../request-context.ts";
import { isSecretReference } from "../secrets.ts";
import {
  ANONYMOUS_CONSUMER,
  type AuthenticationConf,
  admit,
  type Identified,
  identifyThen,
  realmSchema,
} from "./lib/authentication.ts";
import { decodeBase64 } from "./lib/base64.ts";
import { parseJws, readPublicKey, verifyJws } from "./lib/jws.ts";
import { claimsProblem } from "./lib/jwt-claims.ts";
import { JWT_CONSUMER } from "./lib/jwt-consumer.ts";
import { type JwtSource, takeToken } from "./lib/jwt-source.ts";

export type JwtAuthConf = AuthenticationConf &
  JwtSource & {
    readonly key_claim_name: string;
    readonly store_in_ctx: boolean;
    readonly claims_to_verify?: readonly string[];
  };

type Key = Uint8Array | KeyObject;

export const jwtAuth: Plugin<JwtAuthConf> = {
  name: "jwt-auth",
  version: 0.1,
  priority: 2510,
  type: "auth",
  schema: {
    type: "object",
    properties: {
      header: { type: "string", default: "authorization" },
      query: { type: "string", default: "jwt" },
      cookie: { type: "string", default: "jwt" },
      hide_credentials: { type: "boolean", default: false },
      key_claim_name: { type: "string", default: "key", minLength: 1 },
      store_in_ctx: { type: "boolean", default: false },
      realm: realmSchema("jwt"),
      anonymous_consumer: ANONYMOUS_CONSUMER,
      claims_to_verify: {
        type: "array",
        items: { type: "string", enum: ["exp", "nbf"] },
        uniqueItems: true,
      },
    },
  },
  consumerSchema: JWT_CONSUMER,
  encryptFields: ["secret"],
  check: (conf, kind) => (kind === "consumer" ? consumerProblem(conf as never) : undefined),
  create: (services) => {
    /** By the consumer's configuration: reading a key from PEM is slow. */
    const keys = new WeakMap<JsonObject, Key>();
    const keyOf = (conf: JsonObject): Key | undefined => {
      const key = keys.get(conf) ?? readKey(conf);
      if (key !== undefined) keys.set(conf, key);
      return key;
    };
    return {
      rewrite: (conf, ctx) => {
        const token = takeToken(conf, ctx);
        const admission = { plugin: NAME, scheme: "Bearer", services };
        return identifyThen(
          services,
          () => identify(services, conf, ctx, token, keyOf),
          (identified) => admit(admission, conf, ctx, identified),
        );
      },
    };
  },
};

const NAME = jwtAuth.name;

function consumerProblem(conf: JsonObject): string | undefined {
  const { secret, public_key: publicKey } = conf;
  const isShared = String(conf["algorithm"]).startsWith("HS");
  if (isShared && secret === undefined) {
    return 'property "secret" is required when using HS based algorithms';
  }
  const isEncoded = conf["base64_secret"] === true && typeof secret === "string";
  if (isEncoded && !isSecretReference(secret) && decodeBase64(secret) === undefined) {
    return "base64_secret required but the secret is not in base64 format";
  }
  return !isShared && publicKey === undefined ? "missing valid public key" : undefined;
}

function identify(
  services: PluginServices,
  conf: JwtAuthConf,
  ctx: RequestContext,
  token: string | undefined,
  keyOf: (conf: JsonObject) => Key | undefined,
): Identified {
  if (token === undefined) return { refusal: "Missing JWT token in request" };
  const jws = parseJws(token);
  if (jws === undefined) return { refusal: "JWT token invalid" };
  const userKey = jws.payload[conf.key_claim_name];
  if (userKey === undefined || userKey === null || userKey === false) {
    return { refusal: "missing user key in JWT token" };
  }
  const consumer = findByKey(services, userKey);
  if (consumer === undefined) return { refusal: "Invalid user key in JWT token" };
  const { authConf } = consumer;
  const alg = String(authConf["algorithm"]);
  const key = keyOf(authConf);
  const isSigned = jws.header["alg"] === alg && key !== undefined && verifyJws(jws, alg, key);
  const now = Math.floor(services.now() / 1000);
  const grace = Number(authConf["lifetime_grace_period"]);
  if (!isSigned || claimsProblem(jws.payload, conf.claims_to_verify, now, grace) !== undefined) {
    return { refusal: "failed to verify jwt" };
  }
  if (conf.store_in_ctx) ctx.setVar("jwt_auth_payload", jws.payload);
  return { consumer };
}

function findByKey({ consumers }: PluginServices, key: unknown): Consumer | undefined {
  return typeof key === "string" ? consumers.find(NAME, "key", key) : undefined;
}

function readKey(conf: JsonObject): Key | undefined {
  const { secret, public_key: publicKey } = conf;
  if (!String(conf["algorithm"]).startsWith("HS")) {
    return typeof publicKey === "string" ? readPublicKey(publicKey) : undefined;
  }
  if (typeof secret !== "string") return undefined;
  return conf["base64_secret"] === true ? decodeBase64(secret) : Buffer.from(secret);
}
