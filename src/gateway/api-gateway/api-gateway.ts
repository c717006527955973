/**
 * The API gateway: APIs out of a book, served by a route engine of their own at
 * "/api/TENANT/BASEPATH/PATH" (catalog reference A6).
 */
import type { Logger } from "../../lib/log.ts";
import { createGateway, type Gateway } from "../gateway.ts";
import type { AnyPlugin } from "../plugin.ts";
import type { FilterCompiler } from "../router.ts";
import type { ApiRecord, ParsedApi } from "./api.ts";
import type { ApiBook } from "./api-book.ts";
import { notFound, noVerb, text } from "./plugins/answers.ts";
import { backend } from "./plugins/backend.ts";
import { cors } from "./plugins/cors.ts";
import { front } from "./plugins/front.ts";
import { mapping } from "./plugins/mapping.ts";
import { createOauth, type OauthUrls } from "./plugins/oauth.ts";
import { rateLimit } from "./plugins/rate-limit.ts";
import { createSecurity, type Subscriptions } from "./plugins/security.ts";
import { gatewayPath, type Pathed, ResourcePaths } from "./resource-paths.ts";
import { RouteStore } from "./route-store.ts";
import { fixedRoutes, prefixOf, type RouteOptions, resourcesOf, routesOf } from "./routes.ts";
import { parseSwagger } from "./swagger.ts";

export type ApiGatewayOptions = RouteOptions & {
  readonly book: ApiBook;
  readonly subscriptions: Subscriptions;
  readonly log: Logger;
  /** Peers whose `X-Forwarded-*` are believed: addresses and CIDR blocks; default none. */
  readonly trustedAddresses?: readonly string[];
  /** default: the providers' own */
  readonly oauthUrls?: OauthUrls;
  /** ms epoch; default the system's clock */
  readonly now?: () => number;
};

/** Resolves when the APIs of the book are served. Requests come in through `serve`. */
export async function createApiGateway(
  options: ApiGatewayOptions,
): Promise<Pick<Gateway, "serve" | "stop">> {
  const { book, subscriptions, log, trustedAddresses = [], oauthUrls, now } = options;
  const routes = new RouteStore();
  const tenants = new Tenants();
  routes.replace("/", fixedRoutes());
  const show = (id: string, api: ApiRecord | undefined): void => {
    const parsed = api === undefined ? undefined : readable(api, log);
    tenants.put(id, api, parsed);
    const isServed = api !== undefined && parsed !== undefined;
    routes.replace(prefixOf(id), isServed ? routesOf(api, parsed, options) : new Map());
  };
  for (const api of book.all()) show(api.id, api);
  book.onChange(show);
  const checks: readonly AnyPlugin[] = [createSecurity(subscriptions), createOauth(oauthUrls)];
  return createGateway({
    store: routes,
    plugins: [backend, cors, front, mapping, notFound, noVerb, rateLimit, text, ...checks],
    log,
    routerMode: "radixtree_uri",
    compileFilter: tenants.compile,
    trustedAddresses,
    serverHeader: "openresty",
    ...(now === undefined ? {} : { now }),
  });
}

/** A document that a later version cannot read any more does not keep the others from serving. */
function readable(api: ApiRecord, log: Logger): ParsedApi | undefined {
  try {
    return parseSwagger(api.document);
  } catch (err) {
    log.warn("an API is left out", { api: api.id, err });
    return undefined;
  }
}

/** Resources of all APIs by tenant, and which of them a request is for. */
class Tenants {
  private readonly resources = new Map<string, Map<string, readonly Pathed[]>>();
  private readonly tenantOf = new Map<string, string>();
  /** Made at the first request after a change. */
  private readonly paths = new Map<string, ResourcePaths>();
  private last: { readonly uri: string; readonly id: string | undefined } | undefined;

  put(id: string, api: ApiRecord | undefined, parsed: ParsedApi | undefined): void {
    const before = this.tenantOf.get(id);
    const tenant = api?.tenant ?? before ?? "";
    this.paths.delete(tenant);
    this.last = undefined;
    const apis = this.resources.get(tenant) ?? new Map<string, readonly Pathed[]>();
    apis.delete(id);
    if (api !== undefined && parsed !== undefined) apis.set(id, resourcesOf(api, parsed));
    if (apis.size > 0) this.resources.set(tenant, apis);
    else this.resources.delete(tenant);
    if (api === undefined) this.tenantOf.delete(id);
    else this.tenantOf.set(id, tenant);
  }

  /** `source`: id of a resource. */
  readonly compile: FilterCompiler = (source) => (lookup) => {
    const uri = String(lookup("uri"));
    // All routes of a tenant ask about the same request in a row.
    if (this.last?.uri !== uri) this.last = { uri, id: this.find(uri) };
    return this.last.id === source;
  };

  private find(uri: string): string | undefined {
    const called = gatewayPath(uri);
    if (called === undefined) return undefined;
    const { tenant, path } = called;
    let paths = this.paths.get(tenant);
    if (paths === undefined) {
      const apis = this.resources.get(tenant);
      if (apis === undefined) return undefined;
      paths = new ResourcePaths([...apis.values()].flat());
      this.paths.set(tenant, paths);
    }
    return paths.find(path)?.id;
  }
}
