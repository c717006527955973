/**
 * APIs as the management of APIs answers with them: an envelope around a swagger document, reduced
 * to the members a client knows and in the order in which the original client prints them (wsk-cli
 * 1.7). Unknown members and members of a wrong type are dropped, zeros and empty ones too.
 */
import { isMap, type JsonMap, JsonNumber, mapOf, type Value } from "./json.ts";
import { flag, text } from "./records.ts";

/** Verbs of an operation, in the order of the document. */
export const VERBS = ["get", "put", "post", "delete", "options", "head", "patch"] as const;
export type Verb = (typeof VERBS)[number];

export type OperationAction = {
  readonly action: string;
  readonly namespace: string;
  /** "" for an action outside packages */
  readonly package: string;
  readonly url: string;
};

export type Operation = {
  readonly operationId: string;
  readonly parameters?: readonly Members[] | undefined;
  readonly responses: Value;
  readonly "x-openwhisk"?: OperationAction | undefined;
};

type Members = Readonly<Record<string, Value>>;

export type PathItem = { readonly [verb in Verb]?: Operation | undefined } & {
  readonly parameters?: readonly Members[] | undefined;
};

export type Swagger = {
  readonly swagger?: string | undefined;
  readonly basePath?: string | undefined;
  readonly info?:
    | { readonly title?: string | undefined; readonly version?: string | undefined }
    | undefined;
  readonly paths?: ReadonlyMap<string, PathItem> | undefined;
  readonly securityDefinitions?: Value | undefined;
  readonly security?: Value | undefined;
  readonly "x-ibm-configuration"?: Value | undefined;
  readonly "x-ibm-rate-limit"?: Value | undefined;
};

export type Api = {
  readonly namespace: string;
  /** where the API answers */
  readonly gwApiUrl: string;
  readonly gwApiActivated: boolean;
  readonly tenantId: string;
  readonly apidoc?: Swagger | undefined;
};

export function toApi(value: Value | undefined): Api {
  const from = mapOf(value);
  const apidoc = from.get("apidoc");
  return {
    namespace: text(from, "namespace") ?? "",
    gwApiUrl: text(from, "gwApiUrl") ?? "",
    gwApiActivated: flag(from, "gwApiActivated") ?? false,
    tenantId: text(from, "tenantId") ?? "",
    apidoc: isMap(apidoc) ? toSwagger(apidoc) : undefined,
  };
}

function toSwagger(from: JsonMap): Swagger {
  const info = from.get("info");
  const paths = mapOf(from.get("paths"));
  return {
    swagger: filledText(from, "swagger"),
    basePath: filledText(from, "basePath"),
    info: isMap(info)
      ? { title: filledText(info, "title"), version: filledText(info, "version") }
      : undefined,
    paths: paths.size === 0 ? undefined : mapValues(paths, toPathItem),
    securityDefinitions: from.get("securityDefinitions") ?? undefined,
    security: from.get("security") ?? undefined,
    "x-ibm-configuration": from.get("x-ibm-configuration") ?? undefined,
    "x-ibm-rate-limit": from.get("x-ibm-rate-limit") ?? undefined,
  };
}

function mapValues<To>(from: JsonMap, to: (value: Value) => To): ReadonlyMap<string, To> {
  return new Map([...from].map(([key, value]) => [key, to(value)]));
}

function toPathItem(value: Value): PathItem {
  const from = mapOf(value);
  const operations = VERBS.map((verb) => {
    const operation = from.get(verb);
    return [verb, isMap(operation) ? toOperation(operation) : undefined] as const;
  });
  return { ...Object.fromEntries(operations), parameters: toParameters(from) };
}

function toOperation(from: JsonMap): Operation {
  const action = from.get("x-openwhisk");
  return {
    operationId: text(from, "operationId") ?? "",
    parameters: toParameters(from),
    responses: from.get("responses") ?? null,
    "x-openwhisk": isMap(action) ? toOperationAction(action) : undefined,
  };
}

function toOperationAction(from: JsonMap): OperationAction {
  return {
    action: text(from, "action") ?? "",
    namespace: text(from, "namespace") ?? "",
    package: text(from, "package") ?? "",
    url: text(from, "url") ?? "",
  };
}

const isText = (value: Value): boolean => typeof value === "string" && value !== "";
const isTrue = (value: Value): boolean => value === true;
const isCount = (value: Value): boolean =>
  value instanceof JsonNumber && /^-?\d+$/.test(value.text) && Number(value.text) !== 0;
const isFilledMap = (value: Value): boolean => isMap(value) && value.size > 0;
const isAny = (value: Value): boolean => value !== null;

/** Members of a parameter that show when their value says something. */
const PARAMETER_MEMBERS: readonly (readonly [string, (value: Value) => boolean])[] = [
  ["description", isText],
  ["required", isTrue],
  ["type", isText],
  ["format", isText],
  ["allowEmptyValue", isTrue],
  ["items", isFilledMap],
  ["collectionFormat", isText],
  ["default", isAny],
  ["maximum", isCount],
  ["exclusiveMaximum", isTrue],
  ["minimum", isCount],
  ["exclusiveMinimum", isTrue],
  ["maxLength", isCount],
  ["minLength", isCount],
  ["pattern", isText],
  ["maxItems", isCount],
  ["minItems", isCount],
  ["uniqueItems", isTrue],
  ["multipleOf", isCount],
  ["enum", isAny],
  ["$ref", isText],
];

function toParameters(from: JsonMap): readonly Members[] | undefined {
  const list = from.get("parameters");
  if (!Array.isArray(list) || list.length === 0) return undefined;
  return list.map((item: Value) => toParameter(mapOf(item)));
}

function toParameter(from: JsonMap): Members {
  const shown = PARAMETER_MEMBERS.flatMap(([name, isShown]): [string, Value][] => {
    const value = from.get(name);
    return value !== undefined && isShown(value) ? [[name, value]] : [];
  });
  const head = { name: text(from, "name") ?? "", in: text(from, "in") ?? "" };
  return { ...head, ...Object.fromEntries(shown) };
}

function filledText(from: JsonMap, key: string): string | undefined {
  const value = text(from, key);
  return value === "" ? undefined : value;
}
