/** Reads and writes of resources (apisix/admin/resource.lua). */
import type { Json, JsonObject } from "../../core/documents.ts";
import { PlatformError } from "../../core/errors.ts";
import type { ConfigEntry, ConfigPut, ConfigStore } from "../config-store.ts";
import { isObject, luaType } from "../schema/lua.ts";
import { listView, numberOf } from "./list-view.ts";
import { merge, setAt } from "./patch.ts";
import { type AdminReply, NOT_FOUND, refusal } from "./reply.ts";
import type { Method, Resource } from "./resource.ts";
import type { Sealing } from "./sealing.ts";

/** What of the address and the body is about the resource. */
export type Target = {
  readonly resource: Resource;
  readonly id: string | undefined;
  /** Of a credential: the consumer's name; of a secret: its manager. */
  readonly parent: string | undefined;
  /** Behind the id, for PATCH: "plugins/cors". */
  readonly subPath: string;
  readonly body: Json | undefined;
  readonly query: URLSearchParams;
};

type Services = {
  readonly store: ConfigStore;
  readonly sealing: Sealing;
  /** Seconds since the epoch. */
  readonly seconds: () => number;
};

/** Longest `ttl`, seconds; etcd's. */
const TTL_MAX = 9_000_000_000;

export class Crud {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  run(method: Method, target: Target): Promise<AdminReply> {
    const { unsupported, kind } = target.resource;
    if (unsupported.includes(method)) {
      throw refusal(405, `not supported \`${method.toUpperCase()}\` method for ${kind}`);
    }
    return this[method](target);
  }

  async get(target: Target): Promise<AdminReply> {
    const { resource, id } = target;
    if (id === undefined) return this.#list(target);
    const entry = await this.#services.store.get(keyOf(target, id));
    if (entry === undefined) return NOT_FOUND;
    return { status: 200, body: this.#shown(resource, entry) };
  }

  async post(target: Target): Promise<AdminReply> {
    const { resource, id, body } = target;
    const conf = required(body);
    if (id !== undefined || conf["id"] !== undefined) {
      throw refusal(400, `wrong ${resource.kind} id, do not need it`);
    }
    refuseTimes(conf);
    await this.#check(target, conf, undefined);
    const ttl = ttlOf(target.query);
    const { modifiedIndex } = await this.#services.store.put("/gen_id", {});
    const newId = String(modifiedIndex).padStart(20, "0");
    const value = { ...this.#sealed(target, newId, conf), id: newId, ...this.#times(conf) };
    const entry = await this.#services.store.put(keyOf(target, newId), value, ttl);
    return { status: 201, body: written(entry) };
  }

  async put(target: Target): Promise<AdminReply> {
    const { resource } = target;
    const given = required(target.body);
    const { id, conf } = identified(target, given);
    refuseTimes(given);
    await this.#check(target, conf, id);
    const key = keyOf(target, nameOf(target, conf));
    await this.#checkOwner(target);
    const ttl = ttlOf(target.query);
    const before = await this.#services.store.get(key);
    const value = { ...this.#sealed(target, String(id), conf), ...this.#timesOf(target, before) };
    if (resource.name === "plugin_metadata") value["id"] = String(id);
    const entry = await this.#services.store.put(key, value, ttl);
    return { status: before === undefined ? 201 : 200, body: written(entry) };
  }

  async delete(target: Target): Promise<AdminReply> {
    const { resource, query } = target;
    const id = withId(target);
    const key = keyOf(target, id);
    if (query.get("force") !== "true") {
      const problem = await resource.inUse?.(id);
      if (problem !== undefined) throw refusal(400, problem);
    }
    const { store } = this.#services;
    if (resource.name === "consumers") {
      const owned = await store.list(`${key}/credentials`);
      await Promise.all(owned.map((entry) => store.delete(entry.key)));
    }
    if (!(await store.delete(key))) return NOT_FOUND;
    return { status: 200, body: { key: `/apisix${key}`, deleted: "1" } };
  }

  async patch(target: Target): Promise<AdminReply> {
    const { body, subPath, resource } = target;
    const isNameless = resource.name === "secrets" && target.id === undefined;
    if (isNameless) throw refusal(400, "no secret id");
    const id = withId(target);
    if (body === undefined) throw refusal(400, "missing new configuration");
    if (subPath === "" && luaType(body) !== "table") throw refusal(400, "invalid configuration");
    const key = keyOf(target, id);
    const entry = await this.#services.store.get(key);
    if (entry === undefined) return NOT_FOUND;
    const before = this.#services.sealing.shown(resource.name, id, entry.value);
    const changed = patched(before, subPath, body);
    const after = { ...changed, ...this.#timesAfterPatch(changed, subPath, body) };
    const { id: newId, conf } = identified(target, after);
    await this.#check(target, conf, newId);
    const sealed = this.#sealed(target, id, conf);
    const { modifiedIndex } = entry;
    const put = { ...ttlOf(target.query), ifModifiedIndex: modifiedIndex };
    const stored = await this.#services.store.put(key, sealed, put).catch(lostRace);
    return { status: 200, body: written(stored) };
  }

  async #list(target: Target): Promise<AdminReply> {
    const { resource, query } = target;
    const folder = folderOf(target);
    const all = await this.#services.store.list(folder);
    const isOwn = (key: string): boolean =>
      resource.name !== "consumers" || !key.includes("/credentials/");
    const entries = all.filter(({ key }) => isOwn(key));
    if (resource.name === "credentials" && entries.length === 0) return NOT_FOUND;
    const { total, entries: page } = listView(entries, query, resource.filters);
    return {
      status: 200,
      body: { list: page.map((entry) => this.#shown(resource, entry)), total },
    };
  }

  #shown(resource: Resource, { key, value, createdIndex, modifiedIndex }: ConfigEntry): JsonObject {
    const { key: _, keys: __, ...rest } = value;
    const shown = resource.name === "ssls" ? rest : value;
    const id = key.split("/").at(-1);
    return {
      key: `/apisix${key}`,
      value: this.#services.sealing.shown(resource.name, id, shown),
      createdIndex,
      modifiedIndex,
    };
  }

  async #check(target: Target, conf: JsonObject, id: string | number | undefined): Promise<void> {
    const { resource, parent } = target;
    const problem = await resource.check({
      conf,
      id,
      ...(resource.name === "secrets" && parent !== undefined ? { manager: parent } : {}),
      ...(resource.name === "credentials" ? { owner: parent } : {}),
    });
    if (problem !== undefined) throw refusal(400, problem);
  }

  async #checkOwner({ resource, parent }: Target): Promise<void> {
    if (resource.name !== "credentials") return;
    const owner = await this.#services.store.get(`/consumers/${parent}`);
    if (owner === undefined) throw refusal(404, "consumer not found");
  }

  #sealed({ resource }: Target, id: string, conf: JsonObject): JsonObject {
    return this.#services.sealing.seal(resource.name, id, conf);
  }

  #times(conf: JsonObject, created?: Json): JsonObject {
    const now = this.#services.seconds();
    return { create_time: conf["create_time"] ?? created ?? now, update_time: now };
  }

  /** Plugin metadata carries no times. */
  #timesOf({ resource }: Target, before: ConfigEntry | undefined): JsonObject {
    if (resource.name === "plugin_metadata") return {};
    return this.#times({}, before?.value["create_time"]);
  }

  /** A whole PATCH may set the time of the update itself. */
  #timesAfterPatch(conf: JsonObject, subPath: string, body: Json): JsonObject {
    const own = subPath === "" && isObject(body) ? body["update_time"] : undefined;
    const times = this.#times(conf);
    return own === undefined || own === null ? times : { ...times, update_time: own };
  }
}

function lostRace(error: unknown): never {
  if (error instanceof PlatformError && error.code === "CONFLICT") {
    throw refusal(503, "value changed before overwritten");
  }
  throw error;
}

/** The original fails on anything but an object; here the validator's words say so. */
function required(body: Json | undefined): JsonObject {
  if (body === undefined) throw refusal(400, "missing configurations");
  if (Array.isArray(body) && body.length === 0) return {};
  if (isObject(body)) return body;
  const text = `wrong type: expected object, got ${luaType(body)}`;
  throw refusal(400, `invalid configuration: ${text}`);
}

type Identified = { readonly id: string | number | undefined; readonly conf: JsonObject };

/** The last part of the key. */
function nameOf({ resource, id }: Target, conf: JsonObject): string {
  return resource.name === "consumers" ? String(conf["username"]) : String(id ?? conf["id"]);
}

/** The id of a PUT or PATCH, from the address or the body, and the value that carries it. */
function identified(target: Target, given: JsonObject): Identified {
  const { resource, parent } = target;
  if (!resource.hasId) return { id: target.id, conf: given };
  if (resource.name === "secrets" && target.id === undefined) {
    throw refusal(400, "missing secret id");
  }
  const own = resource.name === "secrets" ? `${parent}/${target.id}` : target.id;
  const other = given["id"];
  const id = own ?? other;
  if (id === undefined || id === null) throw refusal(400, `missing ${resource.kind} id`);
  if (own !== undefined && isOtherId(other, own)) throw refusal(400, `wrong ${resource.kind} id`);
  const isText = typeof id === "string" || typeof id === "number";
  return { id: isText ? id : "", conf: { ...given, id } };
}

/** What is neither text nor number is no id, however it prints. */
function isOtherId(other: Json | undefined, own: string): boolean {
  if (other === undefined || other === null) return false;
  return typeof other === "object" || String(other) !== own;
}

const TIMES = ["create_time", "update_time"];

function refuseTimes(conf: JsonObject): void {
  for (const [place, object] of [
    ["", conf],
    ["upstream.", conf["upstream"]],
    ["plugins.", conf["plugins"]],
  ] as const) {
    const name = isObject(object) ? TIMES.find((time) => object[time] !== undefined) : undefined;
    if (name !== undefined) {
      throw refusal(400, `the property is forbidden:  ${place}${name}`);
    }
  }
}

function patched(before: JsonObject, subPath: string, body: Json): JsonObject {
  if (subPath === "") {
    return merge(before, Array.isArray(body) ? numbered(body) : (body as JsonObject));
  }
  const changed = setAt(before, subPath, body);
  if (changed.problem !== undefined) throw refusal(400, changed.problem);
  return changed.value;
}

/** A list is an object with the names 1, 2… there. */
function numbered(list: readonly Json[]): JsonObject {
  return Object.fromEntries(list.map((item, index) => [String(index + 1), item]));
}

function withId({ id, resource }: Target): string {
  if (id === undefined) throw refusal(400, `missing ${resource.kind} id`);
  return id;
}

function folderOf({ resource, parent }: Target): string {
  return resource.name === "credentials" ? `/consumers/${parent}/credentials` : `/${resource.name}`;
}

function keyOf(target: Target, id: string | number): string {
  const { resource, parent } = target;
  return resource.name === "secrets" ? `/secrets/${parent}/${id}` : `${folderOf(target)}/${id}`;
}

/** Answers of writes carry no indexes. */
function written({ key, value }: ConfigEntry): JsonObject {
  return { key: `/apisix${key}`, value };
}

function ttlOf(query: URLSearchParams): ConfigPut {
  const text = query.get("ttl");
  if (text === null) return {};
  const ttl = numberOf(text);
  if (ttl === undefined || ttl <= 0 || ttl > TTL_MAX) {
    throw refusal(400, "invalid argument ttl: should be a number");
  }
  return { ttl };
}
