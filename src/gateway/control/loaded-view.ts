/** Resources as the control API shows them: as they were loaded (apisix/http/service.lua). */
import { isIP } from "node:net";
import type { Json, JsonObject } from "../../core/documents.ts";
import { withDefaults } from "../conf-defaults.ts";
import type { ConfigEntry } from "../config-store.ts";
import { isObject } from "../schema/lua.ts";
import type { PluginCatalog } from "../schema/plugin-catalog.ts";
import { RESOURCE_SCHEMAS } from "../schema/resources.ts";
import { parseAddress } from "../upstream/conf.ts";

const SCHEMAS: Readonly<Record<string, JsonObject>> = {
  routes: RESOURCE_SCHEMAS.route,
  services: RESOURCE_SCHEMAS.service,
  upstreams: RESOURCE_SCHEMAS.upstream,
};

/** With defaults, nodes in a list, and whether one is a name; keys begin with the prefix. */
export function loadedView(
  folder: string,
  { key, value, createdIndex, modifiedIndex }: ConfigEntry,
  prefix: string,
  catalog: PluginCatalog,
): JsonObject {
  const filled = withDefaults(SCHEMAS[folder] ?? {}, value);
  const { plugins, upstream, nodes, ...rest } = filled;
  const owner = isObject(upstream) ? upstream : filled;
  const listed = owner["nodes"] === undefined ? undefined : nodeList(owner);
  const loaded: JsonObject = {
    ...rest,
    id: String(key.split("/").at(-1)),
    ...(isObject(plugins) ? { plugins: filledPlugins(plugins, catalog) } : {}),
    ...(isObject(upstream) ? { upstream: withNodes(upstream, listed) } : {}),
    ...(nodes === undefined || listed === undefined ? {} : { nodes: listed }),
  };
  return {
    key: `${prefix}${key}`,
    value: loaded,
    createdIndex,
    modifiedIndex,
    has_domain: listed?.some(({ host }) => isName(host)) ?? false,
    ...(folder === "routes" ? { orig_modifiedIndex: modifiedIndex } : {}),
  };
}

function withNodes(upstream: JsonObject, nodes: JsonObject[] | undefined): JsonObject {
  return nodes === undefined ? upstream : { ...upstream, nodes };
}

function filledPlugins(plugins: JsonObject, catalog: PluginCatalog): JsonObject {
  const entries = Object.entries(plugins).map(([name, conf]) => {
    const checked = catalog.check(name, conf, "plugin");
    return [name, checked.problem === undefined ? checked.value : conf];
  });
  return Object.fromEntries(entries);
}

/** `{"127.0.0.1:80": 1}` as a list of nodes; a list stays as it is. */
function nodeList({ nodes, scheme }: JsonObject): JsonObject[] {
  if (Array.isArray(nodes)) return nodes.filter(isObject);
  if (!isObject(nodes)) return [];
  return Object.entries(nodes).map(([address, weight]) => ({
    ...parseAddress(address, String(scheme)),
    weight,
  }));
}

function isName(host: Json | undefined): boolean {
  return isIP(String(host).replace(/^\[(.*)\]$/u, "$1")) === 0;
}
