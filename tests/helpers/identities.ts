import { randomBytes, randomUUID } from "node:crypto";

/** "uuid:key" of the two identities every fresh installation has (openwhisk-api.md 3.5). */
export const guestKey =
  "23bc46b1-71f6-4ed5-8c54-816aa4f8c502:123zO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP";
export const systemKey =
  "789c46b1-71f6-4ed5-8c54-816aa4f8c502:abczO3xZCLrMN6v2BKK1dXYFpXlPkccOFqm12CdAsMgRU4VrNZ9lyGVCGuMDGIwP";

/** One entry of the `users` block of a configuration file. */
export type User = {
  readonly subject: string;
  readonly namespaces: readonly {
    readonly name: string;
    readonly uuid: string;
    readonly key: string;
  }[];
  /** Namespace limits document (openwhisk-api.md 3.6) of all its namespaces. */
  readonly limits?: Readonly<Record<string, unknown>>;
};

export type TestIdentity = {
  readonly namespace: string;
  /** "uuid:key" */
  readonly auth: string;
  readonly user: User;
};

/** A new subject that owns one namespace of the same name (at least five characters). */
export function makeIdentity(name: string, limits?: User["limits"]): TestIdentity {
  const uuid = randomUUID();
  const key = randomBytes(32).toString("hex");
  return {
    namespace: name,
    auth: `${uuid}:${key}`,
    user: {
      subject: name,
      namespaces: [{ name, uuid, key }],
      ...(limits === undefined ? {} : { limits }),
    },
  };
}
