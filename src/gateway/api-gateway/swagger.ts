/**
 * Reads a swagger 2.0 document with the gateway's extensions (catalog reference A4, A5): paths and
 * verbs, the backend of each operation, CORS, security and rate limit. Texts of the refusals are
 * the original's where it has one; where it failed with an internal error, they say what is
 * missing.
 */
import type { Json, JsonObject } from "../../core/documents.ts";
import { isJsonObject } from "../../lib/json.ts";
import { ApiProblem, type Cors, type Operation, type ParsedApi, type Security } from "./api.ts";
import { type Backend, Backends } from "./swagger-assembly.ts";

const VERBS: ReadonlySet<string> = new Set([
  "GET",
  "POST",
  "PUT",
  "DELETE",
  "PATCH",
  "HEAD",
  "OPTIONS",
]);
/** More would make each change of the API a pause for everybody else. */
const OPERATIONS_MAX = 2000;
const UNIT_SECONDS: ReadonlyMap<string, number> = new Map([
  ["second", 1],
  ["minute", 60],
  ["hour", 3600],
  ["day", 86_400],
]);
const UNKNOWN_UNIT_SECONDS = 60;

/** Throws `ApiProblem` with status 400. */
export function parseSwagger(document: Json): ParsedApi {
  if (!isJsonObject(document)) throw bad("The request body must be a JSON object.");
  const swagger = document as JsonObject;
  const configuration = objectOf(
    swagger["x-gateway-configuration"] ?? swagger["x-ibm-configuration"],
  );
  if (configuration === undefined) {
    throw bad("Missing field 'x-gateway-configuration' in request body.");
  }
  const name = objectOf(swagger["info"])?.["title"];
  if (typeof name !== "string") throw missing("name");
  const basePath = readBasePath(swagger["basePath"]);
  const backends = Backends.read(configuration);
  return {
    name,
    basePath,
    resources: readResources(swagger["paths"], backends),
    security: readSecurity(swagger["securityDefinitions"]),
    cors: readCors(configuration["cors"]),
    spacingMs: readSpacing(swagger["x-gateway-rate-limit"] ?? swagger["x-ibm-rate-limit"]),
  };
}

/** One slash in front and none at the end: "club", "/club" and "/club/" are "/club". */
export function formatBasePath(basePath: string): string {
  const cut = basePath.startsWith("/") ? basePath.slice(1) : basePath;
  return `/${cut.endsWith("/") ? cut.slice(0, -1) : cut}`;
}

function readBasePath(value: Json | undefined): string {
  if (typeof value !== "string") throw missing("basePath");
  if (value.includes("'")) throw bad('basePath contains illegal character "\'".');
  return value;
}

function readResources(value: Json | undefined, backends: Backends): ParsedApi["resources"] {
  const paths = objectOf(value);
  if (paths === undefined) throw missing("resources");
  const count = Object.values(paths).reduce<number>(
    (sum, verbs) => sum + Object.keys(objectOf(verbs) ?? {}).length,
    0,
  );
  if (count > OPERATIONS_MAX) throw bad(`An API has at most ${OPERATIONS_MAX} operations.`);
  const resources = new Map<string, ReadonlyMap<string, Operation>>();
  for (const [path, verbs] of Object.entries(paths)) {
    if (path.includes("'")) throw bad('resource path contains illegal character "\'".');
    if (!path.startsWith("/")) throw bad("Resource path must begin with '/'.");
    resources.set(path, readOperations(objectOf(verbs) ?? {}, backends));
  }
  if (resources.size === 0) throw bad("Empty resources object.");
  return resources;
}

function readOperations(verbs: JsonObject, backends: Backends): ReadonlyMap<string, Operation> {
  const operations = new Map<string, Operation>();
  for (const [verb, value] of Object.entries(verbs)) {
    if (!VERBS.has(verb.toUpperCase())) throw bad(`Resource verb '${verb}' not supported.`);
    const backend = backends.of(objectOf(value)?.["operationId"]);
    operations.set(verb.toUpperCase(), readOperation(verb, backend, backends));
  }
  if (operations.size === 0) {
    throw bad("Missing or empty field 'operations' or in resource path object.");
  }
  return operations;
}

function readOperation(verb: string, backend: Backend | undefined, backends: Backends): Operation {
  const { method, url } = backend ?? {};
  if (typeof method !== "string") throw missingOf("backendMethod", verb);
  const backendMethod = (method === "keep" ? verb : method).toUpperCase();
  if (!VERBS.has(backendMethod)) throw bad(`backendMethod '${method}' not supported.`);
  if (typeof url !== "string") throw missingOf("backendUrl", verb);
  return {
    backendUrl: url,
    backendMethod,
    insertions: [...backends.insertions, ...(backend?.insertions ?? [])],
  };
}

/**
 * Two definitions of any kind are a client's id and secret; what `security` says is not looked at.
 */
function readSecurity(value: Json | undefined): Security[] {
  const definitions = Object.entries(objectOf(value) ?? {});
  const nameOf = (key: string): string | undefined =>
    textOf(objectOf(definitions.find(([name]) => name === key)?.[1])?.["name"]);
  if (definitions.length === 2) {
    const names = { idHeader: nameOf("client_id"), secretHeader: nameOf("client_secret") };
    return [{ type: "clientSecret", ...names }];
  }
  return definitions.flatMap(([key, value]): Security[] => {
    const definition = objectOf(value);
    if (definition?.["type"] === "oauth2") return [{ type: "oauth2", provider: key }];
    if (definition?.["type"] !== "apiKey") return [];
    return [{ type: "apiKey", header: textOf(definition["name"]) }];
  });
}

function readCors(value: Json | undefined): Cors | undefined {
  const cors = objectOf(value);
  if (cors === undefined) return undefined;
  const { enabled } = cors;
  return { origin: enabled === true ? "true" : enabled === false ? "false" : undefined };
}

/** Of the first entry alone; a unit that is not known is a minute. */
function readSpacing(value: Json | undefined): number | undefined {
  const first = objectOf(Array.isArray(value) ? value[0] : undefined);
  if (first === undefined) return undefined;
  const { unit, units, rate } = first;
  const seconds = (typeof unit === "string" && UNIT_SECONDS.get(unit)) || UNKNOWN_UNIT_SECONDS;
  const count = numberOf(units);
  const calls = numberOf(rate);
  if (count === undefined || calls === undefined || count < 0 || calls <= 0) {
    throw bad("The rate limit needs numbers for 'units' and 'rate'.");
  }
  return Math.floor(((seconds * count) / calls) * 1000);
}

/** A number, or the text of one, as the original's language takes them. */
function numberOf(value: Json | undefined): number | undefined {
  const isNumeric = typeof value === "string" && value.trim() !== "";
  const number = isNumeric ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

function objectOf(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value) ? (value as JsonObject) : undefined;
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function bad(text: string): ApiProblem {
  return new ApiProblem(400, text);
}

function missing(field: string): ApiProblem {
  return bad(`Missing field '${field}' in request body.`);
}

function missingOf(field: string, verb: string): ApiProblem {
  return bad(`Missing field '${field}' for '${verb}' operation.`);
}
