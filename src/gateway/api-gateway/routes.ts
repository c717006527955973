/**
 * What an API is to the route engine: one route for each verb of each resource, one below them for
 * verbs that a resource lacks. Which resource a path belongs to is asked of `ResourcePaths`, through
 * the routes' `filter_func`: the original's rules are not those of a radix tree.
 */
import type { Json, JsonObject } from "../../core/documents.ts";
import type { ApiRecord, Operation, ParsedApi } from "./api.ts";
import { targetParts } from "./backend-target.ts";
import type { Pathed } from "./resource-paths.ts";

export type RouteOptions = {
  /** All requests go to this origin, whatever `target-url` says; undefined: where it says. */
  readonly backend: string | undefined;
};

const SECOND_TO_ANSWER = 70;
const BODY_BYTES_MAX = 5 * 1024 * 1024;

/** Resources of an API, under ids that the routes' `filter_func` names. */
export function resourcesOf(api: ApiRecord, parsed: ParsedApi): Pathed[] {
  return [...parsed.resources.keys()].map((path) => ({
    id: `${api.id} ${path}`,
    path: resourcePath(api, path),
  }));
}

/** Keys and values for the engine's configuration; all keys begin with `prefixOf(api.id)`. */
export function routesOf(
  api: ApiRecord,
  parsed: ParsedApi,
  options: RouteOptions,
): Map<string, JsonObject> {
  const routes = new Map<string, JsonObject>();
  const put = (value: JsonObject): void => {
    routes.set(`${prefixOf(api.id)}${routes.size}`, value);
  };
  const cors = corsOf(parsed);
  for (const [path, operations] of parsed.resources) {
    const place = placeOf(api, path);
    for (const [verb, operation] of operations) {
      const plugins = { ...cors, ...pluginsOf(api, parsed, path, operation) };
      const upstream = upstreamOf(operation, options);
      put({ ...place, methods: [verb], priority: 1, plugins, upstream });
    }
    put({ ...place, priority: 0, plugins: { ...cors, "openwhisk-no-verb": {} } });
  }
  return routes;
}

export function prefixOf(id: string): string {
  return `/routes/${id}-`;
}

/** What is there without any API. */
export function fixedRoutes(): Map<string, JsonObject> {
  const text = (uri: string, words: string): JsonObject => ({
    uris: [uri],
    plugins: { "openwhisk-text": { text: words } },
  });
  return new Map<string, JsonObject>([
    ["/global_rules/front", { plugins: { "openwhisk-front": { body_bytes_max: BODY_BYTES_MAX } } }],
    ["/routes/root", text("/api", "You have hit the api gateway managed endpoints.")],
    ["/routes/health", text("/health", "Status: Gateway ready.")],
    ["/routes/rest", { uris: ["/*"], priority: -1, plugins: { "openwhisk-not-found": {} } }],
  ]);
}

function placeOf(api: ApiRecord, path: string): JsonObject {
  // What every path of the resource begins with: other routes of the tenant are not looked at.
  const [literal = ""] = resourcePath(api, path).split(/[{*]/);
  const prefix = `/api/${api.tenant}/${literal}`.replace(/\/+$/, "");
  return { uris: [`${prefix}*`], filter_func: `${api.id} ${path}` };
}

function resourcePath({ basePath }: ApiRecord, path: string): string {
  const whole = `${basePath.slice(1)}${path}`;
  return whole.startsWith("/") ? whole.slice(1) : whole;
}

function corsOf({ cors }: ParsedApi): JsonObject {
  if (cors === undefined) return {};
  return { "openwhisk-cors": cors.origin === undefined ? {} : { origin: cors.origin } };
}

function pluginsOf(
  api: ApiRecord,
  { security, spacingMs }: ParsedApi,
  path: string,
  operation: Operation,
): JsonObject {
  const { backendUrl: url, backendMethod: method, insertions } = operation;
  const resource = resourcePath(api, path);
  const plugins: JsonObject = { "openwhisk-backend": { url, method, resource } };
  const providers = security.flatMap((one) => (one.type === "oauth2" ? [one.provider] : []));
  const entries = security.filter(({ type }) => type !== "oauth2") as unknown as Json[];
  if (entries.length > 0) plugins["openwhisk-security"] = { api: api.id, entries };
  if (providers.length > 0) plugins["openwhisk-oauth"] = { providers };
  if (spacingMs !== undefined) {
    plugins["openwhisk-rate-limit"] = { api: api.id, spacing_ms: spacingMs };
  }
  if (insertions.length > 0) {
    const { query } = targetParts(url);
    plugins["openwhisk-mapping"] = { insertions: insertions as unknown as Json, query };
  }
  return plugins;
}

function upstreamOf({ backendUrl }: Operation, { backend }: RouteOptions): JsonObject {
  const origin = backend ?? targetParts(backendUrl).origin;
  const scheme = origin?.startsWith("https:") ? "https" : "http";
  return {
    type: "roundrobin",
    scheme,
    // Without an origin there is no node: the call fails as one to a host that is not there.
    nodes: origin === undefined ? {} : { [origin.slice(`${scheme}://`.length)]: 1 },
    pass_host: "node",
    retries: 0,
    timeout: { connect: 60, send: 60, read: SECOND_TO_ANSWER },
  };
}
