/** Who calls: Basic authentication against the identity store (openwhisk-api.md 3.1). */
import type { Identity } from "../core/documents.ts";
import { PlatformError } from "../core/errors.ts";
import type { IdentityStore } from "../store/store.ts";
import { type AuthOptions, IdentityMemory } from "./identity-memory.ts";

/**
 * Identities by the whole `Authorization` header value, so that a known caller costs one look-up.
 * Only keys that were found are remembered: guesses cannot fill the cache.
 */
export class Authenticator {
  private readonly store: Pick<IdentityStore, "byKey">;
  private readonly memory: IdentityMemory;

  constructor(store: Pick<IdentityStore, "byKey">, options: AuthOptions) {
    this.store = store;
    this.memory = new IdentityMemory(options);
  }

  peek(header: string | undefined): Identity | undefined {
    return header === undefined ? undefined : this.memory.get(header);
  }

  /** Throws AUTH_MISSING or AUTH_INVALID. */
  async identify(header: string | undefined): Promise<Identity> {
    if (header === undefined || !/^basic(\s|$)/i.test(header)) {
      throw new PlatformError("AUTH_MISSING");
    }
    const known = this.memory.get(header);
    if (known !== undefined) return known;
    const credentials = Buffer.from(header.slice(6).trim(), "base64").toString("utf8");
    const colon = credentials.indexOf(":");
    if (colon < 0) throw new PlatformError("AUTH_INVALID");
    const [uuid, key] = [credentials.slice(0, colon), credentials.slice(colon + 1)];
    const identity = await this.memory.read(header, this.store.byKey(uuid, key));
    if (identity === undefined) throw new PlatformError("AUTH_INVALID");
    return identity;
  }

  /** Looks every key up anew: keys, blocks or limits have changed. */
  forget(): void {
    this.memory.forget();
  }
}
