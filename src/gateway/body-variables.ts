/** Variables of the request's body: forms and JSON. The body must have been read before. */
import { parseJson } from "../lib/json.ts";
import { type GraphqlOperation, readOperation } from "./graphql.ts";
import { QueryArgs } from "./query-args.ts";
import type { RequestContext } from "./request-context.ts";
import type { VariableValue } from "./template.ts";

const FORM = "application/x-www-form-urlencoded";
const parsed = new WeakMap<Buffer, unknown>();

/** `post_arg_<name>`: the first value of a form field. */
export function postArg(ctx: RequestContext, name: string): VariableValue {
  const { body, headers } = ctx.request;
  if (body === undefined || !headers.get("content-type")?.startsWith(FORM)) return undefined;
  return formOf(body).get(name);
}

/**
 * `post_arg.<path>`: a value of a JSON body or form by its path ("model", "messages[0].role",
 * "messages[*].role"). With a star or index the value is the list of what was found.
 */
export function postPath(ctx: RequestContext, path: string): VariableValue {
  const { body, headers } = ctx.request;
  if (body === undefined) return undefined;
  const type = headers.get("content-type") ?? "";
  if (type.startsWith(FORM)) return formOf(body).get(path);
  const steps = [...path.matchAll(/[^.[\]]+/g)].map(([step]) => step);
  const found = walk([jsonOf(body)], steps);
  const value = path.includes("[") ? (found.length === 0 ? undefined : found) : found[0];
  return value === null ? undefined : (value as VariableValue);
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
    at = at.flatMap((value) => childrenOf(value, step)).filter((value) => value !== undefined);
  }
  return at;
}

function childrenOf(value: unknown, step: string): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [];
  if (step === "*") return Object.values(value);
  return Object.hasOwn(value, step) ? [(value as Record<string, unknown>)[step]] : [];
}

function formOf(body: Buffer): QueryArgs {
  return cached(body, () => QueryArgs.parse(body.toString("utf8"))) as QueryArgs;
}

function jsonOf(body: Buffer): unknown {
  return cached(body, () => {
    try {
      return parseJson(body.toString("utf8"));
    } catch {
      return undefined; // not JSON: every variable of it is unset
    }
  });
}

function cached(body: Buffer, parse: () => unknown): unknown {
  if (!parsed.has(body)) parsed.set(body, parse());
  return parsed.get(body);
}
