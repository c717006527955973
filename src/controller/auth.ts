/** Who calls: Basic authentication against the identity store (openwhisk-api.md 3.1). */
import { LRUCache } from "lru-cache";
import type { Identity } from "../core/documents.ts";
import { PlatformError } from "../core/errors.ts";
import type { IdentityRow, IdentityStore } from "../store/store.ts";

export type AuthOptions = {
  /** A key that was found is looked up again after this time; 0: every time. */
  readonly cacheMs: number;
  readonly entriesMax: number;
};

/**
 * Identities by the whole `Authorization` header value, so that a known caller costs one look-up.
 * Only keys that were found are remembered: guesses cannot fill the cache.
 */
export class Authenticator {
  private readonly store: Pick<IdentityStore, "byKey">;
  private readonly remembers: boolean;
  private readonly known: LRUCache<string, Identity>;
  /** Counts the calls of `forget`: what was read before one of them is not remembered after it. */
  private age = 0;

  constructor(store: Pick<IdentityStore, "byKey">, options: AuthOptions) {
    this.store = store;
    // To the cache a time of 0 means for ever.
    this.remembers = options.cacheMs > 0;
    this.known = new LRUCache({ max: options.entriesMax, ttl: options.cacheMs });
  }

  peek(header: string | undefined): Identity | undefined {
    return header === undefined ? undefined : this.known.get(header);
  }

  /** Throws AUTH_MISSING or AUTH_INVALID. */
  async identify(header: string | undefined): Promise<Identity> {
    if (header === undefined || !/^basic(\s|$)/i.test(header)) {
      throw new PlatformError("AUTH_MISSING");
    }
    const known = this.known.get(header);
    if (known !== undefined) return known;
    const credentials = Buffer.from(header.slice(6).trim(), "base64").toString("utf8");
    const colon = credentials.indexOf(":");
    if (colon < 0) throw new PlatformError("AUTH_INVALID");
    const { age } = this;
    const row = await this.store.byKey(credentials.slice(0, colon), credentials.slice(colon + 1));
    if (row === undefined) throw new PlatformError("AUTH_INVALID");
    const identity = identityOf(row);
    if (this.remembers && age === this.age) this.known.set(header, identity);
    return identity;
  }

  /** Looks every key up anew: keys, blocks or limits have changed. */
  forget(): void {
    this.age += 1;
    this.known.clear();
  }
}

export function identityOf(row: IdentityRow): Identity {
  return {
    subject: row.subject,
    namespace: row.namespace,
    authkey: `${row.namespace.uuid}:${row.key}`,
    limits: row.limits,
  };
}
