/** API-driven standalone mode: the whole configuration in one PUT, kept in memory. */
import { stringify } from "yaml";
import type { Json, JsonObject } from "../../core/documents.ts";
import { isObject } from "../schema/lua.ts";
import type { ServeContent } from "./content.ts";
import { DOCUMENT_KINDS, documentProblems, parseDocument, versionKey } from "./document.ts";
import { type AdminReply, refusal } from "./reply.ts";
import type { Address } from "./request.ts";
import type { Resource } from "./resource.ts";

const DIGEST = "X-Digest";
const MODIFIED = "X-Last-Modified";

export class StandaloneConfigs {
  readonly #serve: ServeContent;
  readonly #resources: () => ReadonlyMap<string, Resource>;
  readonly #seconds: () => number;
  #config: JsonObject | undefined;
  /** One update after another: each is judged by the versions that the one before left. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    serve: ServeContent,
    resources: () => ReadonlyMap<string, Resource>,
    seconds: () => number = () => Math.floor(Date.now() / 1000),
  ) {
    this.#serve = serve;
    this.#resources = resources;
    this.#seconds = seconds;
  }

  answer(address: Address, body: string | undefined): Promise<AdminReply> {
    if (address.method === "head") return Promise.resolve({ status: 200, headers: this.#marks() });
    if (address.method === "get") return Promise.resolve(this.#get(address));
    const update = this.#last.then(() => this.#put(address, body));
    this.#last = update.catch(() => undefined);
    return update;
  }

  #get({ headers }: Address): AdminReply {
    const empty = Object.fromEntries(DOCUMENT_KINDS.map((kind) => [versionKey(kind), 0]));
    const config = this.#config ?? empty;
    const isYaml = headers.accept?.startsWith("application/yaml") === true;
    return isYaml
      ? {
          status: 200,
          body: stringify(config),
          headers: { ...this.#marks(), "Content-Type": "application/yaml" },
        }
      : { status: 200, body: JSON.stringify(config), headers: this.#marks() };
  }

  async #put({ headers }: Address, body: string | undefined): Promise<AdminReply> {
    const digest = headers[DIGEST.toLowerCase()];
    if (typeof digest !== "string") throw refusal(400, "missing digest header");
    const document = parseDocument(body, headers["content-type"]);
    if (this.#config?.[DIGEST] === digest) return { status: 204 };
    if (!isObject(document)) throw refusal(400, "invalid request body: not an object");
    const [problem] = await documentProblems(this.#resources(), document);
    if (problem !== undefined) throw refusal(400, shortened(problem.error));
    const next = this.#merged(document);
    await this.#serve(next);
    this.#config = { ...next, [MODIFIED]: this.#seconds(), [DIGEST]: digest };
    return { status: 202, headers: this.#marks() };
  }

  /** Kinds whose version has not grown keep what they have. */
  #merged(document: JsonObject): JsonObject {
    const next: [string, Json][] = [];
    for (const kind of DOCUMENT_KINDS) {
      const key = versionKey(kind);
      const before = Number(this.#config?.[key] ?? 0);
      const version = Number(document[key] ?? before + 1);
      if (version < before) {
        throw refusal(400, `${key} must be greater than or equal to (${before})`);
      }
      next.push([key, version]);
      const items = version === before ? this.#config?.[kind] : document[kind];
      if (Array.isArray(items) && items.length > 0) next.push([kind, items]);
    }
    return Object.fromEntries(next);
  }

  #marks(): Record<string, string> {
    const config = this.#config;
    if (config === undefined) return {};
    return { [MODIFIED]: String(config[MODIFIED]), [DIGEST]: String(config[DIGEST]) };
  }
}

/** One failure is told without the type that was found. */
function shortened(error: string): string {
  return error.replace(/^(\w+_conf_version must be a number), got \w+$/u, "$1");
}
