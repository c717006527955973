/** REST handlers of activations: reading only (openwhisk-api.md 6.2, 6.3). */
import {
  activationLogs,
  activationResponse,
  activationSummary,
  activationWire,
} from "../../core/activation-format.ts";
import { requireActivationId } from "../../core/activation-id.ts";
import { PlatformError } from "../../core/errors.ts";
import type { ActivationQuery, ActivationStore } from "../../store/store.ts";
import type { ApiRequest, Handler, Reply } from "./handler.ts";
import {
  booleanParameter,
  instantParameter,
  nameFilter,
  pageParameters,
  parseQuery,
} from "./query.ts";
import { countReply, okText } from "./reply.ts";

export type ActivationHandlers = {
  /** GET /activations */
  readonly list: Handler;
  /** GET /activations/ID, …/ID/, …/ID/result, …/ID/logs */
  readonly get: Handler;
};

export function createActivationHandlers(deps: {
  readonly activations: ActivationStore;
}): ActivationHandlers {
  return {
    list: (request) => list(deps.activations, request),
    get: (request) => get(deps.activations, request),
  };
}

async function list(activations: ActivationStore, request: ApiRequest): Promise<Reply> {
  const query = parseQuery(request.query);
  const { skip, limit, count } = pageParameters(query, "activations");
  const docs = booleanParameter(query, "docs", false);
  const filter = readFilter(request.namespace, query);
  if (count && docs) {
    throw new PlatformError("BAD_REQUEST", "The parameter 'docs' is not permitted with 'count'.");
  }
  if (count) return countReply("activations", await activations.count(filter), skip);
  const documents = await activations.list({ ...filter, skip, limit });
  return okText(`[${documents.map(docs ? activationWire : activationSummary).join(",")}]`);
}

function readFilter(namespace: string, query: URLSearchParams): ActivationQuery {
  const filterName = nameFilter(query);
  const since = instantParameter(query, "since");
  const upto = instantParameter(query, "upto");
  return {
    namespace,
    ...(filterName === undefined ? {} : { filterName }),
    ...(since === undefined ? {} : { since }),
    ...(upto === undefined ? {} : { upto }),
  };
}

/** What follows the id, and what is shown of the document there. */
const VIEWS: ReadonlyMap<string, (documentText: string) => string> = new Map([
  ["", activationWire],
  ["result", activationResponse],
  ["logs", activationLogs],
]);

async function get(activations: ActivationStore, request: ApiRequest): Promise<Reply> {
  const [id = "", part = "", ...deeper] = request.rest;
  requireActivationId(id);
  const view = VIEWS.get(part);
  if (view === undefined || deeper.length > 0) throw new PlatformError("ROUTE_UNKNOWN");
  const document = await activations.get(request.namespace, id);
  if (document === undefined) throw new PlatformError("NOT_FOUND");
  return okText(view(document));
}
