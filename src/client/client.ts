/**
 * Typed client of the OpenWhisk REST API, for the command line, feeds and tests. It speaks HTTP and
 * nothing else of ours. Every method rejects with a `ClientFailure`.
 */
import { encodePath, encodeQuery } from "./address.ts";
import { Apis } from "./apis.ts";
import type { Package, Rule, Trigger } from "./entities.ts";
import { toPackage, toRule, toTrigger } from "./entities.ts";
import { failureOf } from "./failures.ts";
import { type Encodable, isMap, type JsonMap, mapOf, type Value } from "./json.ts";
import {
  type Action,
  type Activation,
  type Listed,
  text,
  texts,
  toAction,
  toActivation,
  toListed,
} from "./records.ts";
import {
  bodyOf,
  type Call,
  type ClientOptions,
  finishedBodyOf,
  inNamespace,
  Rest,
} from "./rest.ts";

/** limit 0 asks for as many as the platform gives at once */
export type Page = { readonly limit: number; readonly skip: number };

export type Collection = "actions" | "triggers" | "rules" | "packages";

export type ActivationFilter = Page & {
  readonly name?: string | undefined;
  /** ms epoch */
  readonly since?: number | undefined;
  /** ms epoch */
  readonly upto?: number | undefined;
  readonly docs?: boolean | undefined;
};

/** What a refresh of bindings has done, and the status it was answered with. */
export type Refreshed = {
  readonly status: number;
  readonly added: readonly string[];
  readonly updated: readonly string[];
  readonly deleted: readonly string[];
};

export class WhiskClient {
  readonly #options: ClientOptions;
  readonly #rest: Rest;
  /** API management */
  readonly apis: Apis;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#rest = new Rest(options);
    this.apis = new Apis(this.#rest);
  }

  close(): void {
    this.#rest.close();
  }

  /** Build information of the platform, at the root of the API; needs no key. */
  async info(): Promise<{ readonly build: string; readonly buildno: string }> {
    const info = mapOf(bodyOf(await this.#rest.open(this.#options.version)));
    return { build: text(info, "build") ?? "", buildno: text(info, "buildno") ?? "" };
  }

  /** A file that the host offers at its root, e.g. "/blackbox.tar.gz"; needs no key. */
  async download(path: string): Promise<Buffer> {
    const answer = await this.#rest.open(path, "latin1");
    bodyOf(answer);
    return Buffer.from(answer.body, "latin1");
  }

  /** What the platform says of itself at its root: runtimes, limits; needs no key. */
  async description(): Promise<Value | undefined> {
    return bodyOf(await this.#rest.open("/"));
  }

  /** Entities of a collection as a list shows them, or one of them: everything it is answered. */
  read(namespace: string, path: string): Promise<Value | undefined> {
    return this.#inNamespace(namespace, { method: "GET", path, route: path });
  }

  /** Names of the caller's namespaces. */
  async namespaces(): Promise<readonly string[]> {
    const body = await this.#rest.call({ method: "GET", path: "namespaces" });
    return Array.isArray(body) ? body.filter((item) => typeof item === "string") : [];
  }

  /** Actions of a namespace, or of one of its packages when `packageName` is not empty. */
  async actions(namespace: string, packageName: string, page: Page): Promise<readonly Action[]> {
    const collection = packageName === "" ? "actions" : `actions/${encodePath(packageName)}/`;
    const body = await this.#list(namespace, collection, page);
    return body.map(toAction);
  }

  /** Triggers, rules or packages of a namespace. */
  async entities(
    namespace: string,
    collection: "triggers" | "rules" | "packages",
    page: Page,
  ): Promise<readonly Listed[]> {
    const body = await this.#list(namespace, collection, page);
    return body.map(toListed);
  }

  async trigger(namespace: string, name: string): Promise<Trigger> {
    return toTrigger(await this.#get("triggers", namespace, name));
  }

  async rule(namespace: string, name: string): Promise<Rule> {
    return toRule(await this.#get("rules", namespace, name));
  }

  async package(namespace: string, name: string): Promise<Package> {
    return toPackage(await this.#get("packages", namespace, name));
  }

  async action(namespace: string, name: string, withCode: boolean): Promise<Action> {
    const route = `actions/${encodePath(name)}?code=${withCode}`;
    return toAction(await this.#inNamespace(namespace, { method: "GET", path: route, route }));
  }

  /** Creates or, with `overwrite`, replaces an entity; only the given members are sent. */
  async put(
    collection: Collection,
    namespace: string,
    name: string,
    record: Encodable,
    overwrite: boolean,
  ): Promise<void> {
    const route = `${collection}/${encodePath(name)}?overwrite=${overwrite}`;
    await this.#inNamespace(namespace, { method: "PUT", path: route, route, body: record });
  }

  async delete(collection: Collection, namespace: string, name: string): Promise<void> {
    const route = `${collection}/${encodePath(name)}`;
    await this.#inNamespace(namespace, { method: "DELETE", path: route, route });
  }

  /** Gives the id of the trigger's activation; "" when no active rule hears it. */
  async fire(namespace: string, name: string, parameters: JsonMap): Promise<string> {
    const route = `triggers/${encodePath(name)}`;
    const call = { method: "POST", path: route, route, body: parameters } as const;
    return text(mapOf(await this.#inNamespace(namespace, call)), "activationId") ?? "";
  }

  async setRuleStatus(
    namespace: string,
    name: string,
    status: "active" | "inactive",
  ): Promise<void> {
    const route = `rules/${encodePath(name)}`;
    const body = { status, trigger: null, action: null };
    await this.#inNamespace(namespace, { method: "POST", path: route, route, body });
  }

  /** Makes the bindings of a namespace anew from its entitlements. */
  async refreshPackages(namespace: string): Promise<Refreshed> {
    const route = "packages/refresh";
    const call = { method: "POST", path: route, route } as const;
    const answer = await this.#rest.exchange(inNamespace(namespace, call));
    const body = mapOf(bodyOf(answer));
    const names = (member: string) => texts(body, member) ?? [];
    const lists = { added: names("added"), updated: names("updated"), deleted: names("deleted") };
    return { status: answer.status, ...lists };
  }

  /**
   * Invokes an action; gives the whole body: `{activationId}`, the activation or, with `result`,
   * the bare result (null for an empty body). A blocking call still running after the platform's
   * wait rejects as "unfinished", a failed action as "application".
   */
  async invoke(
    namespace: string,
    name: string,
    parameters: JsonMap,
    options: { readonly blocking: boolean; readonly result: boolean },
  ): Promise<Value> {
    const { blocking, result } = options;
    const route = `actions/${encodePath(name)}?blocking=${blocking}&result=${result}`;
    const call = { method: "POST", path: route, route, body: parameters } as const;
    const answer = await this.#rest.exchange(inNamespace(namespace, call));
    const body = bodyOf(answer) ?? null;
    if (!result && reportsFailure(body)) throw failureOf(answer.status, body);
    if (blocking) finishedBodyOf(answer);
    return body;
  }

  async activations(filter: ActivationFilter): Promise<readonly Activation[]> {
    const path = `activations?${encodeQuery(filter)}`;
    const call = { method: "GET", path, route: "activations" } as const;
    const body = await this.#inNamespace("_", call);
    return Array.isArray(body) ? body.map(toActivation) : [];
  }

  async activation(id: string): Promise<Activation> {
    return toActivation(await this.#activationPart(encodePath(id)));
  }

  async activationLogs(id: string): Promise<readonly string[]> {
    return toActivation(await this.#activationPart(`${encodePath(id)}/logs`)).logs ?? [];
  }

  /** The member `result`; undefined when there is none. */
  async activationResult(id: string): Promise<Value | undefined> {
    return mapOf(await this.#activationPart(`${encodePath(id)}/result`)).get("result");
  }

  #activationPart(path: string): Promise<Value | undefined> {
    const route = `activations/${path}`;
    return this.#inNamespace("_", { method: "GET", path: route, route });
  }

  async #list(namespace: string, collection: string, page: Page): Promise<readonly Value[]> {
    const path = `${collection}?${encodeQuery(page)}`;
    // The original names the whole address for actions only.
    const route = collection.startsWith("actions") ? path : collection;
    const body = await this.#inNamespace(namespace, { method: "GET", path, route });
    return Array.isArray(body) ? body : [];
  }

  #get(collection: Collection, namespace: string, name: string): Promise<Value | undefined> {
    const route = `${collection}/${encodePath(name)}`;
    return this.#inNamespace(namespace, { method: "GET", path: route, route });
  }

  #inNamespace(namespace: string, call: Call): Promise<Value | undefined> {
    return this.#rest.call(inNamespace(namespace, call));
  }
}

function reportsFailure(body: Value): boolean {
  const response = mapOf(body).get("response");
  return isMap(response) && response.get("success") !== true;
}
