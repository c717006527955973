/** Routes ready to run: plugins merged, upstream found. Made at the first request to each. */
import type { Json, JsonObject } from "../core/documents.ts";
import { isJsonObject } from "../lib/json.ts";
import { buildChain, type Chain, mergeLinks } from "./chain.ts";
import type { ConfigMirror } from "./config-mirror.ts";
import type { ConfigEntry } from "./config-store.ts";
import type { Consumer } from "./consumer.ts";
import type { Link, PluginSet } from "./plugin-set.ts";
import type { MatchedRoute } from "./request-context.ts";

export type RouteUpstream =
  | { readonly id: string }
  /** `owner` is the key of the resource that holds it: "/routes/1". */
  | { readonly value: JsonObject; readonly owner: string };

export type CompiledRoute = {
  readonly id: string;
  readonly value: JsonObject;
  readonly name: string | undefined;
  readonly service: MatchedRoute["service"];
  readonly links: ReadonlyMap<string, Link>;
  readonly chain: Chain;
  readonly upstream: RouteUpstream | undefined;
  readonly hasWebSocket: boolean;
  readonly timeout: JsonObject | undefined;
};

/** What the route refers to does not exist. */
export type RouteFailure = { readonly failure: 404 | 503 };

type Made = {
  readonly service: ConfigEntry | undefined;
  readonly pluginConfig: ConfigEntry | undefined;
  readonly compiled: CompiledRoute;
};

export class RouteCompiler {
  private readonly mirror: ConfigMirror;
  private readonly plugins: PluginSet;
  private readonly made = new WeakMap<ConfigEntry, Made>();
  /** Chains with a consumer's plugins, as long as route and consumer do not change. */
  private readonly withConsumer = new WeakMap<CompiledRoute, WeakMap<JsonObject, ConsumerChain>>();

  constructor(mirror: ConfigMirror, plugins: PluginSet) {
    this.mirror = mirror;
    this.plugins = plugins;
  }

  /** Of the entry as it is now, with the services and plugin configurations as they are now. */
  compile(entry: ConfigEntry): CompiledRoute | RouteFailure {
    const { service_id: serviceId, plugin_config_id: configId } = entry.value;
    const pluginConfig = this.refer("plugin_configs", configId);
    const service = this.refer("services", serviceId);
    if (configId !== undefined && pluginConfig === undefined) return { failure: 503 };
    if (serviceId !== undefined && service === undefined) return { failure: 404 };
    const known = this.made.get(entry);
    if (known !== undefined && known.service === service && known.pluginConfig === pluginConfig) {
      return known.compiled;
    }
    const compiled = this.assemble(entry, service, pluginConfig);
    this.made.set(entry, { service, pluginConfig, compiled });
    return compiled;
  }

  /** The chain once the consumer is known; undefined: its group does not exist (503). */
  chainFor(route: CompiledRoute, consumer: Consumer): ConsumerChain | undefined {
    const group = this.refer("consumer_groups", consumer.groupId);
    if (consumer.groupId !== undefined && group === undefined) return undefined;
    let chains = this.withConsumer.get(route);
    if (chains === undefined) {
      chains = new WeakMap();
      this.withConsumer.set(route, chains);
    }
    const known = chains.get(consumer.value);
    if (known !== undefined && known.group === group) return known;
    const own = this.linksOf(`/consumers/${consumer.username}`, consumer.value);
    const groups =
      group === undefined ? new Map<string, Link>() : this.linksOf(group.key, group.value);
    const links = mergeLinks([route.links, groups, own]);
    const isChanged = own.size > 0 || groups.size > 0;
    const made = { group, links, chain: isChanged ? buildChain(links.values()) : route.chain };
    chains.set(consumer.value, made);
    return made;
  }

  private assemble(
    entry: ConfigEntry,
    service: ConfigEntry | undefined,
    pluginConfig: ConfigEntry | undefined,
  ): CompiledRoute {
    const sources = [service, pluginConfig, entry].filter((one) => one !== undefined);
    const links = mergeLinks(sources.map((one) => this.linksOf(one.key, one.value)));
    const { value } = entry;
    const socket = value["enable_websocket"] ?? service?.value["enable_websocket"];
    return {
      id: idOf(entry.key),
      value,
      name: textOf(value["name"]),
      service: service === undefined ? undefined : describe(service),
      links,
      chain: buildChain(links.values()),
      upstream: upstreamOf(entry) ?? (service === undefined ? undefined : upstreamOf(service)),
      hasWebSocket: socket === true,
      timeout: isJsonObject(value["timeout"]) ? (value["timeout"] as JsonObject) : undefined,
    };
  }

  private linksOf(key: string, value: JsonObject): ReadonlyMap<string, Link> {
    return this.plugins.linksOf(key, value["plugins"]);
  }

  private refer(
    folder: "services" | "plugin_configs" | "consumer_groups",
    id: Json | undefined,
  ): ConfigEntry | undefined {
    return id === undefined ? undefined : this.mirror.get(folder, String(id));
  }
}

export type ConsumerChain = {
  readonly group: ConfigEntry | undefined;
  readonly links: ReadonlyMap<string, Link>;
  readonly chain: Chain;
};

function upstreamOf({ key, value }: ConfigEntry): RouteUpstream | undefined {
  const { upstream_id: id, upstream } = value;
  if (id !== undefined) return { id: String(id) };
  return isJsonObject(upstream) ? { value: upstream as JsonObject, owner: key } : undefined;
}

function describe({ key, value }: ConfigEntry): MatchedRoute["service"] {
  const name = textOf(value["name"]);
  return { id: idOf(key), value, ...(name === undefined ? {} : { name }) };
}

export function idOf(key: string): string {
  return key.slice(key.indexOf("/", 1) + 1);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** What the request is told of the route that it matched. */
export function matchedRoute(
  compiled: CompiledRoute,
  match: Pick<MatchedRoute, "uri" | "host" | "params">,
): MatchedRoute {
  const { id, name, value, service } = compiled;
  const { uri, host, params } = match;
  return { id, name, uri, host, params, value, service };
}
