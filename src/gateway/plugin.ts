/**
 * What a plugin of the gateway is: a name, a schema, a priority and handlers of phases
 * (apisix-gateway.md 2). One file per plugin in `plugins/`, all listed in `plugins/table.ts`.
 * docs/gateway/plugin-development.md shows how to write and test one.
 */
import type { Json, JsonObject } from "../core/documents.ts";
import type { ConsumerDirectory } from "./consumer.ts";
import type { HttpClient, LocalCall } from "./http-call.ts";
import type { RequestContext } from "./request-context.ts";
import type { TrafficCounts } from "./traffic.ts";
import type { UpstreamHealth } from "./upstream/upstreams.ts";

/**
 * Ends the request. A string or bytes go out as they are, an object or array as JSON with a line
 * feed, a stream piece by piece; without body and with a status of 300 or more, the gateway's page
 * for the status. Headers are set; others come from `ctx.response.setHeader`. The answer still goes
 * through the filters of all plugins.
 */
export type PluginExit = {
  readonly status: number;
  readonly body?: string | Uint8Array | Json | AsyncIterable<Uint8Array>;
  readonly headers?: Readonly<Record<string, string | number | readonly string[]>>;
};

export type PhaseResult = PluginExit | undefined;
export type PhaseHandler<Conf> = (
  conf: Conf,
  ctx: RequestContext,
) => PhaseResult | undefined | Promise<PhaseResult | undefined>;

/** Which of a plugin's schemas a configuration is for. */
export type SchemaKind = "plugin" | "consumer" | "metadata";

/**
 * Handlers; `conf` has passed the schema, defaults filled in, `_meta` taken out, secrets resolved.
 * It is the same object from request to request until the plugin's own configuration in the route
 * (service, …) that holds it is changed: state per configuration lives in a `WeakMap` by it.
 */
export type PluginHandlers<Conf> = {
  /** Phases before the upstream is called, in this order; faster without a promise. */
  readonly rewrite?: PhaseHandler<Conf>;
  readonly access?: PhaseHandler<Conf>;
  /** The upstream node is chosen; not called when a plugin has ended the request. */
  readonly beforeProxy?: PhaseHandler<Conf>;
  /** Status and headers of the answer are known and can be changed: `ctx.response`. */
  readonly headerFilter?: (conf: Conf, ctx: RequestContext) => void;
  /**
   * Each piece of the answer's body; returns what goes on in its place. With `isLast` the piece may
   * be empty. Whoever changes bytes calls `ctx.response.bodyWillChange()` in the header filter.
   */
  readonly bodyFilter?: (
    conf: Conf,
    ctx: RequestContext,
    chunk: Uint8Array,
    isLast: boolean,
  ) => Uint8Array;
  /** The answer is sent, or the client has gone (status 499). */
  readonly log?: (conf: Conf, ctx: RequestContext) => void;
  /** Paths that the plugin serves itself, through routes with `public-api` or the control API. */
  readonly apis?: readonly PluginApi[];
  /** The gateway stops: closes timers, connections, files; sends what is batched. */
  readonly stop?: () => void | Promise<void>;
};

export type PluginApi = {
  readonly methods: readonly string[];
  /** "/apisix/prometheus/metrics"; for the control API the path without its prefix. */
  readonly uri: string;
  /** Where: routes with `public-api`, the control API, or the port for metrics. */
  readonly on: "public" | "control" | "metrics";
  readonly handler: (ctx: RequestContext) => PluginExit | Promise<PluginExit>;
};

export type Plugin<Conf extends object = JsonObject> = {
  readonly name: string;
  /** As the original gives it; shown by the schema API. */
  readonly version: number;
  readonly priority: number;
  /** "auth": identifies a consumer by a member of the consumer's own configuration. */
  readonly type?: "auth";
  /** In a global rule, it gives way to the same plugin in the route. */
  readonly runPolicy?: "prefer_route";
  /** It reads the request's body itself where its configuration names variables of it. */
  readonly readsBody?: true;
  /** JSON schemas (draft 4 to 7, as the original writes them). */
  readonly schema: JsonObject;
  readonly consumerSchema?: JsonObject;
  readonly metadataSchema?: JsonObject;
  /** Paths of members that are encrypted at rest ("authorization.service_token"). */
  readonly encryptFields?: readonly string[];
  /**
   * Checks beyond the schema; returns the original's text for what is wrong. `attributes` are the
   * plugin's in config.yaml.
   */
  readonly check?: (conf: Conf, kind: SchemaKind, attributes: JsonObject) => string | undefined;
  /** The original's text for a configuration that the schema refuses, where it is another. */
  readonly rephrase?: (conf: JsonObject, problem: string) => string | undefined;
  /** Makes the handlers, once per gateway; state of the plugin lives in the closure. */
  readonly create: (services: PluginServices) => PluginHandlers<Conf>;
};

/** A plugin of any configuration, as the table holds it: its handlers only ever get its own. */
export type AnyPlugin = Plugin<never>;

/** What the gateway gives its plugins. */
export type PluginServices = {
  readonly log: (level: "info" | "warn" | "error", message: string, fields?: object) => void;
  /** ms epoch */
  readonly now: () => number;
  /** Metadata of a plugin as last configured, defaults filled in; undefined: none. */
  readonly metadata: (plugin: string) => JsonObject | undefined;
  /** `plugin_attr.<name>` of config.yaml; empty without it. */
  readonly attributes: (plugin: string) => JsonObject;
  readonly consumers: ConsumerDirectory;
  /** Whether there is an upstream with this id. */
  readonly hasUpstream: (id: string) => boolean;
  /**
   * Resource and content of a configuration as handlers get it, "/routes/1:<digest>": the same
   * after a restart, and in every gateway that has this configuration.
   */
  readonly identify: (conf: object) => string;
  readonly http: HttpClient;
  /** The part of `http` that stays in this program: calls back, for plugins that are called a lot. */
  readonly local: LocalCall;
  /** Handlers of another plugin with a configuration of its own (workflow, multi-auth). */
  readonly bind: (plugin: string, conf: JsonObject) => BoundPlugin | undefined;
  /** What other plugins serve (public-api, batch-requests). */
  readonly apis: () => readonly PluginApi[];
  /** What the gateway as a whole does, for metrics. */
  readonly state: () => GatewayState;
  readonly instance: { readonly id: string; readonly hostname: string; readonly version: string };
};

export type GatewayState = {
  readonly traffic: TrafficCounts;
  /** By folder ("routes"): the highest modification index of what is in it. */
  readonly modifiedIndexes: ReadonlyMap<string, number>;
  /** Nodes of upstreams with health checks. */
  readonly health: readonly UpstreamHealth[];
};

/** One plugin with one configuration: defaults filled in. */
export type BoundPlugin = {
  readonly name: string;
  readonly conf: JsonObject;
  readonly handlers: PluginHandlers<JsonObject>;
};
