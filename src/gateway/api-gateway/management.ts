/**
 * The management interface, version 2 (catalog reference A5): APIs and subscriptions of a tenant.
 * Who may ask has been checked before.
 */
import type { Json, JsonObject } from "../../core/documents.ts";
import { isJsonObject, parseJson } from "../../lib/json.ts";
import { ApiProblem, type ApiRecord } from "./api.ts";
import { type ApiBook, unknownApi } from "./api-book.ts";
import { errorBody } from "./refusal.ts";
import type { SubscriptionBook } from "./subscription-book.ts";
import { parseSwagger } from "./swagger.ts";

export type ManagementDeps = {
  readonly apis: ApiBook;
  readonly subscriptions: SubscriptionBook;
  /** "http://HOST:PORT": what public URLs begin with. */
  readonly publicUrl: string;
};

export type ManagementRequest = {
  readonly method: string;
  readonly tenant: string;
  /** What follows the tenant, decoded: ["apis"], ["apis", id], ["subscriptions", client]. */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
  /** The `revision` that a PUT must find; undefined: any. */
  readonly revision: number | undefined;
  body(): Promise<Buffer>;
};

export type ManagementAnswer = { readonly status: number; readonly body: string };

/** Rejects only when body or store fail. */
export async function manage(
  deps: ManagementDeps,
  request: ManagementRequest,
): Promise<ManagementAnswer> {
  try {
    return await answer(deps, request);
  } catch (cause) {
    if (!(cause instanceof ApiProblem)) throw cause;
    return problemAnswer(cause.status, cause.message);
  }
}

export function problemAnswer(status: number, message: string): ManagementAnswer {
  return { status, body: errorBody(status, message) };
}

function answer(deps: ManagementDeps, request: ManagementRequest): Promise<ManagementAnswer> {
  const [collection, ...rest] = request.rest.filter((part, at) => at === 0 || part !== "");
  if (collection === "apis" && rest.length <= 2) return answerApis(deps, request, rest);
  if (collection === "subscriptions" && rest.length <= 1) {
    return answerSubscriptions(deps, request, rest[0]);
  }
  throw new ApiProblem(404, "Not found.");
}

async function answerApis(
  deps: ManagementDeps,
  request: ManagementRequest,
  [id, view]: readonly string[],
): Promise<ManagementAnswer> {
  const { apis, subscriptions } = deps;
  const { tenant, query } = request;
  switch (request.method) {
    case "GET": {
      if (id === undefined) {
        const found = page(matching(apis.list(tenant), query), query);
        return ok(found.map((api) => shown(deps, api)));
      }
      const api = apis.get(id);
      if (api?.tenant !== tenant) throw new ApiProblem(404, `Unknown api id ${id}`);
      if (view === undefined) return ok(shown(deps, api));
      if (view !== "tenant") throw new ApiProblem(400, "Invalid request");
      return ok({ id: tenant, namespace: tenant, instance: "" });
    }
    case "POST":
    case "PUT":
      return ok(shown(deps, await write(deps, request, id)));
    case "DELETE":
      if (id === undefined) throw new ApiProblem(400, "No id specified.");
      await apis.delete(id, tenant);
      await subscriptions.deleteAll(id);
      return { status: 204, body: "" };
    default:
      throw new ApiProblem(400, "Invalid verb.");
  }
}

async function write(
  { apis }: ManagementDeps,
  request: ManagementRequest,
  id: string | undefined,
): Promise<ApiRecord> {
  const { tenant, revision } = request;
  if (id !== undefined && apis.get(id)?.tenant !== tenant) throw unknownApi(id);
  const document = await readObject(request, "Missing request body");
  const parsed = parseSwagger(document);
  return id === undefined
    ? apis.create(tenant, parsed, document)
    : apis.replace(id, tenant, parsed, document, revision);
}

async function answerSubscriptions(
  deps: ManagementDeps,
  request: ManagementRequest,
  clientId: string | undefined,
): Promise<ManagementAnswer> {
  const { apis, subscriptions } = deps;
  const api = request.query.get("artifact_id");
  const owns = (id: string): boolean => apis.get(id)?.tenant === request.tenant;
  switch (request.method) {
    case "POST":
    case "PUT":
      return subscribe(deps, request);
    case "GET":
      if (api === null || api === "") throw new ApiProblem(400, "Missing artifact_id");
      return ok(owns(api) ? subscriptions.list(api) : []);
    case "DELETE":
      if (clientId === undefined) throw new ApiProblem(400, "Missing client_id");
      if (api === null || api === "") throw new ApiProblem(400, "Missing artifact_id");
      if (!owns(api) || !(await subscriptions.delete(api, clientId))) {
        throw new ApiProblem(404, "Subscription doesn't exist");
      }
      return { status: 204, body: "" };
    default:
      throw new ApiProblem(400, "Invalid verb");
  }
}

async function subscribe(
  { apis, subscriptions }: ManagementDeps,
  request: ManagementRequest,
): Promise<ManagementAnswer> {
  const body = await readObject(request, "Missing request body.");
  const clientId = fieldOf(body, "client_id");
  const api = fieldOf(body, "artifact_id");
  const { client_secret: secret } = body;
  if (apis.get(api)?.tenant !== request.tenant) throw unknownApi(api);
  await subscriptions.add(
    api,
    clientId,
    secret === undefined || secret === null ? undefined : textOf("client_secret", secret),
  );
  return ok({ message: `Subscription '${clientId}' created for API '${api}'` });
}

function fieldOf(body: JsonObject, name: string): string {
  const value = body[name];
  if (value === undefined || value === null || value === false) {
    throw new ApiProblem(400, `"${name}" missing from request body.`);
  }
  return textOf(name, value);
}

function textOf(name: string, value: Json): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new ApiProblem(400, `"${name}" must be a text.`);
}

async function readObject(request: ManagementRequest, otherwise: string): Promise<JsonObject> {
  const bytes = await request.body();
  if (bytes.length === 0) throw new ApiProblem(400, otherwise);
  const value = jsonOf(bytes.toString("utf8"));
  if (value === undefined) throw new ApiProblem(400, "The request body is not valid JSON.");
  if (!isJsonObject(value)) throw new ApiProblem(400, "The request body must be a JSON object.");
  return value as JsonObject;
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function matching(apis: readonly ApiRecord[], query: URLSearchParams): readonly ApiRecord[] {
  const basePath = query.get("filter[where][basePath]") ?? query.get("basePath");
  const name = query.get("filter[where][name]") ?? query.get("title");
  return apis.filter(
    (api) =>
      (basePath === null || api.basePath === basePath) && (name === null || api.name === name),
  );
}

/** Neither given, or both the text "undefined": all. A limit that is no number: none. */
function page(apis: readonly ApiRecord[], query: URLSearchParams): readonly ApiRecord[] {
  const [skip, limit] = [query.get("skip"), query.get("limit")];
  if ((skip ?? "undefined") === "undefined" && (limit ?? "undefined") === "undefined") return apis;
  const count = limit === null ? apis.length : Math.floor(Number(limit));
  const from = Number(skip) > 0 ? Math.floor(Number(skip)) : 0;
  return count >= 1 ? apis.slice(from, from + count) : [];
}

function shown({ publicUrl }: ManagementDeps, api: ApiRecord): JsonObject {
  return {
    artifact_id: api.id,
    managed_url: `${publicUrl}/api/${api.tenant}${api.basePath === "/" ? "" : api.basePath}`,
    open_api_doc: api.document,
    revision: api.modifiedIndex,
  };
}

function ok(value: Json): ManagementAnswer {
  return { status: 200, body: `${JSON.stringify(value)}\n` };
}
