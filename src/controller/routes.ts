/** The route table: which handler answers which method on which path (openwhisk-api.md 1.1). */
import type { IncomingHttpHeaders } from "node:http";
import type { Identity } from "../core/documents.ts";
import type { Handler, Reply } from "./api/handler.ts";
import type { CorsSet } from "./reply.ts";

export type Collection = "actions" | "activations" | "triggers" | "rules" | "packages" | "limits";

/** Answers without authentication. */
export type OpenRoute = {
  readonly corsSet: CorsSet;
  readonly handler: (query: string) => Promise<Reply> | Reply;
};

/** A part of the platform with a path of its own; it checks by itself who asks. */
export type ServiceRequest = {
  readonly method: string;
  /** What follows the prefix in the path, undecoded. */
  readonly path: string;
  /** Without "?". */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Whole body; rejects TOO_LARGE beyond the service's limit, and the HTTP body limit. */
  body(): Promise<Buffer>;
};

export type ServiceRoute = {
  /** Begin of the paths, e.g. "/api/v1/web/whisk.system/alarmsWeb/alarmWebAction". */
  readonly prefix: string;
  /** Longest body, default: of all HTTP. Anyone may send one before it is known who asks. */
  readonly bodyBytesMax?: number;
  readonly handler: (request: ServiceRequest) => Promise<Reply>;
};

/** `rest` shapes: "" is the collection, "/" it with a slash, then names, ids and fixed words. */
export type EntityRoute = {
  readonly collection: Collection;
  readonly method: string;
  /** e.g. [], [""], [":name"], [":package", ""], [":id", "logs"] */
  readonly pattern: readonly string[];
  readonly handler: Handler;
};

export type MatchedRoute = EntityRoute & {
  /** The segments that are entity names and must obey their grammar. */
  readonly names: (rest: readonly string[]) => readonly string[];
};

export class RouteTable {
  private readonly openRoutes: ReadonlyMap<string, OpenRoute>;
  private readonly entityRoutes: readonly EntityRoute[];
  private readonly services: readonly ServiceRoute[];
  readonly namespaces: (identity: Identity) => Reply | Promise<Reply>;

  /** `openRoutes` by "GET /path". */
  constructor(
    openRoutes: ReadonlyMap<string, OpenRoute>,
    namespaces: (identity: Identity) => Reply | Promise<Reply>,
    entityRoutes: readonly EntityRoute[],
    services: readonly ServiceRoute[] = [],
  ) {
    this.openRoutes = openRoutes;
    this.namespaces = namespaces;
    this.entityRoutes = entityRoutes;
    this.services = services;
  }

  service(url: string): ServiceRoute | undefined {
    return this.services.find(({ prefix }) => url.startsWith(prefix));
  }

  open(method: string, path: string): OpenRoute | undefined {
    return this.openRoutes.get(`${method} ${path}`);
  }

  /** Undefined when nothing answers this method on this path: 404 for an authenticated caller. */
  entity(method: string, collection: string, rest: readonly string[]): MatchedRoute | undefined {
    const route = this.entityRoutes.find(
      (row) => row.method === method && row.collection === collection && fits(row.pattern, rest),
    );
    if (route === undefined) return undefined;
    const names = (segments: readonly string[]): readonly string[] =>
      segments.filter((_, at) => NAMES.has(route.pattern[at] ?? ""));
    return { ...route, names };
  }
}

const NAMES = new Set([":name", ":package"]);

function fits(pattern: readonly string[], rest: readonly string[]): boolean {
  if (pattern.length !== rest.length) return false;
  return pattern.every((part, at) => (part.startsWith(":") ? rest[at] !== "" : part === rest[at]));
}
