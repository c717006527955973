/** The plugins that are enabled: what their configurations must look like, and who they are. */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { AnyPlugin, SchemaKind } from "../plugin.ts";
import { isObject } from "./lua.ts";
import { PLUGIN_META, PLUGIN_META_COMMENT } from "./resources.ts";
import { type Checked, Validator } from "./validator.ts";

export class PluginCatalog {
  readonly #all: readonly AnyPlugin[];
  readonly #validators = new Map<string, Validator>();
  #enabled: ReadonlyMap<string, AnyPlugin> = new Map();

  readonly #attributes: JsonObject;

  /** `names`: those to enable; all without it. `attributes`: `plugin_attr` of config.yaml. */
  constructor(
    plugins: readonly AnyPlugin[],
    names?: readonly string[],
    attributes: JsonObject = {},
  ) {
    this.#all = plugins;
    this.#attributes = attributes;
    this.enable(names);
  }

  /** From now on just these of all plugins; names that are none of them are returned. */
  enable(names: readonly string[] | undefined): readonly string[] {
    const byName = new Map(this.#all.map((plugin) => [plugin.name, plugin]));
    const wanted = names ?? [...byName.keys()];
    const known = wanted.flatMap((name) => byName.get(name) ?? []);
    this.#enabled = new Map(known.map((plugin) => [plugin.name, plugin]));
    return wanted.filter((name) => !byName.has(name));
  }

  find(name: string): AnyPlugin | undefined {
    return this.#enabled.get(name);
  }

  /** Highest priority first. */
  list(): readonly AnyPlugin[] {
    return [...this.#enabled.values()].sort((a, b) => b.priority - a.priority);
  }

  /** A resource without the plugins that are not enabled; itself when it has none of those. */
  enabledOnly(resource: JsonObject): JsonObject {
    const { plugins } = resource;
    if (!isObject(plugins)) return resource;
    const enabled = Object.entries(plugins).filter(([name]) => this.#enabled.has(name));
    if (enabled.length === Object.keys(plugins).length) return resource;
    return { ...resource, plugins: Object.fromEntries(enabled) };
  }

  /** As the schema API shows it: with `_meta`, which every plugin has. */
  schemaOf(plugin: AnyPlugin, kind: SchemaKind): JsonObject | undefined {
    if (kind === "consumer") return withEncrypted(plugin, plugin.consumerSchema);
    if (kind === "metadata") return plugin.metadataSchema;
    const properties = isObject(plugin.schema["properties"]) ? plugin.schema["properties"] : {};
    // Of a plugin that identifies consumers the secrets are theirs.
    const own =
      plugin.consumerSchema === undefined ? withEncrypted(plugin, plugin.schema) : plugin.schema;
    return {
      ...own,
      properties: { ...properties, _meta: PLUGIN_META },
      $comment: PLUGIN_META_COMMENT,
    };
  }

  /** Defaults filled in, or the plugin's own text; the name must be of an enabled plugin. */
  check(name: string, conf: Json, kind: SchemaKind): Checked {
    const plugin = this.#enabled.get(name);
    if (plugin === undefined) return { problem: `unknown plugin [${name}]` };
    const checked = this.#validator(plugin, kind).check(conf);
    if (checked.problem !== undefined) {
      const own = isObject(conf) ? plugin.rephrase?.(conf, checked.problem) : undefined;
      return own === undefined ? checked : { problem: own };
    }
    const attributes = this.#attributes[name];
    const own = isObject(attributes) ? attributes : {};
    const problem = plugin.check?.(checked.value as never, kind, own);
    return problem === undefined ? checked : { problem };
  }

  #validator(plugin: AnyPlugin, kind: SchemaKind): Validator {
    const key = `${kind} ${plugin.name}`;
    const known = this.#validators.get(key);
    if (known !== undefined) return known;
    const fallback = kind === "metadata" ? ANYTHING : this.schemaOf(plugin, "plugin");
    const validator = new Validator(this.schemaOf(plugin, kind) ?? fallback ?? ANYTHING);
    this.#validators.set(key, validator);
    return validator;
  }
}

const ANYTHING: JsonObject = { type: "object", properties: {} };

function withEncrypted<S extends JsonObject | undefined>(
  { encryptFields }: AnyPlugin,
  schema: S,
): S {
  if (encryptFields === undefined || schema === undefined) return schema;
  return { ...schema, encrypt_fields: [...encryptFields] };
}
