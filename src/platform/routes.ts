/** Fills the controller's route table. */
import { createActionHandlers } from "../controller/api/actions.ts";
import { createActivationHandlers } from "../controller/api/activations.ts";
import type { Handler, Reply } from "../controller/api/handler.ts";
import type { InfoReplies } from "../controller/api/info.ts";
import { createLimitsHandler } from "../controller/api/limits.ts";
import { listNamespaces } from "../controller/api/namespaces.ts";
import { createPackageHandlers } from "../controller/api/packages.ts";
import { createRuleHandlers } from "../controller/api/rules.ts";
import { createTriggerHandlers } from "../controller/api/triggers.ts";
import type { Collection, EntityRoute, OpenRoute, ServiceRoute } from "../controller/routes.ts";
import { RouteTable } from "../controller/routes.ts";
import type { FireService } from "../controller/service/fire.ts";
import type { KindTable } from "../core/kinds.ts";
import type { SystemLimits } from "../core/limits.ts";
import type { EntityCache } from "../store/entity-cache.ts";
import type { ActivationStore, AttachmentStore } from "../store/store.ts";

export type RouteDeps = {
  readonly activations: ActivationStore;
  readonly attachments: AttachmentStore;
  readonly entities: EntityCache;
  readonly fire: FireService;
  readonly kinds: KindTable;
  readonly limits: SystemLimits;
  readonly info: InfoReplies;
  readonly services: readonly ServiceRoute[];
  /** Prometheus text; undefined when metrics are not served on the API port. */
  readonly metricsText: (() => Promise<string>) | undefined;
};

export function createRoutes(deps: RouteDeps): RouteTable {
  return new RouteTable(openRoutes(deps), listNamespaces, entityRoutes(deps), deps.services);
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
  const { attachments, entities, fire, kinds, limits } = deps;
  const writes = { entities, kinds, limits, now: Date.now };
  const actions = createActionHandlers({ ...writes, attachments });
  const packages = createPackageHandlers(writes);
  const triggers = createTriggerHandlers({ ...writes, fire });
  const rules = createRuleHandlers(writes);
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
    // Nothing answers a POST to a package (openwhisk-api.md 9.5).
    ...crudRows("packages", packages),
    ...crudRows("triggers", triggers),
    ...rows("triggers", "POST", NAME, triggers.fire),
    ...crudRows("rules", rules),
    ...rows("rules", "POST", NAME, rules.setStatus),
  ];
}

const NAME = [[":name"]];

const ACTION = [[":name"], [":package", ":name"]];
const ACTIVATION = [[":id"], [":id", ""], [":id", "result"], [":id", "logs"]];

function crudRows(
  collection: Collection,
  handlers: Readonly<Record<"list" | "get" | "put" | "remove", Handler>>,
): EntityRoute[] {
  return [
    ...rows(collection, "GET", COLLECTION, handlers.list),
    ...rows(collection, "GET", NAME, handlers.get),
    ...rows(collection, "PUT", NAME, handlers.put),
    ...rows(collection, "DELETE", NAME, handlers.remove),
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
