/**
 * Management of APIs: three web actions of the platform behind typed calls
 * (openwhisk-gateway-catalog-standalone A2). Every method rejects with a `ClientFailure`.
 */
import { encodeQuery } from "./address.ts";
import { ClientFailure } from "./failures.ts";
import { type Encodable, mapOf, type Value } from "./json.ts";
import { finishedBodyOf, type Rest } from "./rest.ts";
import { type Api, type Operation, type Swagger, toApi, VERBS } from "./swagger.ts";

/** Who asks: the token of the gateway, and the id of the tenant. */
export type Access = { readonly accesstoken: string; readonly spaceguid: string };

/** What of which API: all of it, one path, or one operation. */
export type ApiSelection = {
  /** a base path, or the API's name */
  readonly basepath: string;
  readonly relpath?: string | undefined;
  /** in upper case */
  readonly operation?: string | undefined;
};

const ROUTE = "web/whisk.system/apimgmt";

export class Apis {
  readonly #rest: Rest;

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** Creates an API or adds to it; `responsetype` is the extension of the web action's URL. */
  async create(access: Access, responsetype: string, apidoc: Encodable): Promise<Api> {
    const query = { ...access, responsetype };
    const api = toApi(await this.#call("POST", "createApi", query, { apidoc }));
    checkSwagger(api.apidoc);
    return api;
  }

  async list(
    access: Access,
    page: { readonly limit: number; readonly skip: number },
  ): Promise<readonly Api[]> {
    const items = itemsOf(await this.#call("GET", "getApi", { ...access, ...page }));
    for (const item of items) {
      if (item === null) throw invalid("Internal error. Missing value stanza", "response");
      checkSwagger(toApi(item).apidoc);
    }
    return items.map(toApi);
  }

  /** The selected API as a list: empty when there is none. Its document is not checked. */
  async find(access: Access, selection: ApiSelection): Promise<readonly Api[]> {
    const items = itemsOf(await this.#call("GET", "getApi", { ...access, ...selection }));
    return items.filter((item) => item !== null).map(toApi);
  }

  async delete(access: Access, selection: ApiSelection): Promise<void> {
    await this.#call("DELETE", "deleteApi", { ...access, ...selection });
  }

  async #call(
    method: "GET" | "POST" | "DELETE",
    action: string,
    query: Parameters<typeof encodeQuery>[0],
    body?: Encodable,
  ): Promise<Value | undefined> {
    const route = `${ROUTE}/${action}.http`;
    const path = `${route}?${encodeQuery(query)}`;
    const call = { method, path, route, ...(body === undefined ? {} : { body }) };
    return finishedBodyOf(await this.#rest.exchange(call));
  }
}

/** The member `value` of each API; null where it is missing. */
function itemsOf(body: Value | undefined): readonly Value[] {
  const apis = mapOf(body).get("apis");
  if (!Array.isArray(apis)) return [];
  return apis.map((item: Value) => mapOf(item).get("value") ?? null);
}

/** Throws when a document lacks what a client needs of it. */
function checkSwagger(swagger: Swagger | undefined): void {
  if (swagger === undefined) throw invalid("Internal error. Missing apidoc stanza");
  for (const path of swagger.paths?.values() ?? []) {
    for (const verb of VERBS) checkOperation(verb, path[verb]);
  }
}

function checkOperation(verb: string, operation: Operation | undefined): void {
  const action = operation?.["x-openwhisk"];
  if (operation === undefined || action === undefined) return;
  const fields = [
    ["operationId", operation.operationId],
    ["x-openwhisk.namespace", action.namespace],
    ["x-openwhisk.action", action.action],
    ["x-openwhisk.url", action.url],
  ] as const;
  const missing = fields.find(([, value]) => value === "")?.[0];
  if (missing !== undefined) throw invalid(`Missing ${missing} field`, `for operation ${verb}`);
}

function invalid(what: string, where = ""): ClientFailure {
  const text = `${what} in API configuration${where === "" ? "" : ` ${where}`}`;
  return new ClientFailure("refused", text);
}
