/** Fills the controller's route table. */
import { createActionHandlers } from "../controller/api/actions.ts";
import { createActivationHandlers } from "../controller/api/activations.ts";
import { createEmptyCollectionHandlers } from "../controller/api/empty-collections.ts";
import type { Handler, Reply } from "../controller/api/handler.ts";
import type { InfoReplies } from "../controller/api/info.ts";
import { createLimitsHandler } from "../controller/api/limits.ts";
import { listNamespaces } from "../controller/api/namespaces.ts";
import type { Collection, EntityRoute, OpenRoute } from "../controller/routes.ts";
import { RouteTable } from "../controller/routes.ts";
import type { KindTable } from "../core/kinds.ts";
import type { SystemLimits } from "../core/limits.ts";
import type { EntityCache } from "../store/entity-cache.ts";
import type { ActivationStore, AttachmentStore } from "../store/store.ts";

export type RouteDeps = {
  readonly activations: ActivationStore;
  readonly attachments: AttachmentStore;
  readonly entities: EntityCache;
  readonly kinds: KindTable;
  readonly limits: SystemLimits;
  readonly info: InfoReplies;
  /** Prometheus text; undefined when metrics are not served on the API port. */
  readonly metricsText: (() => Promise<string>) | undefined;
};

export function createRoutes(deps: RouteDeps): RouteTable {
  return new RouteTable(openRoutes(deps), listNamespaces, entityRoutes(deps));
}

function openRoutes({ info, metricsText }: RouteDeps): ReadonlyMap<string, OpenRoute> {
  const fixed = (reply: Reply, corsSet: OpenRoute["corsSet"]): OpenRoute => ({
    corsSet,
    handler: () => reply,
  });
  const routes = new Map<string, OpenRoute>([
    ["GET /", fixed(info.root, "none")],
    ["GET /ping", fixed({ status: 200, body: "pong", type: "text" }, "none")],
    ["GET /api/v1", fixed(info.api, "rest")],
    ["GET /api/v1/", fixed(info.api, "rest")],
    ["GET /api/v1/api-docs", fixed(info.apiDocs, "rest")],
    ["GET /api/v1/api-docs/", fixed(info.apiDocs, "rest")],
  ]);
  if (metricsText !== undefined) {
    const handler = async (): Promise<Reply> => ({
      status: 200,
      body: await metricsText(),
      type: "text",
    });
    routes.set("GET /metrics", { corsSet: "none", handler });
  }
  return routes;
}

const COLLECTION: readonly (readonly string[])[] = [[], [""]];

function entityRoutes(deps: RouteDeps): EntityRoute[] {
  const { attachments, entities, kinds, limits } = deps;
  const actions = createActionHandlers({ entities, attachments, kinds, limits, now: Date.now });
  const activations = createActivationHandlers({ activations: deps.activations });
  const allowance = createLimitsHandler(limits);
  return [
    ...rows("actions", "GET", COLLECTION, actions.list),
    ...rows("actions", "GET", [[":package", ""]], actions.list),
    ...rows("actions", "GET", ACTION, actions.get),
    ...rows("actions", "PUT", ACTION, actions.put),
    ...rows("actions", "DELETE", ACTION, actions.remove),
    ...rows("activations", "GET", COLLECTION, activations.list),
    ...rows("activations", "GET", ACTIVATION, activations.get),
    ...rows("limits", "GET", [[], [""], [":word"]], allowance),
    ...(["triggers", "rules", "packages"] as const).flatMap((collection) =>
      emptyRoutes(collection, deps),
    ),
  ];
}

const ACTION = [[":name"], [":package", ":name"]];
const ACTIVATION = [[":id"], [":id", ""], [":id", "result"], [":id", "logs"]];

function emptyRoutes(
  collection: "triggers" | "rules" | "packages",
  { entities, limits }: RouteDeps,
): EntityRoute[] {
  const handlers = createEmptyCollectionHandlers(collection, { entities, limits });
  const name = [[":name"]];
  return [
    ...rows(collection, "GET", COLLECTION, handlers.list),
    ...rows(collection, "GET", name, handlers.get),
    ...rows(collection, "PUT", name, handlers.put),
    ...rows(collection, "DELETE", name, handlers.remove),
    // Nothing answers a POST to a package (openwhisk-api.md 9.5).
    ...(collection === "packages" ? [] : rows(collection, "POST", name, handlers.post)),
  ];
}

function rows(
  collection: Collection,
  method: string,
  patterns: readonly (readonly string[])[],
  handler: Handler,
): EntityRoute[] {
  return patterns.map((pattern) => ({ collection, method, pattern, handler }));
}
