/**
 * Typed client of the OpenWhisk REST API, for the command line, feeds and tests. It speaks HTTP and
 * nothing else of ours. Every method rejects with a `ClientFailure`.
 */
import { encodePath, encodeQuery } from "./address.ts";
import { ClientFailure, failureOf } from "./failures.ts";
import {
  type Encodable,
  encode,
  isMap,
  type JsonMap,
  mapOf,
  tryParse,
  type Value,
} from "./json.ts";
import {
  type Action,
  type Activation,
  type Listed,
  text,
  toAction,
  toActivation,
  toListed,
} from "./records.ts";
import { type Answer, Transport, type TransportOptions, type Watcher } from "./transport.ts";

export type ClientOptions = TransportOptions & {
  /** e.g. "http://127.0.0.1:3233/api" (`baseUrl`) */
  readonly base: string;
  /** e.g. "v1" */
  readonly version: string;
  /** "uuid:key"; empty when none is known */
  readonly auth: string;
  readonly userAgent: string;
  readonly watcher?: Watcher | undefined;
};

/** limit 0 asks for as many as the platform gives at once */
export type Page = { readonly limit: number; readonly skip: number };

export type ActivationFilter = Page & {
  readonly name?: string | undefined;
  /** ms epoch */
  readonly since?: number | undefined;
  /** ms epoch */
  readonly upto?: number | undefined;
  readonly docs?: boolean | undefined;
};

type Call = {
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /** below `{base}/{version}/` */
  readonly path: string;
  /** how the path is called in the message of a missing key; absent: not at all */
  readonly route?: string;
  readonly body?: Encodable;
};

export class WhiskClient {
  readonly #options: ClientOptions;
  readonly #transport: Transport;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#transport = new Transport(options);
  }

  close(): void {
    this.#transport.close();
  }

  /** Build information of the platform, at the root of the API; needs no key. */
  async info(): Promise<{ readonly build: string; readonly buildno: string }> {
    const url = `${this.#options.base}/${this.#options.version}`;
    const answer = await this.#transport.exchange(
      { method: "GET", url, headers: {} },
      this.#options.watcher,
    );
    const info = mapOf(bodyOf(answer));
    return { build: text(info, "build") ?? "", buildno: text(info, "buildno") ?? "" };
  }

  /** What the platform says of itself at its root: runtimes, limits; needs no key. */
  async description(): Promise<Value | undefined> {
    const url = `${this.#options.base.replace(/\/api$/, "")}/`;
    const answer = await this.#transport.exchange(
      { method: "GET", url, headers: {} },
      this.#options.watcher,
    );
    return bodyOf(answer);
  }

  /**
   * Any call that has no method of its own here. `path` stands below `{base}/{version}/` and is
   * sent as it is; undefined is an answer that is no JSON.
   */
  send(method: Call["method"], path: string, body?: Encodable): Promise<Value | undefined> {
    return this.#call({ method, path, route: path, ...(body === undefined ? {} : { body }) });
  }

  /** Names of the caller's namespaces. */
  async namespaces(): Promise<readonly string[]> {
    const body = await this.#call({ method: "GET", path: "namespaces" });
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

  /** One rule, as far as a list shows it: with its status. */
  async rule(namespace: string, name: string): Promise<Listed> {
    const route = `rules/${encodePath(name)}`;
    return toListed(await this.#inNamespace(namespace, { method: "GET", path: route, route }));
  }

  async action(namespace: string, name: string, withCode: boolean): Promise<Action> {
    const route = `actions/${encodePath(name)}?code=${withCode}`;
    return toAction(await this.#inNamespace(namespace, { method: "GET", path: route, route }));
  }

  /** Creates or, with `overwrite`, replaces an action; only the given members are sent. */
  async putAction(
    namespace: string,
    name: string,
    record: Encodable,
    overwrite: boolean,
  ): Promise<void> {
    const route = `actions/${encodePath(name)}?overwrite=${overwrite}`;
    await this.#inNamespace(namespace, { method: "PUT", path: route, route, body: record });
  }

  async deleteAction(namespace: string, name: string): Promise<void> {
    const route = `actions/${encodePath(name)}`;
    await this.#inNamespace(namespace, { method: "DELETE", path: route, route });
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
    const answer = await this.#exchange(inNamespace(namespace, call));
    const body = bodyOf(answer) ?? null;
    if (!result && reportsFailure(body)) throw failureOf(answer.status, body);
    if (blocking && answer.status === 202) {
      const text = "Request accepted, but processing not completed yet.";
      throw new ClientFailure("unfinished", text, { status: 202, body });
    }
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

  #inNamespace(namespace: string, call: Call): Promise<Value | undefined> {
    return this.#call(inNamespace(namespace, call));
  }

  async #call(call: Call): Promise<Value | undefined> {
    return bodyOf(await this.#exchange(call));
  }

  async #exchange(call: Call): Promise<Answer> {
    const { base, version, auth, userAgent, watcher } = this.#options;
    if (auth === "") throw missingKey(call);
    const body = call.body === undefined ? undefined : `${encode(call.body)}\n`;
    const headers: Record<string, string> = {
      Authorization: `Basic ${Buffer.from(auth).toString("base64")}`,
      "User-Agent": userAgent,
    };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const url = `${base}/${version}/${call.path}`;
    const answer = await this.#transport.exchange(
      { method: call.method, url, headers, body },
      watcher,
    );
    return answer;
  }
}

function inNamespace(namespace: string, call: Call): Call {
  return { ...call, path: `namespaces/${encodePath(namespace)}/${call.path}` };
}

/** The decoded body of a success, undefined when it is no JSON; throws on any other status. */
function bodyOf(answer: Answer): Value | undefined {
  const body = tryParse(answer.body);
  if (answer.status < 200 || answer.status > 299) throw failureOf(answer.status, body);
  return body;
}

function reportsFailure(body: Value): boolean {
  const response = mapOf(body).get("response");
  return isMap(response) && response.get("success") !== true;
}

function missingKey(call: Call): ClientFailure {
  const subject = call.route === undefined ? call.method : `${call.method} '${call.route}'`;
  const text =
    `Unable to create HTTP request for ${subject}: Unable to add the HTTP authentication ` +
    "header: Authorization key is not configured (--auth is required)";
  return new ClientFailure("unauthorized", text);
}
