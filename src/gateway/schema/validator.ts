/** Schemas as the original reads them, compiled with ajv. */

import { createRequire } from "node:module";
import { isIPv4, isIPv6 } from "node:net";
import type { Ajv, AnySchemaObject, ErrorObject } from "ajv";
import type { Json, JsonObject } from "../../core/documents.ts";
import { compilePattern } from "../pattern.ts";
import { isSecretReference } from "../secrets.ts";
import { failureText } from "./failure-text.ts";
import { isEmptyTable, luaType } from "./lua.ts";

/** A checked copy with the schema's defaults filled in, or what is wrong, as the original says. */
export type Checked<T extends Json = JsonObject> =
  | { readonly value: T; readonly problem?: undefined }
  | { readonly problem: string };

const FORMATS: Readonly<Record<string, RegExp | ((text: string) => boolean)>> = {
  ipv4: isIPv4,
  ipv6: (text) => isIPv6(text) && !text.includes("%"),
  email: /^([A-Za-z0-9_\-.])+@([A-Za-z0-9_\-.])+\.([A-Za-z]{2,4})$/,
  hostname: /^[a-zA-Z0-9\-.]+$/,
  uuid: /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/,
  date: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
  "date-time": new RegExp(
    String.raw`^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt]` +
      String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?` +
      String.raw`(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$`,
  ),
  uri: /^[a-zA-Z][a-zA-Z0-9+\-.]*:\S*$/,
};

let shared: Ajv | undefined;

function ajv(): Ajv {
  if (shared !== undefined) return shared;
  // Loaded with the first schema: a gateway without routes starts without it.
  const { Ajv: Loaded } = createRequire(import.meta.url)("ajv") as typeof import("ajv");
  // All failures: which one is told is decided afterwards. Formats that are unknown are no check.
  shared = new Loaded({
    allErrors: true,
    strict: false,
    useDefaults: true,
    unicodeRegExp: false,
    validateSchema: false,
    addUsedSchema: false,
    ownProperties: true,
    logger: false,
    code: { regExp: Object.assign(patternOf, { code: "patternOf" }) },
    formats: FORMATS,
  });
  shared.addKeyword({ keyword: "emptyTable", modifying: true, errors: false, validate: fitEmpty });
  return shared;
}

function patternOf(source: string): RegExp {
  // A name or host with a line feed behind it would end up in the head of a request.
  const pattern = compilePattern(source, "", "strict");
  if (pattern === undefined) throw new SyntaxError(`not a pattern: ${source}`);
  return pattern;
}

/**
 * Where an object is wanted an empty array will do, and the other way round: it becomes what is
 * wanted. Anything else of the other sort is wrong.
 */
function fitEmpty(
  wanted: string,
  value: unknown,
  _schema?: AnySchemaObject,
  context?: { readonly parentData: unknown; readonly parentDataProperty: string | number },
): boolean {
  if (luaType(value) !== "table" || Array.isArray(value) === (wanted === "array")) return true;
  if (!isEmptyTable(value)) return false;
  const parent = context?.parentData as Record<string | number, unknown> | undefined;
  const isInside = typeof parent === "object" && parent !== null && parent !== value;
  if (isInside && context !== undefined) {
    parent[context.parentDataProperty] = wanted === "array" ? [] : {};
  }
  return true;
}

type Validate = ((value: unknown) => boolean) & { errors?: ErrorObject[] | null };

export class Validator {
  readonly #source: JsonObject;
  readonly #isStrict: boolean;
  #schema: AnySchemaObject | undefined;
  #validate: Validate = () => true;

  /**
   * Compiled when first used: most schemas of a gateway never are. A strict one is for what clients
   * send: nothing in it stands for a secret.
   */
  constructor(schema: JsonObject, { isStrict = false }: { readonly isStrict?: boolean } = {}) {
    this.#source = schema;
    this.#isStrict = isStrict;
  }

  check<T extends Json = JsonObject>(value: Json): Checked<T> {
    const schema = this.#compiled();
    const copy = rootOf(schema, value);
    // Defaults come before conditions: what fails for want of one is looked at again with them.
    if (this.#validate(copy) || this.#validate(copy)) return { value: copy as T };
    const all = this.#validate.errors ?? [];
    const errors = this.#isStrict ? all : all.filter((error) => !isOfReference(copy, error));
    if (errors.length === 0) return { value: copy as T };
    return { problem: failureText(schema, copy, errors) ?? "validation failed" };
  }

  /** A copy with the schema's defaults filled in, whether or not it is valid. */
  fill(value: JsonObject): JsonObject {
    const copy = rootOf(this.#compiled(), value);
    this.#validate(copy);
    return copy as JsonObject;
  }

  #compiled(): AnySchemaObject {
    if (this.#schema !== undefined) return this.#schema;
    this.#schema = prepare(this.#source) as AnySchemaObject;
    this.#validate = ajv().compile(this.#schema) as Validate;
    return this.#schema;
  }
}

const TYPES = new Set([
  "array",
  "boolean",
  "function",
  "integer",
  "null",
  "number",
  "object",
  "string",
  "table",
]);

/** What is wrong with a schema that somebody else has written; undefined: it can be used. */
export function schemaProblem(schema: JsonObject): string | undefined {
  const type = unknownType(schema);
  if (type !== undefined) return `invalid JSON type: ${type}`;
  const notList = wrongList(schema);
  if (notList !== undefined) return notList;
  try {
    new Validator(schema).check({});
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function unknownType(schema: Json): string | undefined {
  if (Array.isArray(schema)) return firstOf(schema, unknownType);
  if (typeof schema !== "object" || schema === null) return undefined;
  const { type } = schema;
  const types = Array.isArray(type) ? type : [type ?? "object"];
  const wrong = types.find((one) => typeof one !== "string" || !TYPES.has(one));
  if (wrong !== undefined) return String(wrong);
  return firstOf(Object.entries(schema), ([keyword, value]) => {
    if (DATA.has(keyword) || keyword === "type") return undefined;
    if (!MAPS.has(keyword)) return unknownType(value);
    return firstOf(typeof value === "object" && value ? Object.values(value) : [], unknownType);
  });
}

/** In the words of the original's language, which its library lets through. */
function wrongList(schema: Json): string | undefined {
  if (Array.isArray(schema)) return firstOf(schema, wrongList);
  if (typeof schema !== "object" || schema === null) return undefined;
  return firstOf(Object.entries(schema), ([keyword, value]) => {
    if (LISTS.has(keyword) && luaType(value) !== "table") {
      return `bad argument #1 to 'ipairs' (table expected, got ${luaType(value)})`;
    }
    if (DATA.has(keyword)) return undefined;
    if (!MAPS.has(keyword)) return wrongList(value);
    return firstOf(typeof value === "object" && value ? Object.values(value) : [], wrongList);
  });
}

const LISTS = new Set(["required", "enum", "allOf", "anyOf", "oneOf"]);

function firstOf<T>(list: readonly T[], find: (one: T) => string | undefined): string | undefined {
  for (const one of list) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a reference to a secret stands for is not known before it is used: nothing is wrong. */
function isOfReference(root: unknown, { instancePath }: ErrorObject): boolean {
  let value = root;
  for (const step of instancePath.split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    value = (value as Record<string, unknown> | null)?.[name];
  }
  return isSecretReference(value);
}

/** A copy to fill defaults into; as a whole it has no place where ajv could replace it. */
function rootOf(schema: AnySchemaObject, value: Json): Json {
  const wanted: unknown = schema["emptyTable"];
  if (wanted === undefined || !isEmptyTable(value)) return copyOf(value);
  return wanted === "array" ? [] : {};
}

/** Sooner than a structured clone, which looks for what JSON does not have. */
function copyOf(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const copy: Record<string, Json> = {};
  for (const name of Object.keys(value)) {
    const member = copyOf(value[name] as Json);
    if (name === "__proto__") Object.defineProperty(copy, name, { ...OWN, value: member });
    else copy[name] = member;
  }
  return copy;
}

const OWN = { configurable: true, enumerable: true, writable: true } as const;

/** Lets empty tables through wherever one of both sorts is wanted. */
function prepare(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(prepare);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, prepareKeyword(keyword, value)]),
  );
  const { type, ...rest } = inner;
  if (type === "table") return { ...rest, type: ["object", "array"] };
  if (type === "function") return { ...rest, not: {} };
  if (type !== "object" && type !== "array") return inner;
  return { ...inner, type: ["object", "array"], emptyTable: type };
}

/** Of these the members are schemas; they themselves are none. */
const MAPS = new Set(["properties", "patternProperties", "dependencies", "definitions"]);
const DATA = new Set(["default", "enum", "const", "required", "examples", "encrypt_fields"]);

function prepareKeyword(keyword: string, value: Json): Json {
  if (DATA.has(keyword)) return value;
  if (!MAPS.has(keyword) || typeof value !== "object" || value === null) return prepare(value);
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, prepare(one)]));
}
