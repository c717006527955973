/** `hmac-auth`: a consumer signs the request, headers of its choice and, if wanted, the body. */
import { createHash } from "node:crypto";
import type { Consumer } from "../consumer.ts";
import type { Plugin, PluginServices } from "../plugin.ts";
import { BodyTooLargeError } from "../read-body.ts";
import type { RequestContext } from "../request-context.ts";
import {
  ANONYMOUS_CONSUMER,
  type AuthenticationConf,
  admitByHeader,
  equalSecrets,
  type Identified,
  identifyThen,
  realmSchema,
} from "./lib/authentication.ts";
import { decodeBase64 } from "./lib/base64.ts";
import {
  fieldsProblem,
  HMAC_ALGORITHMS,
  type HmacFields,
  parseHmacHeader,
  signRequest,
} from "./lib/hmac-signature.ts";

export type HmacAuthConf = AuthenticationConf & {
  readonly allowed_algorithms: readonly string[];
  readonly clock_skew: number;
  readonly signed_headers: readonly string[];
  readonly validate_request_body: boolean;
  readonly max_req_body_size: number;
  readonly hide_credentials: boolean;
};

const ALGORITHMS = Object.keys(HMAC_ALGORITHMS);

export const hmacAuth: Plugin<HmacAuthConf> = {
  name: "hmac-auth",
  version: 0.1,
  priority: 2530,
  type: "auth",
  schema: {
    type: "object",
    title: "work with route or service object",
    properties: {
      allowed_algorithms: {
        type: "array",
        minItems: 1,
        items: { type: "string", enum: ALGORITHMS },
        default: ALGORITHMS,
      },
      clock_skew: { type: "integer", default: 300, minimum: 1 },
      signed_headers: {
        type: "array",
        default: ["date"],
        items: { type: "string", minLength: 1, maxLength: 50 },
      },
      validate_request_body: {
        type: "boolean",
        description: "the body must have the digest that the request names",
        default: false,
      },
      max_req_body_size: {
        type: "integer",
        minimum: 1,
        default: 67_108_864,
        description: "bytes of a body whose digest is looked at; a larger one is refused with 413",
      },
      hide_credentials: { type: "boolean", default: false },
      realm: realmSchema("hmac"),
      anonymous_consumer: ANONYMOUS_CONSUMER,
    },
  },
  consumerSchema: {
    type: "object",
    title: "work with consumer object",
    properties: {
      key_id: { type: "string", minLength: 1, maxLength: 256 },
      secret_key: { type: "string", minLength: 1, maxLength: 256 },
    },
    required: ["key_id", "secret_key"],
  },
  encryptFields: ["secret_key"],
  create: (services) => ({
    rewrite: async (conf, ctx) => {
      const admission = { plugin: NAME, scheme: "hmac", services };
      try {
        return await identifyThen(
          services,
          () => identify(services, conf, ctx),
          (identified) => admitByHeader(admission, conf, ctx, identified),
        );
      } catch (error) {
        if (!(error instanceof BodyTooLargeError)) throw error;
        return { status: 413, body: { message: tooLarge(ctx, conf.max_req_body_size) } };
      }
    },
  }),
};

const NAME = hmacAuth.name;
const REFUSAL = "client request can't be validated";

async function identify(
  services: PluginServices,
  conf: HmacAuthConf,
  ctx: RequestContext,
): Promise<Identified> {
  const { headers } = ctx.request;
  const header = headers.get("authorization");
  if (header === undefined) return { refusal: `${REFUSAL}: missing Authorization header` };
  const fields = parseHmacHeader(header);
  if (fields === undefined) {
    const text = "Authorization header does not start with 'Signature'";
    return { refusal: `${REFUSAL}: ${text}` };
  }
  const now = Math.floor(services.now() / 1000);
  if (fieldsProblem(conf, fields, headers.get("date"), now) !== undefined) {
    return { refusal: REFUSAL };
  }
  const consumer = services.consumers.find(NAME, "key_id", fields.keyId ?? "");
  if (consumer === undefined || !isSigned(ctx, consumer, fields)) return { refusal: REFUSAL };
  if (conf.validate_request_body && !(await hasDigest(ctx, conf))) return { refusal: REFUSAL };
  return { consumer };
}

function isSigned(ctx: RequestContext, { authConf }: Consumer, fields: HmacFields): boolean {
  const secret = authConf["secret_key"];
  const sent = decodeBase64(fields.signature ?? "");
  if (typeof secret !== "string" || sent === undefined) return false;
  const { request } = ctx;
  const target = `${request.method} ${String(ctx.var("request_uri"))}`;
  const header = (name: string): string | undefined => request.headers.get(name);
  return equalSecrets(sent, signRequest(secret, fields, target, header));
}

async function hasDigest({ request }: RequestContext, conf: HmacAuthConf): Promise<boolean> {
  const digest = request.headers.get("digest");
  if (digest === undefined) return false;
  const body = await request.readBody(conf.max_req_body_size);
  return digest === `SHA-256=${createHash("sha256").update(body).digest("base64")}`;
}

function tooLarge({ request }: RequestContext, most: number): string {
  const size = request.contentLength ?? most + 1;
  return `request size ${size} is greater than the maximum size ${most} allowed`;
}
