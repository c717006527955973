/**
 * The Admin API: which request goes where (apisix/admin/init.lua). Answers every request; a fault
 * of the program is a 500 that says nothing but that.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Json } from "../../core/documents.ts";
import { PlatformError } from "../../core/errors.ts";
import { Validator } from "../schema/validator.ts";
import { type AdminKey, AllowList, isForeignPage, keyProblem } from "./access.ts";
import { Crud, type Target } from "./crud.ts";
import { documentProblems, parseDocument } from "./document.ts";
import { otherResources } from "./other-resources.ts";
import { type AdminReply, htmlPage, Refusal, refusal } from "./reply.ts";
import { type Address, addressOf, jsonBody, readBody } from "./request.ts";
import type { CheckServices, Method, Resource } from "./resource.ts";
import { routeResources } from "./route-resources.ts";
import { pluginNames, pluginSchema, resourceSchema } from "./schemas.ts";
import type { Sealing } from "./sealing.ts";
import { send } from "./send.ts";

export type AdminOptions = CheckServices & {
  readonly sealing: Sealing;
  /** Undefined: nobody needs one. */
  readonly keys: () => readonly AdminKey[] | undefined;
  /** True when everybody on this machine knows a key, or needs none: no other site may call. */
  readonly isKeyPublic: boolean;
  /** Addresses and blocks; undefined allows every one. */
  readonly allow: readonly string[] | undefined;
  readonly cors: boolean;
  /** Whether stream routes are taken. */
  readonly streams: boolean;
  /** Reads the list of enabled plugins again. */
  readonly reloadPlugins: () => void | Promise<void>;
  /** Value of the header `Server`. */
  readonly server: string;
  /** Seconds since the epoch. */
  readonly seconds?: () => number;
  readonly log: (level: "info" | "warn" | "error", message: string, fields?: object) => void;
  /** Awaited with address and body before they are looked at: loads what checks of them need. */
  readonly prepare?: (text: string) => Promise<void>;
  /** API-driven standalone mode: answers `/configs`, and then nothing else is served. */
  readonly configs?: (address: Address, body: string | undefined) => Promise<AdminReply>;
};

const METHODS = new Set(["get", "put", "post", "delete", "patch"]);

export class AdminApi {
  readonly #options: AdminOptions;
  readonly #allow: AllowList;
  readonly #crud: Crud;
  readonly #schemas: ReadonlyMap<string, Validator>;
  /** By name. */
  readonly resources: ReadonlyMap<string, Resource>;

  constructor(options: AdminOptions) {
    this.#options = options;
    this.#allow = new AllowList(options.allow);
    const { store, sealing, seconds = () => Math.floor(Date.now() / 1000) } = options;
    this.#crud = new Crud({ store, sealing, seconds });
    const resources = [...routeResources(options), ...otherResources(options)];
    this.resources = new Map(resources.map((resource) => [resource.name, resource]));
    this.#schemas = new Map(
      resources.flatMap(({ name, schema }) => (schema ? [[name, new Validator(schema)]] : [])),
    );
  }

  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    this.#answer(request)
      .catch((error: unknown) => this.#failed(error))
      .then((reply) => send(request, response, reply, this.#options))
      // The client went away while it was answered.
      .catch(() => response.destroy());
  };

  async #answer(request: IncomingMessage): Promise<AdminReply> {
    const address = addressOf(request);
    if (!this.#allow.allows(address.address)) return htmlPage(403);
    if (this.#options.isKeyPublic && isForeignPage(address.headers)) {
      return htmlPage(403);
    }
    if (address.method === "options" && this.#options.cors) return PREFLIGHT;
    if (address.method === "head" && address.parts.length === 0) return { status: 200 };
    const handler = this.#find(address);
    if (handler === undefined) return htmlPage(404);
    const problem = keyProblem(this.#options.keys(), address);
    if (problem !== undefined) {
      const body = { error_msg: "failed to check token", description: problem };
      return { status: 401, body };
    }
    return handler(async () => {
      const text = await readBody(request);
      await this.#options.prepare?.(`${request.url} ${text ?? ""}`);
      return text;
    });
  }

  #failed(error: unknown): AdminReply {
    if (error instanceof Refusal) return error.reply;
    if (error instanceof PlatformError && error.code === "STORE_UNAVAILABLE") {
      return { status: 503, body: { error_msg: "the configuration store cannot be written" } };
    }
    this.#options.log("error", "a request to the Admin API failed", { err: error });
    return { status: 500, body: { error_msg: "internal error" } };
  }

  /** Undefined when no method or address is known. */
  #find(address: Address): Handler | undefined {
    const { method, parts, query } = address;
    const [first, second, third] = parts;
    const { configs, catalog, reloadPlugins } = this.#options;
    const isConfigs = first === "configs" && parts.length === 1;
    if (configs !== undefined && isConfigs) {
      if (!["get", "put", "head"].includes(method)) return undefined;
      return async (body) => configs(address, method === "put" ? await body() : undefined);
    }
    if (first === "configs" && second === "validate" && method === "post") {
      return async (body) => this.#validateDocument(address, await body());
    }
    if (configs !== undefined || !METHODS.has(method) || parts.length === 0) return undefined;
    if (first === "plugins" && second === "list" && parts.length === 2 && method === "get") {
      return () => pluginNames(catalog, query);
    }
    if (first === "plugins" && second === "reload" && parts.length === 2) {
      return () => reload(method, reloadPlugins);
    }
    if (first === "schema" && second === "validate" && third !== undefined && method === "post") {
      return async (body) => this.#validate(third, await body());
    }
    return (body) => this.#resource(address, body);
  }

  async #resource(address: Address, read: () => Promise<string | undefined>): Promise<AdminReply> {
    const { method, query, parts } = address;
    const [name = "", ...rest] = ofPlugins(parts);
    if (name === "stream_routes" && !this.#options.streams) {
      throw refusal(400, "stream mode is disabled, can not add stream routes");
    }
    if (name === "schema" || name === "plugins") {
      if (method !== "get") throw refusal(404, "not found");
      const [id] = rest;
      return name === "schema"
        ? resourceSchema(id ?? "")
        : pluginSchema(this.#options.catalog, id, query);
    }
    const place = placeOf(name, rest);
    const resource = this.resources.get(place.name);
    if (resource === undefined) throw refusal(404, `Unsupported resource type: ${place.name}`);
    const body = jsonBody(await read());
    const ttl = query.get("ttl");
    if (ttl !== null && (ttl.trim() === "" || !Number.isFinite(Number(ttl)))) {
      throw refusal(400, "invalid argument ttl: should be a number");
    }
    const reply = await this.#crud.run(method as Method, { ...place, resource, body, query });
    return { ...reply, headers: { "X-API-VERSION": "v3" } };
  }

  #validate(name: string, text: string | undefined): AdminReply {
    const resource = this.resources.get(name);
    if (resource === undefined) throw refusal(404, `Unsupported resource type: ${name}`);
    const body = jsonBody(text) ?? null;
    const problem = this.#schemas.get(name)?.check(body).problem;
    if (problem !== undefined) throw refusal(400, problem);
    return { status: 200 };
  }

  async #validateDocument({ headers }: Address, text: string | undefined): Promise<AdminReply> {
    const document = parseDocument(text, headers["content-type"]);
    const errors = await documentProblems(this.resources, document);
    if (errors.length === 0) return { status: 200, body: {} };
    const body = { error_msg: "Configuration validation failed", errors: errors as Json };
    return { status: 400, body };
  }
}

type Handler = (body: () => Promise<string | undefined>) => AdminReply | Promise<AdminReply>;

const PREFLIGHT: AdminReply = {
  status: 200,
  headers: {
    "Access-Control-Allow-Methods": "POST, GET, PUT, OPTIONS, DELETE, PATCH",
    "Access-Control-Allow-Headers": "*",
    "Content-Type": "text/plain",
  },
};

async function reload(method: string, run: () => void | Promise<void>): Promise<AdminReply> {
  if (method !== "put") {
    const name = method.toUpperCase();
    throw refusal(
      405,
      `please use PUT method to reload the plugins, ${name} method is not allowed.`,
    );
  }
  await run();
  return { status: 200, body: "done" };
}

/** "schema/plugins/cors" is short for "plugins/cors". */
function ofPlugins(parts: readonly string[]): readonly string[] {
  return parts[0] === "schema" && parts[1] === "plugins" ? parts.slice(1) : parts;
}

type Place = Pick<Target, "id" | "parent" | "subPath"> & { readonly name: string };

const DECORATIONS = "graphql_cost_decorations";

/** Which entry the rest of an address names; an empty part names none. */
function placeOf(name: string, rest: readonly string[]): Place {
  const part = (index: number): string | undefined => rest[index] || undefined;
  const below = (from: number): string => rest.slice(from).join("/").replace(/\/+$/u, "");
  if (name === "consumers" && rest[1] === "credentials") {
    return { name: "credentials", parent: part(0), id: part(2), subPath: below(3) };
  }
  // Not served, and no part of the service: a DELETE must not reach that.
  if (name === "services" && rest[1] === DECORATIONS) {
    return { name: DECORATIONS, parent: part(0), id: part(2), subPath: "" };
  }
  if (name === "secrets") return { name, parent: part(0), id: part(1), subPath: below(2) };
  return { name, parent: undefined, id: part(0), subPath: below(1) };
}
