/** Identities that exist from the start: the stock ones and those of the configuration. */
import type { User } from "../config/config.ts";
import { withStockUsers } from "../config/stock-users.ts";
import type { IdentityStore } from "../store/store.ts";

type Identities = Pick<IdentityStore, "get" | "put" | "list" | "putLimits">;

/** Writes only what differs, so that a start of a known store writes nothing. */
export async function bootstrapUsers(
  identities: Identities,
  users: readonly User[],
): Promise<void> {
  const all = withStockUsers(users);
  await takeBack(identities, all);
  for (const { subject, namespaces, limits } of all) {
    const known = await identities.get(subject);
    const wanted = { ...known, subject, namespaces };
    if (JSON.stringify(known) !== JSON.stringify(wanted)) await identities.put(wanted);
    if (limits === undefined) continue;
    for (const { name } of namespaces) await identities.putLimits(name, limits);
  }
}

/**
 * A uuid that two subjects claim lets neither in (openwhisk-api.md 3.1): the subject that had it at
 * an earlier start, under its former name say, loses it to the one that has it now.
 */
async function takeBack(identities: Identities, users: readonly User[]): Promise<void> {
  const owners = new Map(
    users.flatMap((user) => user.namespaces.map(({ uuid }) => [uuid, user.subject] as const)),
  );
  for (const document of await identities.list()) {
    const { subject } = document;
    const namespaces = document.namespaces.filter(
      ({ uuid }) => (owners.get(uuid) ?? subject) === subject,
    );
    if (namespaces.length === document.namespaces.length) continue;
    await identities.put({ ...document, namespaces });
  }
}
