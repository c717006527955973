/**
 * The control API: what the gateway has loaded, and how its upstreams are
 * (apisix/control/v1.lua). Not authenticated: it listens on loopback.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Json, JsonObject } from "../../core/documents.ts";
import { isForeignPage } from "../admin/access.ts";
import { type AdminReply, htmlPage, Refusal, refusal } from "../admin/reply.ts";
import { allPlugins } from "../admin/schemas.ts";
import { send } from "../admin/send.ts";
import type { ConfigEntry, ConfigStore } from "../config-store.ts";
import type { PluginCatalog } from "../schema/plugin-catalog.ts";
import { RESOURCE_SCHEMAS } from "../schema/resources.ts";
import {
  checksOf,
  type HealthInfo,
  type HealthNode,
  healthInfo,
  healthPage,
} from "./health-view.ts";
import { loadedView } from "./loaded-view.ts";

export type ControlOptions = {
  /** In clear text, as the gateway uses it. */
  readonly store: ConfigStore;
  /** What keys are shown to begin with: "/apisix"; nothing in the standalone modes. */
  readonly prefix: string;
  readonly catalog: PluginCatalog;
  /** State of the nodes of a checked upstream, by its key ("/routes/1"). */
  readonly healthNodes: (key: string) => readonly HealthNode[];
  readonly reloadPlugins: () => void | Promise<void>;
  readonly server: string;
  readonly log: (level: "info" | "warn" | "error", message: string, fields?: object) => void;
  /** Addresses of plugins: true when one has taken the request. */
  readonly plugins?: (request: IncomingMessage, response: ServerResponse) => boolean;
};

const CHECKED = ["routes", "stream_routes", "services", "upstreams"];
/** "/v1/route/1" → folder, and what texts call one. */
const SINGLE: Readonly<Record<string, string>> = {
  route: "routes",
  service: "services",
  upstream: "upstreams",
};

export class ControlApi {
  readonly #options: ControlOptions;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    const isForeign = isForeignPage(request.headers);
    if (!isForeign && this.#options.plugins?.(request, response) === true) return;
    request.resume();
    (isForeign ? Promise.resolve(htmlPage(403)) : this.#answer(request))
      .catch((error: unknown) => this.#failed(error))
      .then((reply) => send(request, response, reply, { ...this.#options, cors: false }))
      .catch(() => response.destroy());
  };

  async #answer(request: IncomingMessage): Promise<AdminReply> {
    const [path = ""] = (request.url ?? "").split("?");
    const [root, version, name = "", ...rest] = path.split("/");
    if (root !== "" || version !== "v1") return htmlPage(404);
    const [id] = rest;
    const isHtml = request.headers.accept?.includes("text/html") === true;
    switch (`${request.method} ${name}`) {
      case "GET schema":
        return { status: 200, body: this.#schema() };
      case "GET healthcheck":
        return rest.length === 0
          ? this.#allHealth(isHtml)
          : this.#health(id ?? "", rest[1], isHtml);
      case "POST gc":
        collectGarbage();
        return { status: 200 };
      case "GET routes":
      case "GET services":
      case "GET upstreams":
        return { status: 200, body: (await this.#list(name)).map((one) => this.#shown(name, one)) };
      case "GET route":
      case "GET service":
      case "GET upstream":
        return this.#one(name, id ?? "");
      case "GET plugin_metadatas":
        return {
          status: 200,
          body: (await this.#list("plugin_metadata")).map(({ value }) => value),
        };
      case "GET plugin_metadata":
        return this.#metadata(id ?? "");
      case "PUT plugins":
        return id === "reload" ? this.#reload() : htmlPage(404);
      default:
        return htmlPage(404);
    }
  }

  #failed(error: unknown): AdminReply {
    if (error instanceof Refusal) return error.reply;
    this.#options.log("error", "a request to the control API failed", { err: error });
    return { status: 500, body: { error_msg: "internal error" } };
  }

  #schema(): JsonObject {
    const plugins = allPlugins(this.#options.catalog);
    return { main: { ...RESOURCE_SCHEMAS }, plugins, stream_plugins: {} };
  }

  async #list(folder: string): Promise<readonly ConfigEntry[]> {
    return this.#options.store.list(`/${folder}`);
  }

  async #one(kind: string, id: string): Promise<AdminReply> {
    const folder = SINGLE[kind] ?? "";
    const entry = await this.#options.store.get(`/${folder}/${id}`);
    if (entry === undefined) throw refusal(404, `${kind}[${id}] not found`);
    return { status: 200, body: this.#shown(folder, entry) };
  }

  #shown(folder: string, entry: ConfigEntry): JsonObject {
    return loadedView(folder, entry, this.#options.prefix, this.#options.catalog);
  }

  async #metadata(name: string): Promise<AdminReply> {
    const entry = await this.#options.store.get(`/plugin_metadata/${name}`);
    if (entry === undefined) throw refusal(404, `plugin metadata[${name}] not found`);
    return { status: 200, body: entry.value };
  }

  async #allHealth(isHtml: boolean): Promise<AdminReply> {
    const lists = await Promise.all(CHECKED.map((folder) => this.#list(folder)));
    const infos = lists
      .flat()
      .filter(({ value }) => checksOf(value) !== undefined)
      .map((entry) => this.#info(entry));
    return isHtml ? page(infos) : { status: 200, body: infos as unknown as Json };
  }

  async #health(type: string, id: string | undefined, isHtml: boolean): Promise<AdminReply> {
    if (id === undefined || id === "") throw refusal(404, `missing src id for src type ${type}`);
    if (!CHECKED.includes(type)) throw refusal(400, `invalid src type ${type}`);
    const entry = await this.#options.store.get(`/${type}/${id}`);
    if (entry === undefined) throw refusal(404, `${type}[${id}] not found`);
    if (checksOf(entry.value) === undefined) throw refusal(404, `no checker for ${type}[${id}]`);
    const info = this.#info(entry);
    return isHtml ? page([info]) : { status: 200, body: info as unknown as Json };
  }

  #info(entry: ConfigEntry): HealthInfo {
    const { prefix, healthNodes } = this.#options;
    return healthInfo(entry, prefix, healthNodes(entry.key));
  }

  async #reload(): Promise<AdminReply> {
    await this.#options.reloadPlugins();
    return { status: 200, body: "done" };
  }
}

function page(infos: readonly HealthInfo[]): AdminReply {
  const headers = { "Content-Type": "text/html" };
  return { status: 200, body: healthPage(infos), headers };
}

/** Done by the runtime when it wants to; at once where it was started with `--expose-gc`. */
function collectGarbage(): void {
  globalThis.gc?.();
}
