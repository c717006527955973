/** Identities that exist from the start: the stock ones and those of the configuration. */
import type { User } from "../config/config.ts";
import {
  GUEST,
  subjectsWithPublicKeys,
  WHISK_SYSTEM,
  withStockUsers,
} from "../config/stock-users.ts";
import type { IdentityStore } from "../store/store.ts";

type Identities = Pick<IdentityStore, "get" | "put" | "list" | "getLimits" | "putLimits">;

/**
 * Writes only what differs, so that a start of a known store writes nothing. A stock identity is
 * made once: whoever gave it another key, or took its namespace away, meant it to stay so. What the
 * configuration says of a subject holds again at every start.
 */
export async function bootstrapUsers(
  identities: Identities,
  users: readonly User[],
): Promise<void> {
  const all = withStockUsers(users);
  await takeBack(identities, all);
  const stock = stockSubjects(all);
  for (const { subject, namespaces: given, limits } of all) {
    const known = await identities.get(subject);
    const namespaces = stock.has(subject) ? (known?.namespaces ?? given) : given;
    const wanted = { ...known, subject, namespaces };
    if (JSON.stringify(known) !== JSON.stringify(wanted)) await identities.put(wanted);
    if (limits === undefined) continue;
    for (const { name } of given) {
      const before = await identities.getLimits(name);
      if (JSON.stringify(before) !== JSON.stringify(limits)) {
        await identities.putLimits(name, limits);
      }
    }
  }
}

/** The stock subjects that still have their public key: the configuration gave them no other. */
function stockSubjects(users: readonly User[]): ReadonlySet<string> {
  const own = new Set([GUEST.subject, WHISK_SYSTEM.subject]);
  return new Set(subjectsWithPublicKeys(users).filter((subject) => own.has(subject)));
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
