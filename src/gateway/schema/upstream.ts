/** Schema of an upstream (apisix/schema_def.lua). */
import type { JsonObject } from "../../core/documents.ts";
import { CERTIFICATE, HOST, ID, METADATA, PRIVATE_KEY, requiring, TIMEOUT } from "./common.ts";
import { HEALTH_CHECKER } from "./health-check.ts";

const WEIGHT: JsonObject = { description: "weight of node", type: "integer", minimum: 0 };

const NODE: JsonObject = {
  type: "object",
  properties: {
    host: HOST,
    port: { description: "port of node", type: "integer", minimum: 1, maximum: 65_535 },
    weight: WEIGHT,
    priority: { description: "priority of node", type: "integer", default: 0 },
    metadata: { description: "metadata of node", type: "object" },
  },
  required: ["host", "weight"],
};

const NODES: JsonObject = {
  anyOf: [
    { type: "object", patternProperties: { ".*": WEIGHT } },
    { type: "array", items: NODE },
  ],
};

const TLS: JsonObject = {
  type: "object",
  properties: {
    client_cert_id: ID,
    client_cert: CERTIFICATE,
    client_key: PRIVATE_KEY,
    verify: {
      type: "boolean",
      description: "Turn on server certificate verification",
      default: false,
    },
  },
  dependencies: {
    client_cert: { required: ["client_key"] },
    client_key: { required: ["client_cert"] },
    client_cert_id: { not: { required: ["client_cert", "client_key"] } },
  },
};

export const UPSTREAM: JsonObject = {
  type: "object",
  properties: {
    ...METADATA,
    nodes: NODES,
    retries: { type: "integer", minimum: 0 },
    retry_timeout: { type: "number", minimum: 0 },
    timeout: TIMEOUT,
    tls: TLS,
    keepalive_pool: {
      type: "object",
      properties: {
        size: { type: "integer", default: 320, minimum: 1 },
        idle_timeout: { type: "number", default: 60, minimum: 0 },
        requests: { type: "integer", default: 1000, minimum: 1 },
      },
    },
    type: { description: "algorithms of load balancing", type: "string", default: "roundrobin" },
    checks: HEALTH_CHECKER,
    hash_on: {
      type: "string",
      default: "vars",
      enum: ["vars", "header", "cookie", "consumer", "vars_combinations"],
    },
    key: { description: "the key of chash for dynamic load balancing", type: "string" },
    scheme: {
      default: "http",
      enum: ["grpc", "grpcs", "http", "https", "tcp", "tls", "udp", "kafka"],
      description: "The scheme of the upstream.",
    },
    discovery_type: { description: "discovery type", type: "string" },
    discovery_args: {
      type: "object",
      properties: {
        namespace_id: { description: "namespace id", type: "string" },
        group_name: { description: "group name", type: "string" },
      },
    },
    pass_host: {
      description: "mod of host passing",
      type: "string",
      enum: ["pass", "node", "rewrite"],
      default: "pass",
    },
    upstream_host: HOST,
    service_name: { type: "string", maxLength: 256, minLength: 1 },
  },
  oneOf: requiring(["nodes"], ["service_name", "discovery_type"]),
  additionalProperties: false,
};

export const HASH_VARS: JsonObject = {
  type: "string",
  pattern:
    "^((uri|server_name|server_addr|request_uri|remote_port|remote_addr|query_string|host|hostname|mqtt_client_id)|arg_[0-9a-zA-z_-]+)$",
};
export const HASH_HEADER: JsonObject = { type: "string", pattern: "^[a-zA-Z0-9-_]+$" };
export const HASH_VARS_COMBINATIONS: JsonObject = { type: "string" };
