/** A swagger document in a file, JSON or YAML, as the text of JSON (wsk-cli 11). */
import { encode, isMap, mapOf, parse, type Value } from "../../client/json.ts";
import { firstValue, ScanError } from "./json-scan.ts";
import { readWhole } from "./read-file.ts";
import { complaining, usageError } from "./wsk-error.ts";

/** Rejects with usage errors. */
export async function readSwaggerFile(file: string): Promise<string> {
  const reading = `Error reading swagger file '${file}': `;
  const text = (await complaining(reading, () => readWhole(file))).toString("utf8");
  const json = /ya?ml$/.test(file) ? await jsonOfYaml(text) : text;
  checkDocument(parseDocument(json, file));
  return json;
}

/** The YAML as JSON with sorted keys. */
async function jsonOfYaml(text: string): Promise<string> {
  // Loaded here: few commands need it, and it takes long to load.
  const { parseYaml } = await import("./yaml.ts");
  try {
    return encode(parse(JSON.stringify(parseYaml(text) ?? null)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw usageError(`Unable to parse YAML configuration file: ${why}`);
  }
}

function parseDocument(json: string, file: string): Value {
  try {
    const first = firstValue(json);
    const rest = json.trimStart().slice(first.length).trimStart();
    if (rest !== "") {
      throw new ScanError(`invalid character '${rest.charAt(0)}' after top-level value`);
    }
    return checkTypes(parse(first));
  } catch (cause) {
    if (!(cause instanceof ScanError)) throw cause;
    const why = cause.message.endsWith("EOF") ? "unexpected end of JSON input" : cause.message;
    throw usageError(`Error parsing swagger file '${file}': ${why}`);
  }
}

/** Members that must have a type, with what the original's decoder calls them. */
const MEMBERS = [
  ["swagger", "string", "string"],
  ["basePath", "string", "string"],
  ["info", "object", "whisk.ApiSwaggerInfo"],
  ["paths", "object", "map[string]*whisk.ApiSwaggerPath"],
] as const;

function checkTypes(document: Value): Value {
  if (document !== null && !isMap(document)) {
    const text = `json: cannot unmarshal ${typeName(document)} into Go value of type whisk.ApiSwagger`;
    throw new ScanError(text);
  }
  for (const [name, type, goType] of MEMBERS) {
    checkType(mapOf(document).get(name), type, `ApiSwagger.${name} of type ${goType}`);
  }
  const info = mapOf(mapOf(document).get("info"));
  for (const name of ["title", "version"]) {
    checkType(info.get(name), "string", `ApiSwaggerInfo.info.${name} of type string`);
  }
  return document;
}

function checkType(value: Value | undefined, type: string, field: string): void {
  if ((value ?? null) === null || typeName(value ?? null) === type) return;
  const given = typeName(value ?? null);
  throw new ScanError(`json: cannot unmarshal ${given} into Go struct field ${field}`);
}

function typeName(value: Value): string {
  if (Array.isArray(value)) return "array";
  if (isMap(value)) return "object";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "number";
}

function checkDocument(document: Value): void {
  const members = mapOf(document);
  const isMissing = (value: Value | undefined): boolean => value === "" || (value ?? null) === null;
  if (MEMBERS.some(([name]) => isMissing(members.get(name)))) {
    throw usageError("Swagger file is invalid (missing basePath, info, paths, or swagger fields)");
  }
  const basePath = members.get("basePath");
  if (typeof basePath === "string" && basePath.startsWith("/")) return;
  throw usageError("Swagger file basePath must start with a leading slash (/)");
}
