/** Who owns a namespace: whose rights, limits and activations a web action has. */
import type { Identity } from "../core/documents.ts";
import type { IdentityRow, IdentityStore } from "../store/store.ts";
import { type AuthOptions, IdentityMemory } from "./identity-memory.ts";

/** Identities by namespace, remembered as long as those of keys are. Unknown names are not. */
export class NamespaceIdentities {
  private readonly store: Pick<IdentityStore, "byNamespace">;
  private readonly memory: IdentityMemory;

  constructor(store: Pick<IdentityStore, "byNamespace">, options: AuthOptions) {
    this.store = store;
    this.memory = new IdentityMemory(options);
  }

  /** Undefined when no unblocked subject has it. */
  find(namespace: string): Identity | Promise<Identity | undefined> {
    return this.memory.get(namespace) ?? this.memory.read(namespace, this.read(namespace));
  }

  private async read(namespace: string): Promise<IdentityRow | undefined> {
    const [row] = await this.store.byNamespace(namespace);
    return row;
  }

  /** Looks every owner up anew: keys, blocks or limits have changed. */
  forget(): void {
    this.memory.forget();
  }
}
