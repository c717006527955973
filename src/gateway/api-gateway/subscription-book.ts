/** Who has subscribed to which API: in memory, and in the store below "/apis/subscriptions". */
import type { JsonObject } from "../../core/documents.ts";
import type { ConfigEntry, ConfigStore } from "../config-store.ts";
import { keyPart } from "./api-book.ts";
import { hashSecret, type Subscriptions } from "./plugins/security.ts";

const ROOT = "/apis/subscriptions";

type Subscription = {
  readonly clientId: string;
  /** SHA-256 of the secret; undefined: the id alone is a key. */
  readonly secretHash: string | undefined;
};

export class SubscriptionBook implements Subscriptions {
  private readonly store: ConfigStore;
  private readonly byKey = new Map<string, Subscription>();

  private constructor(store: ConfigStore) {
    this.store = store;
  }

  static async open(store: ConfigStore): Promise<SubscriptionBook> {
    const book = new SubscriptionBook(store);
    for (const entry of await store.list(ROOT)) book.keep(entry);
    return book;
  }

  hasKey(api: string, clientId: string): boolean {
    return this.byKey.has(keyOf(api, clientId, undefined));
  }

  hasSecret(api: string, clientId: string, hash: string): boolean {
    return this.byKey.has(keyOf(api, clientId, hash));
  }

  /** Client ids, one for each subscription. */
  list(api: string): string[] {
    return this.keysOf(api).map((key) => this.byKey.get(key)?.clientId ?? "");
  }

  /** On disk when it resolves. Without a secret the id is a key by itself. */
  async add(api: string, clientId: string, secret: string | undefined): Promise<void> {
    const secretHash = secret === undefined ? undefined : hashSecret(secret);
    const hash: JsonObject = secretHash === undefined ? {} : { secret_hash: secretHash };
    const value = { client_id: clientId, ...hash };
    this.keep(await this.store.put(keyOf(api, clientId, secretHash), value));
  }

  /** The key of this id, else all its secrets. False: there was neither. */
  async delete(api: string, clientId: string): Promise<boolean> {
    const key = keyOf(api, clientId, undefined);
    if (this.byKey.has(key)) {
      await this.drop(key);
      return true;
    }
    const secrets = this.keysOf(api).filter((one) => this.byKey.get(one)?.clientId === clientId);
    for (const one of secrets) await this.drop(one);
    return secrets.length > 0;
  }

  /** The API is gone. */
  async deleteAll(api: string): Promise<void> {
    for (const key of this.keysOf(api)) await this.drop(key);
  }

  private keysOf(api: string): string[] {
    const prefix = `${ROOT}/${keyPart(api)}/`;
    return [...this.byKey.keys()].filter((key) => key.startsWith(prefix));
  }

  private async drop(key: string): Promise<void> {
    await this.store.delete(key);
    this.byKey.delete(key);
  }

  private keep({ key, value }: ConfigEntry): void {
    const { client_id: clientId, secret_hash: hash } = value;
    const secretHash = typeof hash === "string" ? hash : undefined;
    this.byKey.set(key, { clientId: String(clientId), secretHash });
  }
}

function keyOf(api: string, clientId: string, secretHash: string | undefined): string {
  const kind = secretHash === undefined ? "key" : secretHash;
  return `${ROOT}/${keyPart(api)}/${keyPart(clientId)}/${kind}`;
}
