/** Schemas of routes and services (apisix/schema_def.lua). */
import type { Json, JsonObject } from "../../core/documents.ts";
import {
  HOST,
  ID,
  METADATA,
  METHOD,
  PLUGINS,
  REMOTE_ADDRESS,
  requiring,
  SCRIPT,
  status,
  TIMEOUT,
  WEBSOCKET,
} from "./common.ts";
import { UPSTREAM } from "./upstream.ts";

const HOSTS: JsonObject = { type: "array", items: HOST, minItems: 1, uniqueItems: true };

/** None of the two, or one. */
function atMostOne(one: string, other: string): Json {
  return {
    oneOf: [{ not: { anyOf: requiring([one], [other]) } }, ...requiring([one], [other])],
  };
}

const TARGETS = ["plugins", "upstream", "upstream_id", "service_id"];

export const ROUTE: JsonObject = {
  type: "object",
  properties: {
    ...METADATA,
    uri: { type: "string", minLength: 1, maxLength: 4096 },
    uris: {
      type: "array",
      items: { description: "HTTP uri", type: "string" },
      minItems: 1,
      uniqueItems: true,
    },
    priority: { type: "integer", default: 0 },
    methods: { type: "array", items: METHOD, uniqueItems: true },
    host: HOST,
    hosts: HOSTS,
    remote_addr: REMOTE_ADDRESS,
    remote_addrs: { type: "array", items: REMOTE_ADDRESS, minItems: 1, uniqueItems: true },
    timeout: TIMEOUT,
    vars: { type: "array" },
    filter_func: { type: "string", minLength: 10, pattern: "^function" },
    script: SCRIPT,
    script_id: ID,
    plugins: PLUGINS,
    plugin_config_id: ID,
    upstream: UPSTREAM,
    service_id: ID,
    upstream_id: ID,
    enable_websocket: WEBSOCKET,
    status: status("route status, 1 to enable, 0 to disable"),
  },
  allOf: [
    { oneOf: requiring(["uri"], ["uris"]) },
    atMostOne("host", "hosts"),
    atMostOne("remote_addr", "remote_addrs"),
  ],
  anyOf: requiring(
    ...TARGETS.map((target) => [target, "uri"]),
    ...TARGETS.map((target) => [target, "uris"]),
    ["script", "uri"],
    ["script", "uris"],
  ),
  not: { anyOf: requiring(["script", "plugins"], ["script", "plugin_config_id"]) },
  additionalProperties: false,
};

export const SERVICE: JsonObject = {
  type: "object",
  properties: {
    ...METADATA,
    plugins: PLUGINS,
    upstream: UPSTREAM,
    upstream_id: ID,
    script: SCRIPT,
    enable_websocket: WEBSOCKET,
    hosts: HOSTS,
  },
  additionalProperties: false,
};
