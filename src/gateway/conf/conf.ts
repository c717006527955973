/** What the gateway takes from `conf/config.yaml`, in the original's shape (apisix/cli/config.lua). */
import { isIP } from "node:net";
import type { Json, JsonObject } from "../../core/documents.ts";
import { type AdminKey, isBlock } from "../admin/access.ts";
import { isObject } from "../schema/lua.ts";

export type ConfigProvider = "store" | "yaml" | "json" | "api";

export type GatewayConf = {
  readonly adminKeys: readonly AdminKey[];
  readonly isKeyRequired: boolean;
  /** Undefined: every address. */
  readonly allow: readonly string[] | undefined;
  readonly adminCors: boolean;
  readonly isAdminEnabled: boolean;
  readonly isControlEnabled: boolean;
  /** Where metrics are served; undefined: nowhere but through routes. */
  readonly metricsHost: string | undefined;
  /** Where probes ask for the status; undefined: nowhere. */
  readonly status: { readonly host: string; readonly port: number } | undefined;
  /** Stands for the name of TLS handshakes without one. */
  readonly fallbackSni: string | undefined;
  readonly provider: ConfigProvider;
  readonly keyring: readonly string[];
  /** True when stream routes are taken. */
  readonly streams: boolean;
  /** Names of enabled plugins; undefined: all. */
  readonly plugins: readonly string[] | undefined;
  readonly pluginAttributes: JsonObject;
  readonly router: Router;
  readonly isServerVersionShown: boolean;
  /** `X-APISIX-Upstream-Status` on every answer, not only where the node's is 5xx. */
  readonly showsUpstreamStatus: boolean;
  /** Peers whose `X-Forwarded-*` are believed. */
  readonly trustedAddresses: readonly string[];
  /** DNS servers for names of nodes; empty: the system's resolver. */
  readonly dnsServers: readonly string[];
  /** Given ones only. */
  readonly ports: Partial<Record<PortName, number>>;
  /** One line for each key that is known to the original and not served, or not known at all. */
  readonly warnings: readonly string[];
};

export type Router = "radixtree_uri" | "radixtree_host_uri" | "radixtree_uri_with_parameter";
export type PortName = "proxy" | "tls" | "admin" | "control" | "prometheus";

const DEFAULT_KEYRING: readonly string[] = ["qeddd145sfvddff3", "edd1c9f0985e76a2"];
const LOOPBACK = "127.0.0.1";
const DEFAULT_ALLOW: readonly string[] = ["127.0.0.0/24"];
const ROUTERS = ["radixtree_uri", "radixtree_host_uri", "radixtree_uri_with_parameter"] as const;

/** Dotted paths that are read; "*" stands for any name, and for the items of a list. */
const KNOWN = [
  "apisix.node_listen",
  "apisix.enable_admin",
  "apisix.enable_control",
  "apisix.control.port",
  "apisix.status.ip",
  "apisix.status.port",
  "apisix.router.http",
  "apisix.enable_server_tokens",
  "apisix.proxy_cache.cache_ttl",
  "apisix.proxy_cache.zones",
  "apisix.show_upstream_status_in_response_header",
  "apisix.trusted_addresses",
  "apisix.dns_resolver",
  "discovery.dns.servers",
  "apisix.proxy_mode",
  "apisix.data_encryption.enable_encrypt_fields",
  "apisix.data_encryption.keyring",
  "apisix.ssl.listen",
  "apisix.ssl.fallback_sni",
  "deployment.role",
  "deployment.role_traditional.config_provider",
  "deployment.role_data_plane.config_provider",
  "deployment.admin.admin_key",
  "deployment.admin.admin_key_required",
  "deployment.admin.allow_admin",
  "deployment.admin.enable_admin_cors",
  "deployment.admin.admin_listen.port",
  "deployment.admin.admin_api_version",
  "plugins",
  "plugin_attr.*",
];

/** Throws an error of one line for a value that cannot be used. */
export function readConf(document: Json): GatewayConf {
  const root = isObject(document) ? document : {};
  const at = (path: string): Json | undefined => valueAt(root, path);
  return {
    adminKeys: adminKeys(at("deployment.admin.admin_key")),
    isKeyRequired: at("deployment.admin.admin_key_required") !== false,
    allow: allowList(at("deployment.admin.allow_admin")),
    adminCors: at("deployment.admin.enable_admin_cors") !== false,
    isAdminEnabled: at("apisix.enable_admin") !== false,
    isControlEnabled: at("apisix.enable_control") !== false,
    metricsHost: metricsHost(at),
    status: status(at),
    fallbackSni: fallbackSni(at("apisix.ssl.fallback_sni")),
    provider: provider(at),
    keyring: keyring(at),
    streams: String(at("apisix.proxy_mode")).includes("stream"),
    plugins: names(at("plugins")),
    pluginAttributes: pluginAttributes(at),
    router: router(at("apisix.router.http")),
    isServerVersionShown: at("apisix.enable_server_tokens") !== false,
    showsUpstreamStatus: at("apisix.show_upstream_status_in_response_header") === true,
    trustedAddresses: names(at("apisix.trusted_addresses")) ?? [],
    dnsServers: names(at("discovery.dns.servers")) ?? names(at("apisix.dns_resolver")) ?? [],
    ports: ports(at),
    warnings: [
      ...unknownKeys(root),
      ...versionWarning(at),
      ...roleWarning(at),
      ...streamWarning(at),
      ...portWarnings(at),
    ],
  };
}

type At = (path: string) => Json | undefined;

function valueAt(root: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = root;
  for (const name of path.split(".")) value = isObject(value) ? value[name] : undefined;
  return value;
}

function object(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** The zones of the cache are kept elsewhere in the file, but only one plugin reads them. */
function pluginAttributes(at: At): JsonObject {
  const given = object(at("plugin_attr"));
  const cache = at("apisix.proxy_cache");
  return isObject(cache) ? { ...given, "proxy-cache": cache } : given;
}

function adminKeys(list: Json | undefined): AdminKey[] {
  return (Array.isArray(list) ? list : []).filter(isObject).map(({ name, key, role }) => ({
    name: String(name ?? ""),
    key: key === null || key === undefined ? "" : String(key),
    role: role === "viewer" ? "viewer" : "admin",
  }));
}

/** An empty list allows every address, as in the original. */
function allowList(list: Json | undefined): readonly string[] | undefined {
  if (list === undefined) return DEFAULT_ALLOW;
  const blocks = names(list) ?? [];
  const wrong = blocks.find((block) => !isBlock(block));
  if (wrong !== undefined) {
    throw new Error(`deployment.admin.allow_admin: "${wrong}" is no address and no block of them`);
  }
  return blocks.length === 0 ? undefined : blocks;
}

function names(list: Json | undefined): readonly string[] | undefined {
  return Array.isArray(list) ? list.map(String) : undefined;
}

function provider(at: At): ConfigProvider {
  if (at("deployment.role") === "data_plane") {
    const given = at("deployment.role_data_plane.config_provider");
    return given === "yaml" || given === "json" ? given : "store";
  }
  return at("deployment.role_traditional.config_provider") === "yaml" ? "api" : "store";
}

function keyring(at: At): readonly string[] {
  if (at("apisix.data_encryption.enable_encrypt_fields") === false) return [];
  const given = at("apisix.data_encryption.keyring");
  const keys = typeof given === "string" ? [given] : names(given);
  const wrong = keys?.find((key) => ![16, 32].includes(Buffer.byteLength(key)));
  if (wrong !== undefined) {
    throw new Error("apisix.data_encryption.keyring: a key must have 16 or 32 bytes");
  }
  return keys ?? DEFAULT_KEYRING;
}

function router(value: Json | undefined): Router {
  const found = ROUTERS.find((name) => name === value);
  if (found !== undefined || value === undefined) return found ?? "radixtree_host_uri";
  throw new Error(`apisix.router.http: "${String(value)}" is none of ${ROUTERS.join(", ")}`);
}

function metricsHost(at: At): string | undefined {
  if (at("plugin_attr.prometheus.enable_export_server") === false) return undefined;
  return address(at, "plugin_attr.prometheus.export_addr.ip");
}

function fallbackSni(name: Json | undefined): string | undefined {
  if (name === undefined || name === null) return undefined;
  if (typeof name !== "string") throw new Error("apisix.ssl.fallback_sni: must be a name");
  return name;
}

const STATUS_PORT = 7085;

function status(at: At): GatewayConf["status"] {
  if (!isObject(at("apisix.status"))) return undefined;
  const port = at("apisix.status.port") ?? STATUS_PORT;
  if (typeof port !== "number") throw new Error("apisix.status.port: must be a number");
  return { host: address(at, "apisix.status.ip"), port };
}

/** This machine's where nothing is said. */
function address(at: At, path: string): string {
  const host = at(path) ?? LOOPBACK;
  if (typeof host === "string" && isIP(host) !== 0) return host;
  throw new Error(`${path}: "${String(host)}" is no address`);
}

function ports(at: At): Partial<Record<PortName, number>> {
  const found: [PortName, Json | undefined][] = [
    ["proxy", listenPort(at("apisix.node_listen"))],
    ["tls", listenPort(at("apisix.ssl.listen"))],
    ["admin", at("deployment.admin.admin_listen.port")],
    ["control", at("apisix.control.port")],
    ["prometheus", at("plugin_attr.prometheus.export_addr.port")],
  ];
  return Object.fromEntries(found.filter((pair) => typeof pair[1] === "number"));
}

/** 9080, [9080], [{port: 9080}]: of several the first is served. */
function listenPort(value: Json | undefined): Json | undefined {
  const first = Array.isArray(value) ? value[0] : value;
  return isObject(first) ? first["port"] : first;
}

function unknownKeys(root: JsonObject): string[] {
  const leaves = (value: JsonObject, path: string): string[] =>
    Object.entries(value).flatMap(([name, item]) => {
      const full = path === "" ? name : `${path}.${name}`;
      if (KNOWN.some((one) => one === full || one === `${path}.*`)) return [];
      const isOnTheWay = KNOWN.some((one) => one.startsWith(`${full}.`));
      return isOnTheWay && isObject(item) ? leaves(item, full) : [full];
    });
  return leaves(root, "").map((path) => `conf/config.yaml: ${path} has no effect here`);
}

function portWarnings(at: At): string[] {
  const isLonger = (path: string): boolean => {
    const list = at(path);
    return Array.isArray(list) && list.length > 1;
  };
  return ["apisix.node_listen", "apisix.ssl.listen"]
    .filter(isLonger)
    .map((path) => `conf/config.yaml: of the ports in ${path} only the first is served`);
}

function versionWarning(at: At): string[] {
  const version = at("deployment.admin.admin_api_version");
  if (version === undefined || version === "v3") return [];
  return [`conf/config.yaml: the Admin API is served in version v3, not ${String(version)}`];
}

function roleWarning(at: At): string[] {
  const role = at("deployment.role");
  if (role === undefined || role === "traditional" || role === "data_plane") return [];
  return [`conf/config.yaml: deployment.role ${String(role)} is not served: it is traditional`];
}

function streamWarning(at: At): string[] {
  if (!String(at("apisix.proxy_mode")).includes("stream")) return [];
  return ["conf/config.yaml: stream routes are stored, but no TCP or UDP traffic is proxied"];
}
