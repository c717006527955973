/** What a consumer says of its tokens (apisix/plugins/jwt-auth.lua). */
import type { JsonObject } from "../../../core/documents.ts";

const SHARED = ["HS256", "HS384", "HS512"];
const PUBLIC = [
  "RS256",
  "RS384",
  "RS512",
  "ES256",
  "ES384",
  "ES512",
  "PS256",
  "PS384",
  "PS512",
  "EdDSA",
];
const TEXT: JsonObject = { type: "string", minLength: 1 };

export const JWT_CONSUMER: JsonObject = {
  type: "object",
  properties: {
    key: TEXT,
    secret: TEXT,
    algorithm: { type: "string", enum: [...SHARED, ...PUBLIC], default: "HS256" },
    exp: { type: "integer", minimum: 1, default: 86_400 },
    base64_secret: { type: "boolean", default: false },
    lifetime_grace_period: { type: "integer", minimum: 0, default: 0 },
  },
  dependencies: {
    algorithm: {
      oneOf: [
        { properties: { algorithm: { enum: SHARED, default: "HS256" } } },
        {
          properties: { public_key: TEXT, algorithm: { enum: PUBLIC } },
          required: ["public_key"],
        },
      ],
    },
  },
  required: ["key"],
};
