/** Query parameters of the REST API: types, defaults and the texts of refusals. */
import { parseEntityPath } from "../../core/entity-name.ts";
import { badQuery } from "../../core/errors.ts";

/** Rows of one list answer: what is given without `limit`, and at most. */
const LIST_LIMIT_DEFAULT = 30;
export const LIST_LIMIT_MAX = 200;

export type Query = URLSearchParams;

/** `query` as it stands in the URL, without "?". */
export function parseQuery(query: string): Query {
  return new URLSearchParams(query);
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["yes", true],
  ["on", true],
  ["1", true],
  ["false", false],
  ["no", false],
  ["off", false],
  ["0", false],
]);

/** Empty counts as absent. Throws `QUERY_MALFORMED`. */
export function booleanParameter(query: Query, name: string, standard: boolean): boolean {
  const text = query.get(name) ?? "";
  if (text === "") return standard;
  const value = BOOLEANS.get(text.toLowerCase());
  if (value === undefined) throw badQuery(name, `'${text}' is not a valid Boolean value`);
  return value;
}

/** `skip`, `limit` and `count` of a list; `limit=0` asks for the maximum. */
export type Page = { readonly skip: number; readonly limit: number; readonly count: boolean };

/** `collection` ("actions") is named in the texts. Throws `QUERY_MALFORMED`. */
export function pageParameters(query: Query, collection: string): Page {
  const skip = integerParameter(query, "skip", collection) ?? 0;
  if (skip < 0) {
    throw badQuery(
      "skip",
      `The value '${skip}' is not greater than or equal to 0 for ${collection}.`,
    );
  }
  const limit = integerParameter(query, "limit", collection) ?? LIST_LIMIT_DEFAULT;
  if (limit < 0 || limit > LIST_LIMIT_MAX) {
    const range = `0 to ${LIST_LIMIT_MAX}`;
    throw badQuery(
      "limit",
      `The value '${limit}' is not in the range of ${range} for ${collection}.`,
    );
  }
  const count = booleanParameter(query, "count", false);
  return { skip, limit: limit === 0 ? LIST_LIMIT_MAX : limit, count };
}

/** "hello" or "pkg/hello"; undefined when absent or empty. Throws `QUERY_MALFORMED`. */
export function nameFilter(query: Query): string | undefined {
  const text = query.get("name");
  if (text === null || text.trim() === "") return undefined;
  const parts = parseEntityPath(text);
  if (parts !== undefined && parts.length <= 2) return parts.join("/");
  throw badQuery("name", `Parameter may be a 'simple' name or 'package-name/simple' name: ${text}`);
}

/** ms epoch. The text speaks of seconds, as the original's does. Throws `QUERY_MALFORMED`. */
export function instantParameter(query: Query, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!isInteger(text, 2n ** 63n)) {
    throw badQuery(name, `Parameter is not a valid value for epoch seconds: ${text}`);
  }
  return Number(text);
}

function integerParameter(query: Query, name: string, collection: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!isInteger(text, 2n ** 31n)) {
    throw badQuery(name, `The value '${text}' is not an integer for ${collection}.`);
  }
  return Number(text);
}

/** Decimal digits with an optional sign, at least -bound and below bound. */
function isInteger(text: string, bound: bigint): boolean {
  if (!/^[+-]?\d{1,40}$/.test(text)) return false;
  const value = BigInt(text.replace(/^\+/, ""));
  return value >= -bound && value < bound;
}
