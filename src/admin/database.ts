/**
 * `db get`: what the store holds of subjects and entities, in the form of CouchDB's list of all
 * documents. Keys are hidden: this is for looking, not for copying.
 */
import type { EntityType, Json, JsonObject, SubjectDocument } from "../core/documents.ts";
import { type AdminResult, done, failed } from "./result.ts";
import type { AdminStore } from "./store.ts";

export type DbGet = {
  readonly verb: "db.get";
  readonly database: string;
  readonly view?: string;
  readonly docs?: boolean;
};

/** Entities asked for at once. */
const PAGE = 200;
const ENTITY_TYPES: readonly EntityType[] = ["action", "trigger", "rule", "package"];

type Row = { readonly id: string; readonly doc: JsonObject };

export async function getDatabase(store: AdminStore, command: DbGet): Promise<AdminResult> {
  const { database, view, docs = false } = command;
  if (view !== undefined) {
    return failed("there are no views: the store is not CouchDB (docs/storage.md)");
  }
  if (database === "activations") {
    return failed("activations are many and may be large: list them with wsk activation list");
  }
  if (database !== "subjects" && database !== "whisks") {
    return failed(`there is no database ${database}: only subjects and whisks`);
  }
  const rows = database === "subjects" ? await subjectRows(store) : await entityRows(store);
  const table = {
    offset: 0,
    rows: rows.map(({ id, doc }) => ({ ...(docs ? { doc } : {}), id, key: id })),
    total_rows: rows.length,
  };
  const head = `getting contents for ${database} (primary index)`;
  return done(head, JSON.stringify(sorted(table), null, 4));
}

async function subjectRows({ identities }: AdminStore): Promise<Row[]> {
  const subjects = await identities.list();
  const limits = await Promise.all(
    namespacesOf(subjects).map(async (name) => ({ name, own: await identities.getLimits(name) })),
  );
  const rows: Row[] = [
    ...subjects.map((document) => ({ id: document.subject, doc: withoutKeys(document) })),
    ...limits.flatMap(({ name, own }) =>
      own === undefined ? [] : [{ id: `${name}/limits`, doc: { ...own } as JsonObject }],
    ),
  ];
  return byId(rows);
}

/** Those of every namespace that some subject has a key to. */
async function entityRows(store: AdminStore): Promise<Row[]> {
  const rows: Row[] = [];
  for (const path of namespacesOf(await store.identities.list())) {
    for (const type of ENTITY_TYPES) {
      for (let skip = 0; ; skip += PAGE) {
        const page = await store.entities.list({ type, path, skip, limit: PAGE });
        for (const document of page) {
          const id = `${document.namespace}/${document.name}`;
          // A document is JSON by definition.
          rows.push({ id, doc: document as unknown as JsonObject });
        }
        if (page.length < PAGE) break;
      }
    }
  }
  return byId(rows);
}

function namespacesOf(subjects: readonly SubjectDocument[]): string[] {
  return [...new Set(subjects.flatMap(({ namespaces }) => namespaces.map(({ name }) => name)))];
}

function withoutKeys({ subject, blocked, namespaces }: SubjectDocument): JsonObject {
  return {
    subject,
    ...(blocked === undefined ? {} : { blocked }),
    namespaces: namespaces.map(({ name, uuid }) => ({ name, uuid, key: "***" })),
  };
}

function byId(rows: Row[]): Row[] {
  return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Members in the order of their names, as the original prints them. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted(value[name] as Json)]));
}
