/** Who may no longer run anything: the original's view `blockedNamespaces` (openwhisk-api.md 3.5). */
import type { Identity } from "../core/documents.ts";
import type { AdminStore } from "./store.ts";

/**
 * Tells blocked callers: those with a key of a blocked subject, and those in a namespace that may
 * have no invocations a minute, or none at once.
 */
export async function readBlocked({
  identities,
}: Pick<AdminStore, "identities">): Promise<(caller: Identity) => boolean> {
  const subjects = await identities.list();
  const spaces = subjects.flatMap(({ blocked, namespaces }) =>
    namespaces.map(({ name, uuid }) => ({ name, uuid, blocked: blocked === true })),
  );
  const uuids = new Set(spaces.filter(({ blocked }) => blocked).map(({ uuid }) => uuid));
  const names = new Set<string>();
  for (const name of new Set(spaces.map((space) => space.name))) {
    const limits = await identities.getLimits(name);
    if (limits?.invocationsPerMinute === 0 || limits?.concurrentInvocations === 0) names.add(name);
  }
  return ({ namespace }) => uuids.has(namespace.uuid) || names.has(namespace.name);
}
