/** Schemas of secret managers, by the name in the path (apisix/secret/*.lua). */
import type { JsonObject } from "../../core/documents.ts";

const URI: JsonObject = {
  type: "string",
  pattern: "^[^\\/]+:\\/\\/([\\da-zA-Z.-]+|\\[[\\da-fA-F:]+\\])(:\\d+)?",
};
const TEXT: JsonObject = { type: "string" };
const TEXT_LIST: JsonObject = { type: "array", items: TEXT };

const VAULT: JsonObject = {
  type: "object",
  properties: { uri: URI, prefix: TEXT, token: TEXT, namespace: TEXT },
  required: ["uri", "prefix", "token"],
};

const AWS: JsonObject = {
  type: "object",
  properties: {
    access_key_id: TEXT,
    secret_access_key: TEXT,
    session_token: TEXT,
    region: { type: "string", default: "us-east-1" },
    endpoint_url: URI,
  },
  required: ["access_key_id", "secret_access_key"],
};

/** A service account, in the configuration or in a file of its own. */
export const GOOGLE_ACCOUNT: JsonObject = {
  type: "object",
  properties: {
    client_email: TEXT,
    private_key: TEXT,
    project_id: TEXT,
    token_uri: { type: "string", default: "https://oauth2.googleapis.com/token" },
    scope: { ...TEXT_LIST, default: ["https://www.googleapis.com/auth/cloud-platform"] },
    entries_uri: { type: "string", default: "https://secretmanager.googleapis.com/v1" },
  },
  required: ["client_email", "private_key", "project_id"],
};

const GCP: JsonObject = {
  type: "object",
  properties: {
    auth_config: GOOGLE_ACCOUNT,
    ssl_verify: { type: "boolean", default: true },
    auth_file: TEXT,
  },
  oneOf: [{ required: ["auth_config"] }, { required: ["auth_file"] }],
};

export const SECRET_MANAGERS: Readonly<Record<string, JsonObject>> = {
  vault: VAULT,
  aws: AWS,
  gcp: GCP,
};
