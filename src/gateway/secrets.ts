/**
 * References in configurations: `$env://NAME` (also `$ENV://NAME/member` for a member of a JSON
 * value) and `$secret://manager/id/key` (apisix-gateway.md 10). One that cannot be resolved stays as
 * it is, and the log says so.
 */
import { LRUCache } from "lru-cache";
import type { Json } from "../core/documents.ts";
import { isJsonObject } from "../lib/json.ts";
import { memberAt } from "./variables.ts";

/** Fetches from a secret manager configured under /secrets; undefined: there is no such value. */
export type SecretManager = (
  manager: string,
  id: string,
  key: string,
) => Promise<string | undefined>;

export type SecretsOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly manager?: SecretManager;
  readonly warn: (message: string, fields: object) => void;
};

const ENV = "$ENV://";
const SECRET = "$secret://";
/** As the original: what was found holds 5 minutes. */
const CACHE_MS = 300_000;
const CACHE_ENTRIES_MAX = 512;

export class Secrets {
  private readonly options: SecretsOptions;
  /** What was fetched, or is on its way: what is here needs no waiting. */
  private readonly cache = new LRUCache<string, string | Promise<string | undefined>>({
    max: CACHE_ENTRIES_MAX,
    ttl: CACHE_MS,
  });

  constructor(options: SecretsOptions) {
    this.options = options;
  }

  /** Secrets have been configured anew: nothing that was fetched holds any more. */
  forget(): void {
    this.cache.clear();
  }

  /** A copy with all references replaced; the value itself when it has none that need waiting. */
  resolve<T>(value: T): T | Promise<T> {
    const references = new Set<string>();
    collect(value, references);
    if (references.size === 0) return value;
    const found = new Map<string, string>();
    const waits: Promise<void>[] = [];
    for (const reference of references) {
      const one = this.lookUp(reference);
      if (one instanceof Promise) waits.push(one.then((text) => this.note(found, reference, text)));
      else this.note(found, reference, one);
    }
    if (waits.length === 0) return replace(value as Json, found) as T;
    return Promise.all(waits).then(() => replace(value as Json, found) as T);
  }

  private note(found: Map<string, string>, reference: string, text: string | undefined): void {
    if (text !== undefined) found.set(reference, text);
    else this.options.warn("failed to resolve secret reference", { reference });
  }

  private lookUp(reference: string): string | undefined | Promise<string | undefined> {
    if (!reference.startsWith(SECRET)) return environmentValue(this.options.env, reference);
    const known = this.cache.get(reference);
    if (known !== undefined) return known;
    const fetched = this.fetch(reference.slice(SECRET.length));
    this.cache.set(reference, fetched);
    void fetched.then((text) => {
      if (this.cache.peek(reference) !== fetched) return;
      // What failed is asked again at the next use.
      if (text === undefined) this.cache.delete(reference);
      else this.cache.set(reference, text);
    });
    return fetched;
  }

  private async fetch(path: string): Promise<string | undefined> {
    const [manager, id, ...key] = path.split("/");
    if (manager === undefined || id === undefined || key.length === 0) return undefined;
    try {
      return await this.options.manager?.(manager, id, key.join("/"));
    } catch (err) {
      this.options.warn("a secret manager failed", { manager, id, err });
      return undefined;
    }
  }
}

/** Value of a reference `$env://NAME`, or `$env://NAME/member`; undefined: there is none. */
export function environmentValue(
  env: SecretsOptions["env"],
  reference: string,
): string | undefined {
  const [name = "", ...rest] = reference.slice(ENV.length).split("/");
  const value = env[name];
  if (value === undefined || rest.length === 0) return value;
  try {
    const member = memberAt(JSON.parse(value), rest.join("."));
    return member === undefined ? undefined : String(member);
  } catch {
    return undefined; // not JSON: it has no members
  }
}

export function isSecretReference(value: unknown): value is string {
  if (typeof value !== "string" || value.charCodeAt(0) !== 0x24) return false;
  return value.startsWith(SECRET) || value.slice(0, ENV.length).toUpperCase() === ENV;
}

export function hasSecretReference(value: unknown): boolean {
  const references = new Set<string>();
  collect(value, references);
  return references.size > 0;
}

function collect(value: unknown, references: Set<string>): void {
  if (isSecretReference(value)) references.add(value);
  else if (Array.isArray(value)) for (const one of value) collect(one, references);
  else if (isJsonObject(value)) for (const one of Object.values(value)) collect(one, references);
}

function replace(value: Json, found: ReadonlyMap<string, string>): Json {
  if (typeof value === "string") return found.get(value) ?? value;
  if (Array.isArray(value)) return value.map((one) => replace(one, found));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replace(one, found)]));
}
