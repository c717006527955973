/** Identities that exist from the start: the stock ones and those of the configuration. */
import type { User } from "../config/config.ts";
import { withStockUsers } from "../config/stock-users.ts";
import type { IdentityStore } from "../store/store.ts";

/** Writes only what differs, so that a start of a known store writes nothing. */
export async function bootstrapUsers(
  identities: IdentityStore,
  users: readonly User[],
): Promise<void> {
  for (const { subject, namespaces, limits } of withStockUsers(users)) {
    const known = await identities.get(subject);
    const wanted = { ...known, subject, namespaces };
    if (JSON.stringify(known) !== JSON.stringify(wanted)) await identities.put(wanted);
    if (limits === undefined) continue;
    for (const { name } of namespaces) await identities.putLimits(name, limits);
  }
}
