/** Parts that several resource schemas share (apisix/schema_def.lua). */
import type { Json, JsonObject } from "../../core/documents.ts";

export const ID: JsonObject = {
  anyOf: [
    { type: "string", minLength: 1, maxLength: 64, pattern: "^[a-zA-Z0-9-_.]+$" },
    { type: "integer", minimum: 1 },
  ],
};

const HOST_PATTERN = "^\\*$|^\\*?[0-9a-zA-Z-._\\[\\]:]+$";
export const HOST: JsonObject = { type: "string", pattern: HOST_PATTERN };

const IPV4_PART = "([0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
const IPV4 = [IPV4_PART, IPV4_PART, IPV4_PART, IPV4_PART].join("\\.");
const IPV6 = "([a-fA-F0-9]{0,4}:){1,8}(:[a-fA-F0-9]{0,4}){0,8}([a-fA-F0-9]{0,4})?";

/** Addresses and blocks of them. */
export const ADDRESSES: Json[] = [
  { title: "IPv4", type: "string", format: "ipv4" },
  { title: "IPv4/CIDR", type: "string", pattern: `^${IPV4}/([12]?[0-9]|3[0-2])$` },
  { title: "IPv6", type: "string", format: "ipv6" },
  { title: "IPv6/CIDR", type: "string", pattern: `^${IPV6}/[0-9]{1,3}$` },
];

export const REMOTE_ADDRESS: JsonObject = {
  description: "client IP",
  type: "string",
  anyOf: ADDRESSES,
};

export const NAME: JsonObject = { type: "string", maxLength: 256, minLength: 1 };
export const DESCRIPTION: JsonObject = { type: "string", maxLength: 256 };
export const TIMESTAMP: JsonObject = { type: "integer" };
export const PLUGINS: JsonObject = { type: "object" };
export const WEBSOCKET: JsonObject = {
  description: "enable websocket for request",
  type: "boolean",
};
export const SCRIPT: JsonObject = { type: "string", minLength: 10, maxLength: 102_400 };

export const LABELS: JsonObject = {
  description: "key/value pairs to specify attributes",
  type: "object",
  patternProperties: {
    ".*": {
      description: "value of label",
      type: "string",
      pattern: "^\\S+$",
      maxLength: 256,
      minLength: 1,
    },
  },
};

const SECONDS: JsonObject = { type: "number", exclusiveMinimum: 0 };
export const TIMEOUT: JsonObject = {
  type: "object",
  properties: { connect: SECONDS, send: SECONDS, read: SECONDS },
  required: ["connect", "send", "read"],
};

export const METHODS: string[] = [
  "GET",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "HEAD",
  "OPTIONS",
  "CONNECT",
  "TRACE",
  "PURGE",
];
export const METHOD: JsonObject = { description: "HTTP method", type: "string", enum: METHODS };

/** What every resource may have beside its own members. */
export const METADATA: JsonObject = {
  id: ID,
  name: NAME,
  desc: DESCRIPTION,
  labels: LABELS,
  create_time: TIMESTAMP,
  update_time: TIMESTAMP,
};

export const CERTIFICATE: JsonObject = { type: "string", minLength: 128, maxLength: 65_536 };
export const PRIVATE_KEY: JsonObject = { type: "string", minLength: 64, maxLength: 65_536 };

/** On or off, as a number. */
export function status(description: string): JsonObject {
  return { description, type: "integer", enum: [1, 0], default: 1 };
}

/** Schemas of which each asks for these members. */
export function requiring(...lists: readonly (readonly string[])[]): Json[] {
  return lists.map((names) => ({ required: [...names] }));
}
