/** The parts of the store that administration reads and writes. */
import type { EntityStore, IdentityStore } from "../store/store.ts";

export type AdminStore = {
  readonly identities: IdentityStore;
  readonly entities: Pick<EntityStore, "list" | "get">;
};
