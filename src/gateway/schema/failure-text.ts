/**
 * Tells what a validation found in the words of the original's validator (api7/jsonschema). It
 * stops at the first failure, in an order of its own: type, properties, required, dependencies,
 * additional properties, counts, items, text, number, enum, allOf, anyOf, oneOf, if, not, format,
 * const. ajv has found all failures; here the one to tell is chosen, by walking the schema.
 */
import type { ErrorObject } from "ajv";
import { luaNumber, luaQuoted, luaType } from "./lua.ts";

type Schema = { readonly [keyword: string]: unknown };

/** Failures by "schema path \n instance path". */
type Failures = ReadonlyMap<string, readonly ErrorObject[]>;

type Place = {
  readonly failures: Failures;
  readonly schema: Schema;
  /** As in `ErrorObject.schemaPath`, without the keyword. */
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly value: unknown;
};

/** The text of the failure that comes first; `schema` and `value` are what ajv was given. */
export function failureText(
  schema: Schema,
  value: unknown,
  errors: readonly ErrorObject[],
): string | undefined {
  const failures = new Map<string, ErrorObject[]>();
  for (const error of errors) {
    const key = `${error.schemaPath}\n${error.instancePath}`;
    const others = failures.get(key);
    if (others === undefined) failures.set(key, [error]);
    else others.push(error);
  }
  return first({ failures, schema, schemaPath: "#", instancePath: "", value });
}

type Teller = (place: Place) => string | undefined;

function first(place: Place): string | undefined {
  if (found(place, "false schema") !== undefined) return "expect false always";
  for (const tell of TELLERS) {
    const text = tell(place);
    if (text !== undefined) return text;
  }
  return undefined;
}

const TELLERS: readonly Teller[] = [
  type,
  properties,
  required,
  dependencies,
  patternProperties,
  additionalProperties,
  counted("minProperties", (limit) => `expect object to have at least ${limit} properties`),
  counted("maxProperties", (limit) => `expect object to have at most ${limit} properties`),
  counted("minItems", (limit) => `expect array to have at least ${limit} items`),
  counted("maxItems", (limit) => `expect array to have at most ${limit} items`),
  items,
  additionalItems,
  uniqueItems,
  counted("minLength", (limit, { value }) => {
    return `string too short, expected at least ${limit}, got ${[...String(value)].length}`;
  }),
  counted("maxLength", (limit, { value }) => {
    return `string too long, expected at most ${limit}, got ${[...String(value)].length}`;
  }),
  plain("pattern", ({ schema, value }) => {
    const pattern = luaQuoted(String(schema["pattern"]));
    return `failed to match pattern ${pattern} with ${luaQuoted(String(value))}`;
  }),
  bound("minimum", "at least"),
  bound("exclusiveMinimum", "greater than"),
  bound("maximum", "at most"),
  bound("exclusiveMaximum", "smaller than"),
  bound("multipleOf", "a multiple of"),
  plain("enum", () => "matches none of the enum values"),
  allOf,
  anyOf,
  oneOf,
  branches,
  plain("not", () => "value wasn't supposed to match schema"),
  plain(
    "format",
    ({ schema, value }) => `expect valid ${schema["format"]} format but got: ${value}`,
  ),
  plain("const", () => "failed to check const value"),
];

function found(place: Place, keyword: string): ErrorObject | undefined {
  return all(place, keyword)[0];
}

function all({ failures, schemaPath, instancePath }: Place, keyword: string) {
  return failures.get(`${schemaPath}/${keyword}\n${instancePath}`) ?? [];
}

function plain(keyword: string, text: Teller): Teller {
  return (place) => (found(place, keyword) === undefined ? undefined : text(place));
}

function counted(keyword: string, text: (limit: number, place: Place) => string): Teller {
  return plain(keyword, (place) => text(Number(place.schema[keyword]), place));
}

function bound(keyword: string, words: string): Teller {
  return plain(keyword, ({ schema, value }) => {
    const limit = luaNumber(Number(schema[keyword]));
    return `expected ${luaNumber(Number(value))} to be ${words} ${limit}`;
  });
}

/** `original` keeps the type as it was written, before empty tables were let through. */
function type(place: Place): string | undefined {
  const isWrong = found(place, "type") !== undefined || found(place, "emptyTable") !== undefined;
  if (!isWrong) return undefined;
  const wanted = place.schema["emptyTable"] ?? place.schema["type"];
  const types = Array.isArray(wanted) ? `one of ${wanted.join(", ")}` : String(wanted);
  return `wrong type: expected ${types}, got ${luaType(place.value)}`;
}

function properties(place: Place): string | undefined {
  const inner = schemasOf(place.schema["properties"]);
  const needed = new Set(all(place, "required").map(missingOf));
  for (const [name, schema] of inner) {
    const text = within(place, schema, ["properties", name], name);
    if (text !== undefined) return `property ${luaQuoted(name)} validation failed: ${text}`;
    if (needed.has(name)) return `property ${luaQuoted(name)} is required`;
  }
  return undefined;
}

function required(place: Place): string | undefined {
  const error = found(place, "required");
  return error === undefined ? undefined : `property ${luaQuoted(missingOf(error))} is required`;
}

function missingOf(error: ErrorObject): string {
  return String((error.params as { missingProperty?: unknown }).missingProperty);
}

function dependencies(place: Place): string | undefined {
  const error = found(place, "dependencies");
  if (error !== undefined) {
    const { property, missingProperty } = error.params as Record<string, string>;
    const names = [missingProperty, property].map((name) => luaQuoted(name ?? ""));
    return `property ${names[0]} is required when ${names[1]} is set`;
  }
  for (const [name, schema] of schemasOf(place.schema["dependencies"])) {
    const text = first(below(place, schema, ["dependencies", name]));
    if (text === undefined) continue;
    return `failed to validate dependent schema for ${luaQuoted(name)}: ${text}`;
  }
  return undefined;
}

function patternProperties(place: Place): string | undefined {
  for (const [pattern, schema] of schemasOf(place.schema["patternProperties"])) {
    for (const name of membersOf(place.value)) {
      const text = within(place, schema, ["patternProperties", pattern], name);
      if (text === undefined) continue;
      return `failed to validate ${name} (matching ${luaQuoted(pattern)}): ${text}`;
    }
  }
  return undefined;
}

function additionalProperties(place: Place): string | undefined {
  const error = found(place, "additionalProperties");
  if (error !== undefined) {
    const { additionalProperty } = error.params as { additionalProperty?: unknown };
    return `additional properties forbidden, found ${additionalProperty}`;
  }
  const schema = place.schema["additionalProperties"];
  if (!isSchema(schema)) return undefined;
  for (const name of membersOf(place.value)) {
    const text = within(place, schema, ["additionalProperties"], name);
    if (text !== undefined) return `failed to validate additional property ${name}: ${text}`;
  }
  return undefined;
}

function items(place: Place): string | undefined {
  const schema = place.schema["items"];
  if (!Array.isArray(place.value)) return undefined;
  for (const index of place.value.keys()) {
    const one: unknown = Array.isArray(schema) ? schema[index] : schema;
    if (!isSchema(one)) return undefined;
    const path = Array.isArray(schema) ? ["items", String(index)] : ["items"];
    const text = within(place, one, path, String(index));
    if (text !== undefined) return `failed to validate item ${index + 1}: ${text}`;
  }
  return undefined;
}

function additionalItems(place: Place): string | undefined {
  return found(place, "additionalItems") && "found unexpected extra items in array";
}

/** ajv counts from 0 and names the later item first. */
function uniqueItems(place: Place): string | undefined {
  const error = found(place, "uniqueItems");
  if (error === undefined) return undefined;
  const { i, j } = error.params as { i: number; j: number };
  const [earlier, later] = [Math.min(i, j) + 1, Math.max(i, j) + 1];
  return `expected unique items but items ${earlier} and ${later} are equal`;
}

function allOf(place: Place): string | undefined {
  for (const [index, schema] of listOf(place.schema["allOf"]).entries()) {
    const text = first(below(place, schema, ["allOf", String(index)]));
    if (text !== undefined) return `allOf ${index + 1} failed: ${text}`;
  }
  return undefined;
}

function anyOf(place: Place): string | undefined {
  if (found(place, "anyOf") === undefined) return undefined;
  const lists = listOf(place.schema["anyOf"]).flatMap(({ required: names }) =>
    names === undefined ? [] : [JSON.stringify(names)],
  );
  const which = lists.length === 0 ? "" : `: ${lists.join(" or ")}`;
  return `object matches none of the required${which}`;
}

function oneOf(place: Place): string | undefined {
  const error = found(place, "oneOf");
  if (error === undefined) return undefined;
  const { passingSchemas } = error.params as { passingSchemas: readonly number[] | null };
  if (passingSchemas === null) return "value should match only one schema, but matches none";
  const [one = 0, two = 0] = passingSchemas;
  return `value should match only one schema, but matches both schemas ${one + 1} and ${two + 1}`;
}

function branches(place: Place): string | undefined {
  const error = found(place, "if");
  if (error === undefined) return undefined;
  const { failingKeyword } = error.params as { failingKeyword: string };
  return `${failingKeyword} clause did not match`;
}

/** The first failure of a member of the value; `step` is its name or index. */
function within(place: Place, schema: Schema, path: readonly string[], step: string) {
  const value = (place.value as Record<string, unknown> | null)?.[step];
  const instancePath = `${place.instancePath}/${pointer(step)}`;
  return first({ ...below(place, schema, path), instancePath, value });
}

function below(place: Place, schema: Schema, path: readonly string[]): Place {
  const steps = path.map((step) => `/${pathStep(step)}`).join("");
  return { ...place, schema, schemaPath: place.schemaPath + steps };
}

/** A step of `instancePath`. */
function pointer(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** A step of `schemaPath`, which is a URI fragment. */
function pathStep(step: string): string {
  return encodeURIComponent(pointer(step));
}

function membersOf(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value) : [];
}

function schemasOf(map: unknown): [string, Schema][] {
  if (typeof map !== "object" || map === null) return [];
  return Object.entries(map)
    .map(([name, schema]): [string, unknown] => [name, asSchema(schema)])
    .filter((entry): entry is [string, Schema] => isSchema(entry[1]));
}

function listOf(list: unknown): Schema[] {
  return Array.isArray(list) ? list.map(asSchema).filter(isSchema) : [];
}

/** The schema that nothing matches has a failure of its own, and no keywords. */
function asSchema(schema: unknown): unknown {
  return schema === false ? {} : schema;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
