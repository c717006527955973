/**
 * The arguments of a web action: its own parameters, below what the request says about itself,
 * below query and body (openwhisk-web-and-composition.md 1.3, 1.5). All values are JSON texts.
 */
import type { Parameter } from "../../core/documents.ts";
import { PlatformError } from "../../core/errors.ts";
import type { BodyArguments } from "./body.ts";
import { type QueryPair, queryText } from "./uri-text.ts";

export type WebRequest = {
  /** "GET" */
  readonly method: string;
  /** Names and values by turns, as they came. */
  readonly rawHeaders: readonly string[];
  /** What the body counts as; undefined for none. */
  readonly contentType: string | undefined;
  readonly path: string;
  readonly query: readonly QueryPair[];
  /** Namespace of a caller with valid credentials. */
  readonly user: string | undefined;
  readonly body: BodyArguments;
};

type WebAction = {
  readonly parameters: readonly Parameter[];
  readonly finalKeys: ReadonlySet<string>;
};

const RESERVED: ReadonlySet<string> = new Set([
  "__ow_method",
  "__ow_headers",
  "__ow_path",
  "__ow_user",
  "__ow_query",
  "__ow_body",
]);

/**
 * JSON text of the merged arguments. Throws BAD_REQUEST when the request names a reserved key or a
 * final parameter; a raw action gets no keys of the request, so that it cannot.
 */
export function webArguments(action: WebAction, request: WebRequest, isRaw: boolean): string {
  const given = isRaw ? boxed(request) : promoted(action, request);
  const merged = new Map<string, string>();
  for (const { key, value } of action.parameters) merged.set(key, JSON.stringify(value));
  for (const [key, text] of aboutRequest(request)) merged.set(key, text);
  for (const [key, text] of given) merged.set(key, text);
  let text = "";
  for (const [key, value] of merged) text += `,${JSON.stringify(key)}:${value}`;
  return `{${text.slice(1)}}`;
}

function aboutRequest({ method, path, user, ...rest }: WebRequest): [string, string][] {
  return [
    ["__ow_method", JSON.stringify(method.toLowerCase())],
    ["__ow_headers", headersText(rest.rawHeaders, rest.contentType)],
    ["__ow_path", JSON.stringify(path)],
    ...(user === undefined ? [] : [["__ow_user", JSON.stringify(user)] as [string, string]]),
  ];
}

/** Query as one text, body as one text. */
function boxed({ query, body }: WebRequest): [string, string][] {
  return [
    ["__ow_query", JSON.stringify(queryText(query))],
    ["__ow_body", body.type === "value" ? body.value : '""'],
  ];
}

/** Fields of query and body as arguments; a body that has no fields as `__ow_body`. */
function promoted(action: WebAction, { query, body }: WebRequest): Iterable<[string, string]> {
  const fields = new Map<string, string>();
  for (const [key, value = ""] of query) fields.set(key, JSON.stringify(value));
  if (body.type === "members") for (const [key, text] of body.members) fields.set(key, text);
  for (const key of fields.keys()) {
    if (RESERVED.has(key) || action.finalKeys.has(key)) throw notAllowed();
  }
  if (body.type === "value") fields.set("__ow_body", body.value);
  return fields;
}

function notAllowed(): PlatformError {
  const text = "Request defines parameters that are not allowed (e.g., reserved properties).";
  return new PlatformError("BAD_REQUEST", text);
}

/** What describes the message, not the request. */
const NOT_GIVEN: ReadonlySet<string> = new Set([
  "content-length",
  "content-type",
  "timeout-access",
  "transfer-encoding",
]);

/** Lower-case names; of repeated headers the last one. */
function headersText(raw: readonly string[], contentType: string | undefined): string {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase();
    if (!NOT_GIVEN.has(name)) headers.set(name, raw[at + 1] as string);
  }
  if (contentType !== undefined) headers.set("content-type", contentType);
  let text = "";
  for (const [name, value] of headers) text += `,${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return `{${text.slice(1)}}`;
}
