/** Keeps the route table in step with the configuration. */
import type { Json, JsonObject } from "../core/documents.ts";
import { idOf } from "./compiled-route.ts";
import type { ConfigMirror, FolderChange } from "./config-mirror.ts";
import type { ConfigEntry } from "./config-store.ts";
import { compilePredicates, type MatchInput } from "./routing/predicates.ts";
import { type RouterMode, RouteTable } from "./routing/route-table.ts";
import type { Match } from "./routing/uri-tree.ts";
import { type Lookup, mentionsBody } from "./template.ts";

/**
 * Makes a function of a `filter_func` source; throws with the original's text when it is none.
 * Undefined in a gateway that serves no such functions.
 */
export type FilterCompiler = (source: string) => (lookup: Lookup) => boolean;

export type RouterOptions = {
  readonly mirror: ConfigMirror;
  readonly mode: RouterMode;
  readonly compileFilter?: FilterCompiler;
  /** A route that cannot be compiled is left out, and said here. */
  readonly warn: (message: string, fields: object) => void;
};

export class Router {
  private readonly options: RouterOptions;
  private readonly table: RouteTable<ConfigEntry>;
  /** Routes whose hosts are those of a service. */
  private readonly byService = new Map<string, Set<string>>();
  private readonly serviceOf = new Map<string, string>();
  private readonly bodyRoutes = new Set<string>();

  constructor(options: RouterOptions) {
    this.options = options;
    this.table = new RouteTable(options.mode);
    for (const [id, entry] of options.mirror.entries("routes")) this.put(id, entry);
  }

  /** Some route's `vars` look into the body: it must be read before routes are matched. */
  get needsBody(): boolean {
    return this.bodyRoutes.size > 0;
  }

  get size(): number {
    return this.table.size;
  }

  match(input: MatchInput): Match<ConfigEntry> | undefined {
    return this.table.match(input);
  }

  apply(changes: readonly FolderChange[]): void {
    for (const { folder, id, entry } of changes) {
      if (folder === "routes") this.replace(id, entry);
      if (folder === "services") this.replaceUsers(id);
    }
  }

  private replace(id: string, entry: ConfigEntry | undefined): void {
    this.table.delete(id);
    this.bodyRoutes.delete(id);
    const service = this.serviceOf.get(id);
    if (service !== undefined) this.byService.get(service)?.delete(id);
    this.serviceOf.delete(id);
    if (entry !== undefined) this.put(id, entry);
  }

  private replaceUsers(serviceId: string): void {
    for (const id of [...(this.byService.get(serviceId) ?? [])]) {
      this.replace(id, this.options.mirror.get("routes", id));
    }
  }

  private put(id: string, entry: ConfigEntry): void {
    const { value } = entry;
    if (value["status"] === 0) return;
    try {
      const { priority, vars } = value;
      this.table.put({
        id,
        uris: stringsOf(value["uris"]) ?? stringsOf(value["uri"]) ?? [],
        hosts: this.hostsOf(id, value),
        priority: typeof priority === "number" ? priority : 0,
        order: entry.createdIndex,
        predicates: compilePredicates(this.predicatesOf(value)),
        route: entry,
      });
      if (vars !== undefined && mentionsBody(JSON.stringify(vars))) this.bodyRoutes.add(id);
    } catch (err) {
      this.options.warn("a route is left out", { route: idOf(entry.key), err });
    }
  }

  private predicatesOf(value: JsonObject): Parameters<typeof compilePredicates>[0] {
    const { methods, vars, filter_func: source } = value;
    const addresses = stringsOf(value["remote_addrs"]) ?? stringsOf(value["remote_addr"]);
    const { compileFilter } = this.options;
    if (source !== undefined && compileFilter === undefined) {
      throw new Error("filter_func is not supported by this gateway");
    }
    const list = stringsOf(methods);
    return {
      ...(list === undefined ? {} : { methods: list }),
      ...(addresses === undefined ? {} : { remoteAddresses: addresses }),
      ...(vars === undefined ? {} : { vars }),
      ...(source === undefined ? {} : { filter: compileFilter?.(String(source)) ?? never }),
    };
  }

  /** The route's own, else those of its service. */
  private hostsOf(id: string, value: JsonObject): readonly string[] | undefined {
    const own = stringsOf(value["hosts"]) ?? stringsOf(value["host"]);
    const serviceId = value["service_id"];
    if (own !== undefined || serviceId === undefined) return own;
    const key = String(serviceId);
    const users = this.byService.get(key) ?? new Set();
    users.add(id);
    this.byService.set(key, users);
    this.serviceOf.set(id, key);
    return stringsOf(this.options.mirror.get("services", key)?.value["hosts"]);
  }
}

function never(): boolean {
  return false;
}

/** A list of texts, or one text; undefined for anything else, and for an empty list. */
function stringsOf(value: Json | undefined): readonly string[] | undefined {
  if (typeof value === "string") return [value];
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined;
}
