/**
 * Percent-encoding as the original reads and writes it (openwhisk-web-and-composition.md 1.3): what
 * an action sees of a path and a query is not always what the client sent.
 */
import { unescape as decodeEscapes } from "node:querystring";

/** True when a "%" is not followed by two hex digits: the original refuses such a request. */
export function hasBrokenEscape(text: string): boolean {
  return /%(?![0-9a-fA-F]{2})/.test(text);
}

/** Bytes that are no UTF-8 become U+FFFD. */
export function decodeSegment(segment: string): string {
  return segment.includes("%") ? decodeEscapes(segment) : segment;
}

/** The rest of a path, each segment read and written again; "/" stays between them. */
export function normalPath(path: string): string {
  return path
    .split("/")
    .map((segment) => encode(decodeSegment(segment), KEPT_IN_PATH))
    .join("/");
}

/** One `key=value` of a query or form; `value` is undefined for a key without "=". */
export type QueryPair = readonly [key: string, value: string | undefined];

/** In order, repeated keys and empty ones included; an empty text has none. */
export function parsePairs(text: string): QueryPair[] {
  if (text === "") return [];
  return text.split("&").map((pair) => {
    const equals = pair.indexOf("=");
    if (equals < 0) return [decodePart(pair), undefined];
    return [decodePart(pair.slice(0, equals)), decodePart(pair.slice(equals + 1))];
  });
}

/** The query as the original writes it for `__ow_query`. */
export function queryText(pairs: readonly QueryPair[]): string {
  const part = (text: string): string => encode(text, KEPT_IN_QUERY).replaceAll("%20", "+");
  return pairs
    .map(([key, value]) => (value === undefined ? part(key) : `${part(key)}=${part(value)}`))
    .join("&");
}

function decodePart(part: string): string {
  const spaced = part.includes("+") ? part.replaceAll("+", " ") : part;
  return decodeSegment(spaced);
}

const KEPT_IN_PATH = /[A-Za-z0-9\-._~!$&'()*+,;=@:]/;
const KEPT_IN_QUERY = /[A-Za-z0-9\-._~!$'()*,@:/?]/;
const PLAIN = /^[A-Za-z0-9\-._~]*$/;

function encode(text: string, kept: RegExp): string {
  if (PLAIN.test(text)) return text;
  let encoded = "";
  for (const character of text) {
    encoded += kept.test(character) ? character : escapeBytes(character);
  }
  return encoded;
}

function escapeBytes(character: string): string {
  let escaped = "";
  for (const byte of Buffer.from(character)) {
    escaped += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return escaped;
}
