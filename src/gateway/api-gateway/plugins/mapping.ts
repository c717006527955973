/** Puts values into a request for the backend: `set-variable` of the gateway configuration. */
import type { Json, JsonObject } from "../../../core/documents.ts";
import { isJsonObject } from "../../../lib/json.ts";
import type { Plugin } from "../../plugin.ts";
import { QueryArgs } from "../../query-args.ts";
import type { RequestContext } from "../../request-context.ts";
import type { Insertion } from "../api.ts";

export type MappingConf = {
  readonly insertions: readonly Insertion[];
  /** Of the `target-url`: only sent on when something is inserted, as in the original. */
  readonly query: string;
};

export const mapping: Plugin<MappingConf> = {
  name: "openwhisk-mapping",
  version: 0.1,
  priority: 50,
  schema: { type: "object", required: ["insertions", "query"] },
  create: () => ({
    rewrite: ({ insertions, query }, ctx) => {
      for (const { location, name, value } of insertions) {
        if (location === "header") ctx.request.headers.set(name, textOf(value));
        if (location === "path") {
          ctx.request.path = ctx.request.path.replaceAll(`{${name}}`, textOf(value));
        }
      }
      insertQuery(insertions, query, ctx);
      const inBody = insertions.filter(({ location }) => location === "body");
      return inBody.length === 0 ? undefined : insertBody(inBody, ctx);
    },
  }),
};

/** What the client sent stands over the target's own, what is inserted over both. */
function insertQuery(
  insertions: readonly Insertion[],
  query: string,
  { request }: RequestContext,
): void {
  const added = insertions.filter(({ location }) => location === "query");
  if (added.length === 0 && query === "") return;
  const args = QueryArgs.parse(request.query);
  for (const [name, value] of new URLSearchParams(query)) {
    if (args.get(name) === undefined) args.set(name, value);
  }
  for (const { name, value } of added) args.set(name, textOf(value));
  request.setArgs(args);
}

/** A body that is no JSON object stays as it is. */
async function insertBody(
  insertions: readonly Insertion[],
  { request }: RequestContext,
): Promise<undefined> {
  const bytes = await request.readBody();
  const body = bytes.length === 0 ? {} : parse(bytes.toString("utf8"));
  if (!isJsonObject(body)) return undefined;
  const added = insertions.map(({ name, value }) => [name, value] as const);
  request.setBody(JSON.stringify({ ...(body as JsonObject), ...Object.fromEntries(added) }));
  return undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
