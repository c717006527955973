/** Lists of plugins, and schemas of plugins and resources (apisix/admin/{plugins,schema}.lua). */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { AnyPlugin } from "../plugin.ts";
import type { PluginCatalog } from "../schema/plugin-catalog.ts";
import { RESOURCE_SCHEMAS } from "../schema/resources.ts";
import { type AdminReply, refusal } from "./reply.ts";

const SCHEMAS: ReadonlyMap<string, JsonObject> = new Map(Object.entries(RESOURCE_SCHEMAS));

export function resourceSchema(name: string): AdminReply {
  const schema = SCHEMAS.get(name);
  if (schema === undefined) throw refusal(400, `not found schema: ${name}`);
  return { status: 200, body: schema };
}

/** Names, highest priority first. No plugin here is for streams. */
export function pluginNames(catalog: PluginCatalog, query: URLSearchParams): AdminReply {
  const subsystem = query.get("subsystem") ?? "http";
  if (subsystem === "stream") return { status: 200, body: [] };
  if (subsystem !== "http") return { status: 400, body: "invalid subsystem passed" };
  return { status: 200, body: catalog.list().map(({ name }) => name) };
}

export function pluginSchema(
  catalog: PluginCatalog,
  name: string | undefined,
  query: URLSearchParams,
): AdminReply {
  const subsystem = query.get("subsystem") ?? "http";
  if (subsystem !== "http" && subsystem !== "stream") {
    throw refusal(400, `unsupported subsystem: ${subsystem}`);
  }
  const isHttp = subsystem === "http";
  if (query.get("all") === "true") {
    return { status: 200, body: isHttp ? allPlugins(catalog) : {} };
  }
  const plugin = isHttp && name !== undefined ? catalog.find(name) : undefined;
  if (plugin === undefined) throw refusal(404, `plugin not found in subsystem ${subsystem}`);
  const kind = query.get("schema_type") === "consumer" ? "consumer" : "plugin";
  const schema = catalog.schemaOf(plugin, kind);
  if (schema === undefined) throw refusal(400, "not found schema");
  return { status: 200, body: schema };
}

/** Everything that is told of each plugin, by its name. */
export function allPlugins(catalog: PluginCatalog): JsonObject {
  return Object.fromEntries(
    catalog.list().map((plugin) => [plugin.name, description(catalog, plugin)]),
  );
}

function description(catalog: PluginCatalog, plugin: AnyPlugin): JsonObject {
  const { version, priority, type } = plugin;
  const members: Record<string, Json | undefined> = {
    version,
    priority,
    type,
    schema: catalog.schemaOf(plugin, "plugin"),
    consumer_schema: catalog.schemaOf(plugin, "consumer"),
    metadata_schema: catalog.schemaOf(plugin, "metadata"),
  };
  return Object.fromEntries(
    Object.entries(members).filter((pair): pair is [string, Json] => pair[1] !== undefined),
  );
}
