/** All resource schemas, by the names under which the schema API serves them. */
import type { JsonObject } from "../../core/documents.ts";
import {
  ADDRESSES,
  CERTIFICATE,
  DESCRIPTION,
  HOST,
  ID,
  LABELS,
  METADATA,
  METHOD,
  PLUGINS,
  PRIVATE_KEY,
  REMOTE_ADDRESS,
  requiring,
  status,
  TIMESTAMP,
} from "./common.ts";
import { CONSUMER, CONSUMER_GROUP, CREDENTIAL } from "./consumer.ts";
import { HEALTH_CHECKER, HEALTH_CHECKER_ACTIVE, HEALTH_CHECKER_PASSIVE } from "./health-check.ts";
import { ROUTE, SERVICE } from "./route.ts";
import { HASH_HEADER, HASH_VARS, HASH_VARS_COMBINATIONS, UPSTREAM } from "./upstream.ts";

const PLUGIN_CONFIG: JsonObject = {
  type: "object",
  properties: { ...METADATA, name: { type: "string" }, plugins: PLUGINS },
  required: ["id", "plugins"],
  additionalProperties: false,
};

const GLOBAL_RULE: JsonObject = {
  type: "object",
  properties: { id: ID, create_time: TIMESTAMP, update_time: TIMESTAMP, plugins: PLUGINS },
  required: ["id", "plugins"],
  additionalProperties: false,
};

const PROTO: JsonObject = {
  type: "object",
  properties: { ...METADATA, content: { type: "string", minLength: 1, maxLength: 1_048_576 } },
  required: ["content"],
  additionalProperties: false,
};

const SSL: JsonObject = {
  type: "object",
  properties: {
    id: ID,
    desc: DESCRIPTION,
    labels: LABELS,
    create_time: TIMESTAMP,
    update_time: TIMESTAMP,
    type: {
      description: "ssl certificate type: of this server, or for calls to upstreams",
      type: "string",
      default: "server",
      enum: ["server", "client"],
    },
    cert: CERTIFICATE,
    key: PRIVATE_KEY,
    sni: HOST,
    snis: { type: "array", items: HOST, minItems: 1 },
    certs: { type: "array", items: CERTIFICATE },
    keys: { type: "array", items: PRIVATE_KEY },
    client: {
      type: "object",
      properties: {
        ca: CERTIFICATE,
        depth: { type: "integer", minimum: 0, default: 1 },
        skip_mtls_uri_regex: {
          type: "array",
          minItems: 1,
          uniqueItems: true,
          items: { description: "uri regular expression to skip mtls", type: "string" },
        },
      },
      required: ["ca"],
    },
    status: status("ssl status, 1 to enable, 0 to disable"),
    ssl_protocols: {
      description: "set ssl protocols",
      type: "array",
      maxItems: 3,
      uniqueItems: true,
      items: { enum: ["TLSv1.1", "TLSv1.2", "TLSv1.3"] },
    },
  },
  if: { properties: { type: { enum: ["server"] } } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schemas
  then: { oneOf: requiring(["sni", "key", "cert"], ["snis", "key", "cert"]) },
  else: { required: ["key", "cert"] },
  additionalProperties: false,
};

const STREAM_ROUTE: JsonObject = {
  type: "object",
  properties: {
    ...METADATA,
    remote_addr: REMOTE_ADDRESS,
    server_addr: { description: "server IP", type: "string", anyOf: ADDRESSES },
    server_port: { description: "server port", type: "integer", minimum: 1, maximum: 65_535 },
    sni: { ...HOST, description: "server name indication" },
    upstream: UPSTREAM,
    upstream_id: ID,
    service_id: ID,
    plugins: PLUGINS,
    protocol: {
      type: "object",
      properties: {
        name: { type: "string" },
        superior_id: ID,
        conf: { description: "protocol-specific configuration", type: "object" },
        logger: {
          type: "array",
          items: {
            properties: {
              name: { type: "string" },
              filter: { description: "logger filter rules", type: "array" },
              conf: { description: "logger plugin configuration", type: "object" },
            },
            dependencies: { name: ["conf"] },
            additionalProperties: false,
          },
        },
      },
      required: ["name"],
    },
  },
  additionalProperties: false,
};

/** Shown by the schema API; what is loaded is set in conf/config.yaml. */
const PLUGIN_LIST: JsonObject = {
  type: "array",
  items: {
    type: "object",
    properties: { name: { type: "string", minLength: 1 }, stream: { type: "boolean" } },
    required: ["name"],
  },
};

/** What every plugin's configuration may have beside its own members. */
export const PLUGIN_META: JsonObject = {
  type: "object",
  properties: {
    disable: { type: "boolean" },
    error_response: { oneOf: [{ type: "string" }, { type: "object" }] },
    priority: { description: "priority of plugins by customized order", type: "integer" },
    filter: {
      description: "filter determines whether the plugin needs to be executed at runtime",
      type: "array",
    },
    pre_function: {
      description: "function to be executed in each phase before execution of plugins",
      type: "string",
    },
  },
  additionalProperties: false,
};
export const PLUGIN_META_COMMENT = "this is a mark for our injected plugin schema";

export const RESOURCE_SCHEMAS = {
  consumer: CONSUMER,
  consumer_group: CONSUMER_GROUP,
  credential: CREDENTIAL,
  global_rule: GLOBAL_RULE,
  health_checker: HEALTH_CHECKER,
  health_checker_active: HEALTH_CHECKER_ACTIVE,
  health_checker_passive: HEALTH_CHECKER_PASSIVE,
  host_def: HOST,
  id_schema: ID,
  method_schema: METHOD,
  plugin_config: PLUGIN_CONFIG,
  plugins: PLUGIN_LIST,
  proto: PROTO,
  route: ROUTE,
  service: SERVICE,
  ssl: SSL,
  stream_route: STREAM_ROUTE,
  upstream: UPSTREAM,
  upstream_hash_header_schema: HASH_HEADER,
  upstream_hash_vars_schema: HASH_VARS,
  upstream_hash_vars_combinations_schema: HASH_VARS_COMBINATIONS,
} satisfies Record<string, JsonObject>;

export type ResourceSchemaName = keyof typeof RESOURCE_SCHEMAS;
