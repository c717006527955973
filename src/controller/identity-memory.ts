/** Identities remembered for a time, by whatever names them. Only what was found is. */
import { LRUCache } from "lru-cache";
import type { Identity } from "../core/documents.ts";
import type { IdentityRow } from "../store/store.ts";

export type AuthOptions = {
  /** What was found is looked up again after this time; 0: every time. */
  readonly cacheMs: number;
  readonly entriesMax: number;
};

export class IdentityMemory {
  private readonly remembers: boolean;
  private readonly known: LRUCache<string, Identity>;
  /** Counts the calls of `forget`: what was read before one of them is not remembered after it. */
  private age = 0;

  constructor({ cacheMs, entriesMax }: AuthOptions) {
    // To the cache a time of 0 means for ever.
    this.remembers = cacheMs > 0;
    this.known = new LRUCache({ max: entriesMax, ttl: cacheMs });
  }

  get(name: string): Identity | undefined {
    return this.known.get(name);
  }

  /** Remembers what is read, if something is. */
  async read(
    name: string,
    reading: Promise<IdentityRow | undefined>,
  ): Promise<Identity | undefined> {
    const { age } = this;
    const row = await reading;
    if (row === undefined) return undefined;
    const identity = identityOf(row);
    if (this.remembers && age === this.age) this.known.set(name, identity);
    return identity;
  }

  /** Looks everybody up anew: keys, blocks or limits have changed. */
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
