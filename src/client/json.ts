/**
 * JSON as the command line client must carry it: a number keeps its literal text (`1.0`, `1e3`,
 * twenty digits), and a free-form object is a map whose keys are written in byte order, as the
 * original's do. Records of known shape are plain objects, written in the order of their members.
 */

/** A number with its text exactly as it was read. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonMap = ReadonlyMap<string, Value>;
export type Value = null | boolean | string | JsonNumber | readonly Value[] | JsonMap;

/** What `encode` takes: values, and records whose undefined members are left out. */
export type Encodable =
  | Value
  | number
  | undefined
  | readonly Encodable[]
  | { readonly [member: string]: Encodable };

/** Parses JSON text; throws SyntaxError. Of repeated keys the last wins. */
export function parse(text: string): Value {
  return JSON.parse(text, revive) as Value;
}

/** Parses JSON text; undefined when it is none. */
export function tryParse(text: string): Value | undefined {
  try {
    return parse(text);
  } catch {
    return undefined; // Not JSON is an answer here, not a failure.
  }
}

export function isMap(value: unknown): value is JsonMap {
  return value instanceof Map;
}

export const EMPTY_MAP: JsonMap = new Map();

/** The map, or an empty one when the value is none. */
export function mapOf(value: Value | undefined): JsonMap {
  return isMap(value) ? value : EMPTY_MAP;
}

function revive(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value === "number") return new JsonNumber(context?.source ?? String(value));
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value) || value instanceof JsonNumber || value instanceof Map) return value;
  return new Map(Object.entries(value));
}

/**
 * Writes JSON without a space, or with line breaks and `indent` per level; no newline at the end.
 */
export function encode(value: Encodable, indent = ""): string {
  return write(value, indent, indent === "" ? "" : "\n");
}

function write(value: Encodable, indent: string, newline: string): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (value instanceof JsonNumber) return value.text;
  const deeper = newline + indent;
  if (Array.isArray(value)) {
    const items = (value as readonly Encodable[]).map((item) => write(item, indent, deeper));
    return wrap("[", items, "]", newline, deeper);
  }
  const colon = indent === "" ? ":" : ": ";
  const members = entriesOf(value as JsonMap | { readonly [member: string]: Encodable }).map(
    ([key, member]) => quote(key) + colon + write(member, indent, deeper),
  );
  return wrap("{", members, "}", newline, deeper);
}

function entriesOf(
  value: JsonMap | { readonly [member: string]: Encodable },
): readonly (readonly [string, Encodable])[] {
  if (isMap(value)) return [...value].sort(([a], [b]) => compareBytes(a, b));
  return Object.entries(value).filter(([, member]) => member !== undefined);
}

function wrap(
  open: string,
  items: readonly string[],
  close: string,
  newline: string,
  deeper: string,
): string {
  if (items.length === 0) return open + close;
  return open + deeper + items.join(`,${deeper}`) + newline + close;
}

/** Orders strings by their UTF-8 bytes. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const RARE = /[\b\f\u2028\u2029]/;

/** A JSON string with the original's escapes: no short form for backspace and form feed. */
function quote(text: string): string {
  const quoted = JSON.stringify(text.toWellFormed());
  if (!RARE.test(text)) return quoted;
  return quoted
    .replace(/\\(.)/g, (pair, letter: string) => ESCAPES[letter] ?? pair)
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}

const ESCAPES: Readonly<Record<string, string>> = { b: "\\u0008", f: "\\u000c" };
