/** Finds consumers by what their plugins are configured with; built anew when one changes. */
import type { JsonObject } from "../core/documents.ts";
import { isJsonObject } from "../lib/json.ts";
import { withDefaults } from "./conf-defaults.ts";
import type { ConfigMirror } from "./config-mirror.ts";
import type { ConfigEntry } from "./config-store.ts";
import type { Consumer, ConsumerDirectory } from "./consumer.ts";
import type { AnyPlugin } from "./plugin.ts";
import { hasSecretReference, type Secrets } from "./secrets.ts";

export type ConsumersOptions = {
  readonly mirror: ConfigMirror;
  readonly secrets: Secrets;
  readonly plugin: (name: string) => AnyPlugin | undefined;
};

/** How long an index with values from a secret manager is used before it is made anew. */
const SECRET_MS = 60_000;

export class Consumers implements ConsumerDirectory {
  private readonly options: ConsumersOptions;
  private version = -1;
  private expires = Number.POSITIVE_INFINITY;
  /** Plugin, then consumers and credentials that use it. */
  private byPlugin = new Map<string, Consumer[]>();
  /** Plugin and member, then value. */
  private indexes = new Map<string, Map<string, Consumer>>();
  /** By configuration, with the secrets that were fetched last: used until they are again. */
  private readonly before = new WeakMap<JsonObject, JsonObject>();

  constructor(options: ConsumersOptions) {
    this.options = options;
  }

  find(plugin: string, member: string, value: string): Consumer | undefined {
    this.refresh();
    const key = `${plugin}/${member}`;
    let index = this.indexes.get(key);
    if (index === undefined) {
      index = new Map();
      for (const consumer of this.byPlugin.get(plugin) ?? []) {
        const at = consumer.authConf[member];
        if (typeof at === "string") index.set(at, consumer);
      }
      this.indexes.set(key, index);
    }
    return index.get(value);
  }

  byName(username: string): Consumer | undefined {
    const entry = this.options.mirror.get("consumers", username);
    return entry === undefined ? undefined : describe(entry.value, {}, undefined);
  }

  hasAny(plugin: string): boolean {
    this.refresh();
    return (this.byPlugin.get(plugin)?.length ?? 0) > 0;
  }

  /** Secret managers were configured anew: what they have is asked for again. */
  forgetSecrets(): void {
    if (this.expires !== Number.POSITIVE_INFINITY) this.expires = 0;
  }

  /**
   * Fetches the secrets of a consumer or credential that was just read, so that the first request
   * need not do without; resolves when they are there or cannot be had.
   */
  async prepare(entry: ConfigEntry): Promise<void> {
    await this.options.secrets.resolve(entry.value["plugins"]);
  }

  private refresh(): void {
    const version = this.options.mirror.version("consumers");
    if (version === this.version && Date.now() < this.expires) return;
    this.version = version;
    this.expires = Number.POSITIVE_INFINITY;
    this.byPlugin = new Map();
    this.indexes = new Map();
    const entries = [...this.options.mirror.entries("consumers")];
    entries.sort(([, a], [, b]) => a.modifiedIndex - b.modifiedIndex);
    for (const [id, entry] of entries) this.read(id, entry);
  }

  private read(id: string, entry: ConfigEntry): void {
    const [username = "", folder, credentialId] = id.split("/");
    const isCredential = folder === "credentials";
    const owner = isCredential ? this.options.mirror.get("consumers", username) : entry;
    if (owner === undefined || !isJsonObject(entry.value["plugins"])) return;
    for (const [name, conf] of Object.entries(entry.value["plugins"] as JsonObject)) {
      const plugin = this.options.plugin(name);
      if (plugin?.type !== "auth" || !isJsonObject(conf)) continue;
      this.add(name, owner.value, credentialId, plugin, conf as JsonObject);
    }
  }

  private add(
    name: string,
    owner: JsonObject,
    credentialId: string | undefined,
    plugin: AnyPlugin,
    conf: JsonObject,
  ): void {
    const filled = withDefaults(plugin.consumerSchema ?? plugin.schema, conf);
    const resolved = this.options.secrets.resolve(filled);
    if (hasSecretReference(filled)) this.expires = Date.now() + SECRET_MS;
    const isWaiting = resolved instanceof Promise;
    if (isWaiting) void resolved.then((authConf) => this.renew(conf, authConf));
    else if (resolved !== filled) this.before.set(conf, resolved);
    const authConf = isWaiting ? this.before.get(conf) : resolved;
    // An unresolved reference must not become a password that anyone can send.
    if (authConf === undefined || hasSecretReference(authConf)) return;
    const list = this.byPlugin.get(name) ?? [];
    list.push(describe(owner, authConf, credentialId));
    this.byPlugin.set(name, list);
  }

  /** Secrets have come: the next search finds them. */
  private renew(conf: JsonObject, authConf: JsonObject): void {
    if (hasSecretReference(authConf)) return;
    this.before.set(conf, authConf);
    this.version = -1;
  }
}

function describe(
  value: JsonObject,
  authConf: JsonObject,
  credentialId: string | undefined,
): Consumer {
  const { username, group_id: groupId, labels } = value;
  const customId = isJsonObject(labels) ? labels["custom_id"] : undefined;
  return {
    username: String(username),
    value,
    authConf,
    ...(groupId === undefined ? {} : { groupId: String(groupId) }),
    ...(credentialId === undefined ? {} : { credentialId }),
    ...(customId === undefined ? {} : { customId: String(customId) }),
  };
}
