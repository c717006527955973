/** Aims a request at the backend of its operation. */
import type { Plugin } from "../../plugin.ts";
import type { RequestContext } from "../../request-context.ts";
import { backendTarget } from "../backend-target.ts";
import { gatewayPath } from "../resource-paths.ts";

export type BackendConf = {
  /** `target-url` of the operation. */
  readonly url: string;
  readonly method: string;
  /** Base path and path of the resource, without the first slash. */
  readonly resource: string;
};

export const backend: Plugin<BackendConf> = {
  name: "openwhisk-backend",
  version: 0.1,
  priority: 70,
  schema: { type: "object", required: ["url", "method", "resource"] },
  create: () => ({
    rewrite: ({ url, method, resource }, ctx) => {
      const { request } = ctx;
      tellForwarded(ctx);
      const path = gatewayPath(request.path);
      const below = request.path.slice(`/api/${path?.tenant ?? ""}`.length);
      request.path = backendTarget(url, { called: path?.path ?? "", below, resource });
      request.method = method;
      return undefined;
    },
  }),
};

/** What the client asked for; a proxy in front has the first word. */
function tellForwarded({ request, connection }: RequestContext): void {
  const { head, headers } = request;
  const given = (name: string, otherwise: string): string => headers.get(name) || otherwise;
  const host = head.authority.replace(/:\d+$/, "");
  const proto = given("X-Forwarded-Proto", head.scheme);
  const forwardedHost = given("X-Forwarded-Host", host);
  const uri = given("X-Forwarded-Uri", head.uri);
  const prefix = headers.get("X-Forwarded-Prefix") ?? "";
  headers.set("X-Forwarded-Url", `${proto}://${forwardedHost}${prefix}${uri}`);
  headers.set("X-Forwarded-Host", forwardedHost);
  headers.set("X-Forwarded-Port", given("X-Forwarded-Port", String(connection.local.port)));
  headers.set("X-Forwarded-Proto", proto);
}
