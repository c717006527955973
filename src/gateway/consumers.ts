/** Finds consumers by what their plugins are configured with; reads those that have changed. */
import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../core/documents.ts";
import { isJsonObject } from "../lib/json.ts";
import { withDefaults } from "./conf-defaults.ts";
import type { ConfigMirror } from "./config-mirror.ts";
import type { ConfigEntry } from "./config-store.ts";
import type { Consumer, ConsumerDirectory } from "./consumer.ts";
import { ConsumerIndex } from "./consumer-index.ts";
import type { AnyPlugin } from "./plugin.ts";
import { hasSecretReference, refersToManager, type Secrets } from "./secrets.ts";

export type ConsumersOptions = {
  readonly mirror: ConfigMirror;
  readonly secrets: Secrets;
  readonly plugin: (name: string) => AnyPlugin | undefined;
};

/** Those with references are read again so often: `Secrets` then asks for what has expired there. */
const REREAD_MS = 60_000;

export class Consumers implements ConsumerDirectory {
  private readonly options: ConsumersOptions;
  private readonly index = new ConsumerIndex();
  /** Consumers and credentials to be read before the next search. */
  private changed = new Set<string>();
  /** Plugins of those that are in the index. */
  private readonly pluginsOf = new Map<string, readonly string[]>();
  private readonly credentialsOf = new Map<string, Set<string>>();
  /** Those with references to secrets: read again at this time (ms epoch). */
  private readonly referring = new Set<string>();
  private expires = Number.POSITIVE_INFINITY;
  /** Those that cannot be found for want of a secret. */
  private readonly missing = new Set<string>();
  private asking: Promise<void> | undefined;
  /** By configuration, with the secrets that were fetched last: used until they are again. */
  private readonly before = new WeakMap<JsonObject, JsonObject>();

  constructor(options: ConsumersOptions) {
    this.options = options;
    const { mirror } = options;
    const entries = [...mirror.entries("consumers")];
    entries.sort(([, a], [, b]) => a.modifiedIndex - b.modifiedIndex);
    for (const [id] of entries) this.changed.add(id);
    mirror.onChange((changes) => {
      for (const { folder, id } of changes) if (folder === "consumers") this.changed.add(id);
    });
  }

  find(plugin: string, member: string, value: string): Consumer | undefined {
    this.refresh();
    return this.index.find(plugin, member, value);
  }

  byName(username: string): Consumer | undefined {
    const entry = this.options.mirror.get("consumers", username);
    return entry === undefined ? undefined : describe(entry.value, {}, undefined);
  }

  hasAny(plugin: string): boolean {
    this.refresh();
    return this.index.hasAny(plugin);
  }

  retrySecrets(): Promise<void> | undefined {
    this.refresh();
    if (this.missing.size === 0) return undefined;
    if (this.asking === undefined && this.options.secrets.mayHaveNews) {
      this.asking = this.askAgain().finally(() => {
        this.asking = undefined;
      });
    }
    return this.asking;
  }

  private async askAgain(): Promise<void> {
    const ids = [...this.missing];
    await Promise.all(
      ids.map(async (id) => {
        const plugins = this.options.mirror.get("consumers", id)?.value["plugins"];
        const resolved = await this.options.secrets.resolve(plugins);
        if (!isDeepStrictEqual(resolved, plugins)) this.changed.add(id);
      }),
    );
  }

  /** Secret managers were configured anew: what they have is asked for again. */
  forgetSecrets(): void {
    if (this.referring.size > 0) this.expires = 0;
  }

  /**
   * Fetches the secrets of a consumer or credential that was just read, so that the first request
   * need not do without; resolves when they are there or cannot be had.
   */
  async prepare(entry: ConfigEntry): Promise<void> {
    await this.options.secrets.resolve(entry.value["plugins"]);
  }

  /** Before the gateway serves: the first request need not wait for all of them. */
  async load(): Promise<void> {
    const entries = [...this.options.mirror.entries("consumers").values()];
    await Promise.all(entries.map((entry) => this.prepare(entry)));
    this.refresh();
  }

  private refresh(): void {
    if (Date.now() >= this.expires) {
      this.expires = Number.POSITIVE_INFINITY;
      for (const id of this.referring) this.changed.add(id);
    }
    if (this.changed.size === 0) return;
    const ids = this.changed;
    this.changed = new Set();
    for (const id of ids) this.read(id);
  }

  private read(id: string): void {
    for (const plugin of this.pluginsOf.get(id) ?? []) this.index.remove(plugin, id);
    this.pluginsOf.delete(id);
    this.referring.delete(id);
    this.missing.delete(id);
    const [username = "", folder, credentialId] = id.split("/");
    const isCredential = folder === "credentials";
    const entry = this.options.mirror.get("consumers", id);
    if (isCredential) this.noteCredential(username, id, entry !== undefined);
    else for (const credential of this.credentialsOf.get(id) ?? []) this.read(credential);
    const owner = isCredential ? this.options.mirror.get("consumers", username) : entry;
    const plugins = entry?.value["plugins"];
    if (owner === undefined || !isJsonObject(plugins)) return;
    for (const [name, conf] of Object.entries(plugins as JsonObject)) {
      const plugin = this.options.plugin(name);
      if (plugin?.type !== "auth" || !isJsonObject(conf)) continue;
      const authConf = this.resolve(id, plugin, conf as JsonObject);
      if (authConf === undefined) continue;
      this.index.set(name, id, describe(owner.value, authConf, credentialId));
      this.pluginsOf.set(id, [...(this.pluginsOf.get(id) ?? []), name]);
    }
  }

  private noteCredential(username: string, id: string, isThere: boolean): void {
    const ids = this.credentialsOf.get(username) ?? new Set();
    if (isThere) ids.add(id);
    else ids.delete(id);
    if (ids.size === 0) this.credentialsOf.delete(username);
    else this.credentialsOf.set(username, ids);
  }

  /** Defaults filled in, secrets in their places; undefined while one is not there. */
  private resolve(id: string, plugin: AnyPlugin, conf: JsonObject): JsonObject | undefined {
    const filled = withDefaults(plugin.consumerSchema ?? plugin.schema, conf);
    if (!hasSecretReference(filled)) return filled;
    this.referring.add(id);
    this.expires = Math.min(this.expires, Date.now() + REREAD_MS);
    const resolved = this.options.secrets.resolve(filled);
    const waits = resolved instanceof Promise;
    if (waits) void resolved.then((authConf) => this.renew(id, conf, authConf));
    else if (!hasSecretReference(resolved)) {
      this.before.set(conf, resolved);
      return resolved;
    }
    // An unresolved reference must not become a password that anyone can send.
    const before = this.before.get(conf);
    if (before === undefined && (waits || refersToManager(resolved))) this.missing.add(id);
    return before;
  }

  /** Secrets have come: the next search finds them. */
  private renew(id: string, conf: JsonObject, authConf: JsonObject): void {
    if (hasSecretReference(authConf)) return;
    // What is the same needs no reading, which might ask for it again.
    if (isDeepStrictEqual(authConf, this.before.get(conf))) return;
    this.before.set(conf, authConf);
    this.changed.add(id);
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
