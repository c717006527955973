/** Variables of the request's body: forms and JSON. The body must have been read before. */
import { parseJson } from "../lib/json.ts";
import { type GraphqlOperation, readOperation } from "./graphql.ts";
import { fieldsOf } from "./multipart.ts";
import { QueryArgs } from "./query-args.ts";
import type { RequestContext } from "./request-context.ts";
import type { VariableValue } from "./template.ts";

const FORM = "application/x-www-form-urlencoded";
const MULTIPART = "multipart/form-data";
const JSON_TYPE = "application/json";
/** One of each kind: the type of a body may be read as a form and as JSON. */
const forms = new WeakMap<Buffer, QueryArgs>();
const multiparts = new WeakMap<Buffer, ReadonlyMap<string, string> | undefined>();
const documents = new WeakMap<Buffer, unknown>();

/** `post_arg_<name>`: the first value of a form field. */
export function postArg(ctx: RequestContext, name: string): VariableValue {
  const { body, headers } = ctx.request;
  if (body === undefined || !headers.get("content-type")?.startsWith(FORM)) return undefined;
  return formOf(body).get(name);
}

/**
 * `post_arg.<path>`: a value of a JSON body or form by its path ("model", "messages[0].role",
 * "messages[*].role"). With a star or index the value is the list of what was found. Bodies of other
 * types have none.
 */
export function postPath(ctx: RequestContext, path: string): VariableValue {
  const { body, headers } = ctx.request;
  if (body === undefined) return undefined;
  const type = headers.get("content-type") ?? "";
  if (type.includes(JSON_TYPE)) return inDocument(jsonOf(body), path);
  if (type.includes(FORM)) return formOf(body).get(path);
  return type.includes(MULTIPART) ? multipartOf(body, type)?.get(path) : undefined;
}

function inDocument(document: unknown, path: string): VariableValue {
  const steps = [...path.matchAll(/\.\.|[^.[\]'"]+/g)].map(([step]) => step);
  const found = walk([document], steps);
  const isList = /[[*]|\.\./.test(path);
  const value = isList ? (found.length === 0 ? undefined : found) : found[0];
  return value === null ? undefined : (value as VariableValue);
}

const STEP = String.raw`[^.[\]'"*\s]+|\*`;
const PATH = new RegExp(
  String.raw`^(?:${STEP})(?:\.{1,2}(?:${STEP})|\[(?:\*|-?\d+|'[^']*'|"[^"]*")\])*$`,
);

/** What is wrong with the path of a variable `post_arg.<path>`, as the original tells it. */
export function postPathProblem(path: string): string | undefined {
  return PATH.test(path) ? undefined : `invalid expression "$.${path}"`;
}

/** The text is not looked at beyond this, as in the original. */
const GRAPHQL_BYTES_MAX = 1024 * 1024;

/** `graphql_<member>` of a query in `?query=`, a JSON body's `query`, or the body itself. */
export function graphql(ctx: RequestContext, member: string): VariableValue {
  const text = queryOf(ctx);
  if (text === undefined || text.length > GRAPHQL_BYTES_MAX) return undefined;
  const found = readOperation(text);
  return found?.[member as keyof GraphqlOperation];
}

function queryOf({ request }: RequestContext): string | undefined {
  const { body, method, headers, args } = request;
  if (method === "GET") {
    const query = args.get("query");
    return typeof query === "string" ? query : undefined;
  }
  if (method !== "POST" || body === undefined) return undefined;
  if (headers.get("content-type") !== "application/json") return body.toString("utf8");
  const query = (jsonOf(body) as { readonly query?: unknown } | null | undefined)?.query;
  return typeof query === "string" ? query : undefined;
}

function walk(values: readonly unknown[], steps: readonly string[]): unknown[] {
  let at = [...values];
  for (const step of steps) {
    if (step === "..") at = withDescendants(at);
    else at = at.flatMap((value) => childrenOf(value, step)).filter((one) => one !== undefined);
  }
  return at;
}

function childrenOf(value: unknown, step: string): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (step === "*") return Object.values(value);
  return Object.hasOwn(value, step) ? [(value as Record<string, unknown>)[step]] : [];
}

/** Two dots in a path look through no more values than this: beyond, they find none. */
export const DESCENDANTS_MAX = 100_000;

/** What has members, of all values and below them: each once, in the order of the document. */
function withDescendants(values: readonly unknown[]): unknown[] {
  const found = new Set<object>();
  const waiting = [...values].reverse();
  let count = waiting.length;
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null || found.has(value)) continue;
    found.add(value);
    const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    count += members.length;
    if (count > DESCENDANTS_MAX) return [];
    // The first one is taken next.
    for (let at = members.length - 1; at >= 0; at--) waiting.push(members[at]);
  }
  return [...found];
}

function formOf(body: Buffer): QueryArgs {
  return cached(forms, body, () => QueryArgs.parse(body.toString("utf8")));
}

function multipartOf(body: Buffer, type: string): ReadonlyMap<string, string> | undefined {
  return cached(multiparts, body, () => fieldsOf(body, type));
}

function jsonOf(body: Buffer): unknown {
  return cached(documents, body, () => {
    try {
      return parseJson(body.toString("utf8"));
    } catch {
      return undefined; // not JSON: every variable of it is unset
    }
  });
}

function cached<T>(parsed: WeakMap<Buffer, T>, body: Buffer, parse: () => T): T {
  if (!parsed.has(body)) parsed.set(body, parse());
  return parsed.get(body) as T;
}
