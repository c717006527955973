/** The plugins of one gateway: their handlers, made once, and configurations bound to them. */
import { isDeepStrictEqual } from "node:util";
import type { Json, JsonObject } from "../core/documents.ts";
import { isJsonObject } from "../lib/json.ts";
import { withDefaults } from "./conf-defaults.ts";
import { ConfIdentities } from "./conf-identities.ts";
import { compileExpression, type Expression } from "./expression.ts";
import type {
  AnyPlugin,
  BoundPlugin,
  PluginApi,
  PluginHandlers,
  PluginServices,
} from "./plugin.ts";
import { type PreFunctionCompiler, withPreFunction } from "./script/pre-function.ts";
import { refersToManager, type Secrets } from "./secrets.ts";
import { mentionsBody } from "./template.ts";

/** A plugin with the configuration that a resource gives it, ready to run. */
export type Link = BoundPlugin & {
  readonly plugin: AnyPlugin;
  /** As configured, `_meta` included. */
  readonly raw: JsonObject;
  readonly priority: number;
  readonly filter: Expression | undefined;
  readonly errorResponse: Json | undefined;
  /** Its configuration names variables of the body. */
  readonly needsBody: boolean;
  /** `_meta.filter` looks at the body of the request. */
  readonly filterNeedsBody: boolean;
  /** Set when the configuration refers to a secret manager: asked before each use. */
  readonly secretConf: (() => JsonObject | Promise<JsonObject>) | undefined;
};

type Loaded = { readonly plugin: AnyPlugin; readonly handlers: PluginHandlers<JsonObject> };

export type PluginSetOptions = {
  readonly plugins: readonly AnyPlugin[];
  readonly secrets: Secrets;
  /** Everything of `PluginServices` that the set does not know itself. */
  readonly services: Omit<PluginServices, "bind" | "apis" | "identify">;
  /** For `_meta.pre_function`; without it there are none. */
  readonly compilePreFunction?: PreFunctionCompiler | undefined;
};

export class PluginSet {
  private readonly loaded = new Map<string, Loaded>();
  private readonly secrets: Secrets;
  private readonly log: PluginServices["log"];
  private readonly identities = new ConfIdentities();
  /** By resource, then by plugin: keeps the object of an unchanged configuration. */
  private readonly known = new Map<string, ReadonlyMap<string, Link>>();

  private readonly compilePreFunction: PreFunctionCompiler | undefined;

  constructor({ plugins, secrets, services, compilePreFunction }: PluginSetOptions) {
    this.compilePreFunction = compilePreFunction;
    this.secrets = secrets;
    this.log = services.log;
    const all: PluginServices = {
      ...services,
      bind: (name, conf) => this.bind(name, conf),
      apis: () => this.apis(),
      identify: (conf) => this.identities.of(conf),
    };
    for (const plugin of plugins) {
      const handlers = plugin.create(all) as unknown as PluginHandlers<JsonObject>;
      this.loaded.set(plugin.name, { plugin, handlers });
    }
  }

  get(name: string): AnyPlugin | undefined {
    return this.loaded.get(name)?.plugin;
  }

  all(): readonly AnyPlugin[] {
    return [...this.loaded.values()].map(({ plugin }) => plugin);
  }

  apis(): readonly PluginApi[] {
    return [...this.loaded.values()].flatMap(({ handlers }) => handlers.apis ?? []);
  }

  /** Undefined for an unknown plugin. */
  bind(name: string, conf: JsonObject): Link | undefined {
    return this.makeLink(name, conf);
  }

  /**
   * The plugins of a resource ("/routes/1"), those disabled or unknown left out. An unchanged
   * configuration keeps its object, however often the rest of the resource changes.
   */
  linksOf(resource: string, plugins: Json | undefined): ReadonlyMap<string, Link> {
    const links = new Map<string, Link>();
    if (!isJsonObject(plugins)) {
      this.known.delete(resource);
      return links;
    }
    const before = this.known.get(resource);
    for (const [name, raw] of Object.entries(plugins as JsonObject)) {
      const old = before?.get(name);
      const isSame = old !== undefined && isDeepStrictEqual(old.raw, raw);
      const link = isSame ? old : this.makeLink(name, raw, resource);
      if (link !== undefined) links.set(name, link);
    }
    this.known.set(resource, links);
    return links;
  }

  /** The resource is gone. */
  forget(resource: string): void {
    this.known.delete(resource);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.loaded.values()].map(({ handlers }) => handlers.stop?.()));
  }

  private makeLink(name: string, raw: Json, resource?: string): Link | undefined {
    const loaded = this.loaded.get(name);
    if (loaded === undefined || !isJsonObject(raw)) {
      this.log("warn", "unknown plugin in the configuration", { plugin: name, resource });
      return undefined;
    }
    const { _meta } = raw;
    if (isJsonObject(_meta) && _meta["disable"] === true) return undefined;
    return this.assemble(loaded, raw as JsonObject, resource);
  }

  private assemble(
    { plugin, handlers }: Loaded,
    raw: JsonObject,
    resource: string | undefined,
  ): Link {
    const { _meta, ...own } = raw;
    const meta = isJsonObject(_meta) ? (_meta as JsonObject) : {};
    const filled = withDefaults(plugin.schema, own);
    const isSecret = refersToManager(filled);
    const conf = isSecret ? filled : (this.secrets.resolve(filled) as JsonObject);
    if (!isSecret) this.identities.add(conf, resource);
    const { filter, priority, error_response: errorResponse, pre_function: source } = meta;
    const before =
      typeof source === "string"
        ? this.compilePreFunction?.(plugin.name, source, filled)
        : undefined;
    return {
      name: plugin.name,
      plugin,
      handlers: before === undefined ? handlers : withPreFunction(handlers, before),
      raw,
      conf,
      priority: typeof priority === "number" ? priority : plugin.priority,
      filter: filter === undefined ? undefined : this.compileFilter(plugin.name, filter),
      errorResponse,
      needsBody: plugin.readsBody !== true && mentionsBody(JSON.stringify(own)),
      filterNeedsBody: mentionsBody(JSON.stringify(filter ?? null)),
      secretConf: isSecret ? this.currentConf(filled, resource) : undefined,
    };
  }

  /** Keeps the object as long as the secrets do not change. */
  private currentConf(
    filled: JsonObject,
    resource: string | undefined,
  ): () => JsonObject | Promise<JsonObject> {
    let last: JsonObject | undefined;
    return async () => {
      const now = await this.secrets.resolve(filled);
      if (last === undefined || !isDeepStrictEqual(last, now)) {
        last = now;
        this.identities.add(last, resource);
      }
      return last;
    };
  }

  /** As the original: a filter that cannot be compiled lets the plugin run. */
  private compileFilter(plugin: string, filter: Json): Expression | undefined {
    try {
      return compileExpression(filter);
    } catch (err) {
      this.log("warn", "failed to get the 'vars' expression", { plugin, err });
      return undefined;
    }
  }
}
