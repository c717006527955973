/**
 * What a plugin of the gateway is: a name, a schema, a priority and handlers of phases
 * (apisix-gateway.md 2). One file per plugin in `plugins/`, all listed in `plugins/table.ts`.
 */
import type { Json, JsonObject } from "../core/documents.ts";
import type { RequestContext } from "./request-context.ts";

/** Ends the request: a string goes out as it is, an object as JSON with a line feed. */
export type PluginExit = {
  readonly status: number;
  readonly body?: string | Uint8Array | Json;
};

export type PhaseResult = undefined | PluginExit;

/** Which of a plugin's schemas a configuration is for. */
export type SchemaKind = "plugin" | "consumer" | "metadata";

/** Handlers; `conf` has passed the schema, defaults filled in, `_meta` taken out. */
export type PluginHandlers<Conf> = {
  /** Phases before the upstream is called, in this order. */
  readonly rewrite?: (conf: Conf, ctx: RequestContext) => PhaseResult | Promise<PhaseResult>;
  readonly access?: (conf: Conf, ctx: RequestContext) => PhaseResult | Promise<PhaseResult>;
  readonly beforeProxy?: (conf: Conf, ctx: RequestContext) => PhaseResult | Promise<PhaseResult>;
  /** Status and headers of the answer are known and can be changed. */
  readonly headerFilter?: (conf: Conf, ctx: RequestContext) => void;
  /** Each piece of the answer's body; returns what goes on in its place. */
  readonly bodyFilter?: (
    conf: Conf,
    ctx: RequestContext,
    chunk: Uint8Array,
    isLast: boolean,
  ) => Uint8Array;
  /** The answer is sent. */
  readonly log?: (conf: Conf, ctx: RequestContext) => void;
  /** The gateway stops: closes timers, connections, files. */
  readonly stop?: () => void | Promise<void>;
};

export type Plugin<Conf extends JsonObject = JsonObject> = {
  readonly name: string;
  /** As the original gives it; shown by the schema API. */
  readonly version: number;
  readonly priority: number;
  /** "auth": identifies a consumer by a member of the consumer's own configuration. */
  readonly type?: "auth";
  /** JSON schemas (draft 4 to 7, as the original writes them). */
  readonly schema: JsonObject;
  readonly consumerSchema?: JsonObject;
  readonly metadataSchema?: JsonObject;
  /** Paths of members that are encrypted at rest ("authorization.service_token"). */
  readonly encryptFields?: readonly string[];
  /** Checks beyond the schema; returns the original's text for what is wrong. */
  readonly check?: (conf: Conf, kind: SchemaKind) => string | undefined;
  /** Makes the handlers, once per gateway; state of the plugin lives in the closure. */
  readonly create: (services: PluginServices) => PluginHandlers<Conf>;
};

/** What the gateway gives its plugins. */
export type PluginServices = {
  readonly log: (level: "info" | "warn" | "error", message: string, fields?: object) => void;
  /** ms epoch */
  readonly now: () => number;
  /** Metadata of a plugin, as last configured. */
  readonly metadata: (plugin: string) => JsonObject | undefined;
};
