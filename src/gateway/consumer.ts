/** Consumers as authentication plugins find them (apisix-gateway.md 10, 15). */
import type { JsonObject } from "../core/documents.ts";

export type Consumer = {
  readonly username: string;
  readonly groupId?: string;
  /** The credential that identified it, when it is not in the consumer itself. */
  readonly credentialId?: string;
  /** Label "custom_id". */
  readonly customId?: string;
  /** The consumer's document as configured. */
  readonly value: JsonObject;
  /** Configuration of the plugin that found it: defaults filled in, secrets resolved. */
  readonly authConf: JsonObject;
};

export type ConsumerDirectory = {
  /**
   * The consumer, or credential, whose configuration of `plugin` has `value` at `member`:
   * `find("key-auth", "key", apikey)`. The last one written wins where several have it.
   */
  find(plugin: string, member: string, value: string): Consumer | undefined;
  /** By user name, for `anonymous_consumer`; `authConf` is empty. */
  byName(username: string): Consumer | undefined;
  /** False when no consumer uses the plugin: the original then answers "Missing related consumer". */
  hasAny(plugin: string): boolean;
  /**
   * Asks again for secrets of consumers that could not be had so far; undefined: none is missing or
   * it has just been done. Never rejects.
   */
  retrySecrets(): Promise<void> | undefined;
};
