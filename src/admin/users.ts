/**
 * `user create|get|whois|list|delete|block|unblock` with the texts and exit codes of the original's
 * `wskadmin` (tools/admin/wskadmin). A subject owns keys to any number of namespaces; a namespace
 * is shared by giving several subjects a key to it.
 */
import type { SubjectDocument } from "../core/documents.ts";
import { isEntityName } from "../core/entity-name.ts";
import { type AuthKey, newAuthKey, parseAuthKey } from "./auth-key.ts";
import { type AdminResult, done, failed, MISSING, misused } from "./result.ts";
import type { AdminStore } from "./store.ts";

export type UserCreate = {
  readonly verb: "user.create";
  readonly subject: string;
  /** "uuid:key"; else a new one is made */
  readonly auth?: string;
  /** default: the name of the subject */
  readonly namespace?: string;
  /** A key that is there is replaced. */
  readonly revoke?: boolean;
  /** Makes a key and stores nothing. */
  readonly genonly?: boolean;
  /** Does not print the key. */
  readonly silent?: boolean;
};
export type UserDelete = {
  readonly verb: "user.delete";
  readonly subject: string;
  readonly namespace?: string;
};
export type UserGet = {
  readonly verb: "user.get";
  readonly subject: string;
  readonly namespace?: string;
  readonly all?: boolean;
};
export type UserWhois = { readonly verb: "user.whois"; readonly authkey: string };
export type UserList = {
  readonly verb: "user.list";
  readonly namespace: string;
  /** How many are shown; default 1, as in the original. */
  readonly pick?: number;
  readonly all?: boolean;
  /** Shows the keys, and nothing else. */
  readonly key?: boolean;
};
export type UserBlock = {
  readonly verb: "user.block" | "user.unblock";
  readonly subjects: readonly string[];
};

const SUBJECT_LENGTH_MIN = 5;
/** An exit code has one byte. */
const EXIT_MAX = 255;

export async function createUser(store: AdminStore, command: UserCreate): Promise<AdminResult> {
  const subject = command.subject.trim();
  if (subject.length < SUBJECT_LENGTH_MIN) {
    return misused("Subject name must be at least 5 characters");
  }
  const namespace = (command.namespace ?? subject).trim();
  if (namespace === "") return misused("Namespace must not be empty");
  if (!isEntityName(namespace)) return misused(`Namespace "${namespace}" is not a legal name`);
  const given = command.auth === undefined ? undefined : parseAuthKey(command.auth);
  if (typeof given === "string") return misused(given);
  if (command.genonly === true) return done(shown(given ?? newAuthKey()));
  const subjects = await store.identities.list();
  const known = subjects.find((document) => document.subject === subject);
  const change = withKey(known ?? { subject, namespaces: [] }, namespace, given, command.revoke);
  if (typeof change === "string") return failed(change);
  const { uuid } = change.authKey;
  // A uuid that stands twice would let nobody in, and share one count of throttles.
  const isTaken = subjects.some((other) =>
    other.namespaces.some(
      (space) => space.uuid === uuid && (other.subject !== subject || space.name !== namespace),
    ),
  );
  if (isTaken) return failed("authorization id belongs to another identity");
  await store.identities.put(change.document);
  return command.silent === true ? done() : done(shown(change.authKey));
}

/** The subject with a key to the namespace, or why it cannot have one. */
function withKey(
  known: SubjectDocument,
  name: string,
  given: AuthKey | undefined,
  revoke = false,
): { readonly document: SubjectDocument; readonly authKey: AuthKey } | string {
  if (known.blocked === true) return "The subject you want to edit is blocked";
  const [space, second] = known.namespaces.filter((candidate) => candidate.name === name);
  if (space !== undefined && !revoke) return "Namespace already exists";
  if (second !== undefined) return "Namespace is not unique";
  // The uuid stays when only the key is replaced: throttles and accepted activations go by it.
  const authKey = given ?? newAuthKey(space?.uuid);
  const own = { name, ...authKey };
  const namespaces =
    space === undefined
      ? [...known.namespaces, own]
      : known.namespaces.map((candidate) => (candidate === space ? own : candidate));
  return { document: { ...known, namespaces }, authKey };
}

export async function deleteUser(store: AdminStore, command: UserDelete): Promise<AdminResult> {
  const subject = command.subject.trim();
  if (subject === "") return misused("Subject must not be empty");
  const namespace = command.namespace?.trim();
  if (namespace === "") return misused("Namespace must not be empty");
  const document = await store.identities.get(subject);
  if (document === undefined) return failed(`Failed to delete subject (${MISSING})`);
  if (namespace === undefined) {
    await store.identities.delete(subject);
    return done("Subject deleted");
  }
  const namespaces = document.namespaces.filter(({ name }) => name !== namespace);
  if (namespaces.length === document.namespaces.length) {
    return failed(`Namespace "${namespace}" does not exist for "${subject}"`);
  }
  await store.identities.put({ ...document, namespaces });
  return done("Namespace deleted");
}

export async function getUser(store: AdminStore, command: UserGet): Promise<AdminResult> {
  const { subject, namespace = subject, all } = command;
  const document = await store.identities.get(subject);
  if (document === undefined) return failed(`Failed to get subject (${MISSING})`);
  if (all === true) {
    return done(...document.namespaces.map((space) => `${space.name}\t${shown(space)}`));
  }
  const [space, second] = document.namespaces.filter(({ name }) => name === namespace);
  if (space !== undefined && second === undefined) return done(shown(space));
  return failed(`namespace "${namespace}" not found for "${subject}"`);
}

export async function whoisUser(store: AdminStore, command: UserWhois): Promise<AdminResult> {
  const [uuid = "", key] = command.authkey.split(":");
  if (key === undefined) return misused("the credentials must be uuid:key");
  const row = await store.identities.byKey(uuid, key);
  if (row === undefined) return done("Subject id is not recognized");
  return done(`subject: ${row.subject}`, `namespace: ${row.namespace.name}`);
}

export async function listUsers(store: AdminStore, command: UserList): Promise<AdminResult> {
  const { namespace, pick = 1, all, key: showsKeys } = command;
  if (!(pick >= 1)) return misused("pick at least 1 identity to show");
  const rows = await store.identities.byNamespace(namespace);
  if (rows.length === 0) return done(`no identities found for namespace "${namespace}"`);
  const picked = all === true ? rows : rows.slice(0, pick);
  return done(
    ...picked.map(({ subject, namespace: { uuid }, key }) =>
      showsKeys === true ? shown({ uuid, key }) : `${uuid}:***\t${subject}`,
    ),
  );
}

/** The exit code counts the subjects that could not be changed. */
export async function blockUsers(store: AdminStore, command: UserBlock): Promise<AdminResult> {
  const blocked = command.verb === "user.block";
  const word = blocked ? "block" : "unblock";
  const lines = { out: "", err: "" };
  let failures = 0;
  for (const name of command.subjects) {
    const subject = name.trim();
    if (subject === "") continue;
    const document = await store.identities.get(subject);
    if (document === undefined) {
      failures += 1;
      lines.err += `Failed to ${word} "${subject}" (${MISSING})\n`;
      continue;
    }
    await store.identities.put({ ...document, blocked });
    lines.out += `"${subject}" ${word}ed successfully\n`;
  }
  return { code: Math.min(failures, EXIT_MAX), ...lines };
}

function shown({ uuid, key }: AuthKey): string {
  return `${uuid}:${key}`;
}
