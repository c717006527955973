/** Inputs as manifests write them, in one line or in several, and what their values are. */
import { isMap, type JsonMap, JsonNumber, tryParse, type Value } from "../client/json.ts";
import { fileError } from "./deploy-error.ts";
import { type Environment, interpolate } from "./interpolate.ts";
import { anything, flag, type Reader, struct, text } from "./yaml-readers.ts";

/** `name: VALUE`, or a map of these keys. */
export type Parameter = {
  /** written as a map of the keys below */
  readonly isDetailed: boolean;
  /** string, integer, float, boolean, json, or none given */
  readonly type: string;
  /** null when there is none */
  readonly value: Value;
  readonly default: Value;
  readonly required: boolean;
};

export type Inputs = ReadonlyMap<string, Parameter>;

const DETAILED = struct("parsers.ParsedParameter", {
  type: text,
  description: text,
  value: anything,
  required: flag,
  default: anything,
  status: text,
  schema: anything,
});

/** A map with any other key is a value itself. */
export const parameter: Reader<Parameter> = {
  zero: { isDetailed: false, type: "", value: null, default: null, required: false },
  read: (node, reading) => {
    const inline = anything.read(node, reading);
    if (!isMap(inline)) return { ...parameter.zero, value: inline };
    const attempt = reading.attempt();
    const detailed = DETAILED.read(node, attempt);
    if (attempt.problems.length > 0) return { ...parameter.zero, value: inline };
    const { type, value, required } = detailed;
    return { isDetailed: true, type, value, default: detailed.default, required };
  },
};

const NONE: JsonMap = new Map();

/** Values of the types when nothing is given; a value that is the name of a type means them too. */
const ZEROS = new Map<string, Value>([
  ["string", ""],
  ["integer", new JsonNumber("0")],
  ["float", new JsonNumber("0")],
  ["boolean", false],
  ["json", NONE],
]);

/** Where a parameter stands, for what is said about it. */
export type Place = { readonly name: string; readonly file: string; readonly env: Environment };

export type Resolved = {
  /** the type declared, or that of the value; "slice" for a list */
  readonly type: string;
  readonly value: Value;
  /** the text before its variables were replaced; "" when the value was no text */
  readonly raw: string;
};

/** Type and value of a parameter. Throws a DeployError for a type that there is not. */
export function resolveParameter(parameter: Parameter, place: Place): Resolved {
  const { type, value } = typed(parameter, place);
  const raw = typeof value === "string" ? value : "";
  if (value === null) return { type, value: zeroOf(type), raw };
  if (type === "string" && typeof value === "string") {
    return { type, value: interpolate(value, place.env), raw };
  }
  if (type === "json") return { type, value: toJson(value, place), raw };
  return { type, value, raw };
}

function typed(parameter: Parameter, { name, file }: Place): { type: string; value: Value } {
  if (!parameter.isDetailed) {
    const { value } = parameter;
    // `count: integer` declares the type and leaves the value open.
    const isTypeName = typeof value === "string" && ZEROS.has(value);
    return isTypeName ? { type: value, value: zeroOf(value) } : { type: typeOf(value), value };
  }
  const value = parameter.value ?? parameter.default;
  if (parameter.type !== "" && !ZEROS.has(parameter.type)) {
    const text = `Parameter [${name}] has an invalid Type. [${parameter.type}]`;
    throw fileError("ERROR_YAML_PARSER_ERROR", file, text);
  }
  return { type: parameter.type === "" ? typeOf(value) : parameter.type, value };
}

function typeOf(value: Value): string {
  if (value === null || typeof value === "string") return "string";
  if (typeof value === "boolean") return "boolean";
  if (value instanceof JsonNumber) return /[.e]/.test(value.text) ? "float" : "integer";
  return isMap(value) ? "json" : "slice";
}

/** JSON in a text is parsed; variables in the texts of maps are replaced, not those in lists. */
function toJson(value: Value, { name, file, env }: Place): Value {
  if (isMap(value)) return interpolateMembers(value, env);
  const parsed = typeof value === "string" ? tryParse(value) : undefined;
  if (parsed !== undefined) return parsed;
  const text = `Parameter [${name}]: Type Expected: [json], Actual: [${typeOf(value)}]`;
  throw fileError("ERROR_YAML_PARAMETER_TYPE_MISMATCH", file, text);
}

function interpolateMembers(map: JsonMap, env: Environment): JsonMap {
  return new Map(
    [...map].map(([key, member]) => [
      key,
      typeof member === "string"
        ? interpolate(member, env)
        : isMap(member)
          ? interpolateMembers(member, env)
          : member,
    ]),
  );
}

function zeroOf(type: string): Value {
  return ZEROS.get(type) ?? null;
}

/** Whether a value is what its type has when nothing is given: 0, false, "" and {} too. */
export function isZero({ type, value }: Pick<Resolved, "type" | "value">): boolean {
  const zero = ZEROS.get(type);
  if (zero === undefined) return value === null;
  if (zero instanceof JsonNumber) return value instanceof JsonNumber && Number(value.text) === 0;
  if (isMap(zero)) return isMap(value) && value.size === 0;
  return value === zero;
}
