/** The two identities of every stock installation of the original (openwhisk-api.md 3.5). */
import type { User } from "./config.ts";

export const GUEST: User = {
  subject: "guest",
  namespaces: [
    {
      name: "guest",
      uuid: "23bc46b1-71f6-4ed5-8c54-816aa4f8c502",
      key: "123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP",
    },
  ],
};

export const WHISK_SYSTEM: User = {
  subject: "whisk.system",
  namespaces: [
    {
      name: "whisk.system",
      uuid: "789c46b1-71f6-4ed5-8c54-816aa4f8c502",
      key: "abczO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP",
    },
  ],
};

const STOCK = [GUEST, WHISK_SYSTEM];

/** All users of a server: the stock ones, except where `users` names the subject or its key. */
export function withStockUsers(users: readonly User[]): readonly User[] {
  const named = new Set(users.map((user) => user.subject));
  const given = new Set(users.flatMap((user) => user.namespaces.map((space) => space.uuid)));
  const isFree = (user: User): boolean =>
    !named.has(user.subject) && user.namespaces.every((space) => !given.has(space.uuid));
  return [...STOCK.filter(isFree), ...users];
}

const PUBLIC_KEYS = new Set(STOCK.flatMap((user) => user.namespaces.map((space) => space.key)));

/** Subjects whose key anyone can read in the original's documents. */
export function subjectsWithPublicKeys(users: readonly User[]): readonly string[] {
  return users
    .filter((user) => user.namespaces.some((space) => PUBLIC_KEYS.has(space.key)))
    .map((user) => user.subject);
}
