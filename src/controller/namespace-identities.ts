/** Who owns a namespace: whose rights, limits and activations a web action has. */
import { LRUCache } from "lru-cache";
import type { Identity } from "../core/documents.ts";
import type { IdentityStore } from "../store/store.ts";
import { type AuthOptions, identityOf } from "./auth.ts";

/** Identities by namespace, remembered as long as those of keys are. Unknown names are not. */
export class NamespaceIdentities {
  private readonly store: Pick<IdentityStore, "byNamespace">;
  private readonly remembers: boolean;
  private readonly known: LRUCache<string, Identity>;
  /** Counts the calls of `forget`, as that of `Authenticator`. */
  private age = 0;

  constructor(store: Pick<IdentityStore, "byNamespace">, options: AuthOptions) {
    this.store = store;
    // To the cache a time of 0 means for ever.
    this.remembers = options.cacheMs > 0;
    this.known = new LRUCache({ max: options.entriesMax, ttl: options.cacheMs });
  }

  /** Undefined when no unblocked subject has it. */
  find(namespace: string): Identity | Promise<Identity | undefined> {
    return this.known.get(namespace) ?? this.read(namespace);
  }

  private async read(namespace: string): Promise<Identity | undefined> {
    const { age } = this;
    const [row] = await this.store.byNamespace(namespace);
    if (row === undefined) return undefined;
    const identity = identityOf(row);
    if (this.remembers && age === this.age) this.known.set(namespace, identity);
    return identity;
  }

  /** Looks every owner up anew: keys, blocks or limits have changed. */
  forget(): void {
    this.age += 1;
    this.known.clear();
  }
}
