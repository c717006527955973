/** Composition of the controller: the API's routes, and who may do what. */
import type { Config } from "../config/config.ts";
import type { ContainerDriver } from "../container/driver.ts";
import { createInfoReplies } from "../controller/api/info.ts";
import type { InvokeDeps } from "../controller/api/invoke.ts";
import type { Authenticator } from "../controller/auth.ts";
import { checkEntitlement } from "../controller/entitlement.ts";
import type { NamespaceIdentities } from "../controller/namespace-identities.ts";
import { Controller, type RequestWatcher } from "../controller/server.ts";
import { WebActions } from "../controller/web/web-actions.ts";
import type { Identity } from "../core/documents.ts";
import { requireEntityName, requireNamespace } from "../core/entity-name.ts";
import { createRoutes, type RouteDeps } from "./routes.ts";
import { BUILD, VERSION } from "./version.ts";

export type ControllerParts = Omit<RouteDeps, "info"> & {
  readonly auth: Authenticator;
  readonly owners: NamespaceIdentities;
  readonly invoke: InvokeDeps;
  /** Throws THROTTLED. */
  readonly throttle: (identity: Identity, collection: string) => void;
  readonly driver: Pick<ContainerDriver, "isolation" | "network">;
  /** Told of every request; only there when somebody wants to know. */
  readonly watch: RequestWatcher | undefined;
  readonly log: (level: "info" | "warn" | "error", message: string, fields?: object) => void;
};

export function createController(parts: ControllerParts, { api, web }: Config): Controller {
  const { auth, owners, invoke, throttle, driver, watch, log, kinds, limits } = parts;
  const { isolation, network } = driver;
  const info = createInfoReplies({
    kinds,
    limits,
    version: VERSION,
    build: BUILD,
    isolation,
    network,
  });
  const waitMsMax = api.waitMaxMs;
  const streamBytesMax = web.streamBytesMax;
  return new Controller(
    {
      auth,
      invoke,
      web: new WebActions({ auth, owners, invoke, throttle, waitMsMax, streamBytesMax, log }),
      routes: createRoutes({ ...parts, info }),
      checkNames: ([namespace = "", ...names]) => {
        requireNamespace(namespace);
        for (const name of names) requireEntityName(name);
      },
      throttle,
      checkEntitlement,
      log,
      watch,
    },
    { uriBytesMax: api.uriBytesMax, bodyBytesMax: api.bodyBytesMax, waitMsMax },
  );
}
