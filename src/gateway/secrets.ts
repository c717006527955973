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
/** What could not be had is asked for again at most so often, whoever wants it. */
export const SECRET_RETRY_MS = 1000;
const UNRESOLVED = "failed to resolve secret reference";

export class Secrets {
  private readonly options: SecretsOptions;
  /** What was fetched: what is here needs no waiting. */
  private readonly cache = new LRUCache<string, string>({
    max: CACHE_ENTRIES_MAX,
    ttl: CACHE_MS,
  });
  /** What failed, the first that did so first: not asked for before this time (ms epoch). */
  private failed = new Map<string, number>();
  /** What is on its way. */
  private asked = new Map<string, Promise<string | undefined>>();

  constructor(options: SecretsOptions) {
    this.options = options;
  }

  /** Secrets have been configured anew: nothing that was fetched holds any more. */
  forget(): void {
    this.cache.clear();
    this.failed = new Map();
    this.asked = new Map();
  }

  /** Whether what was not resolved may be now: values are on their way, or may be asked for. */
  get mayHaveNews(): boolean {
    const [notBefore] = this.failed.values();
    return this.asked.size > 0 || notBefore === undefined || notBefore <= Date.now();
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
      if (one instanceof Promise) waits.push(one.then((text) => note(found, reference, text)));
      else note(found, reference, one);
    }
    if (waits.length === 0) return replace(value as Json, found) as T;
    return Promise.all(waits).then(() => replace(value as Json, found) as T);
  }

  private lookUp(reference: string): string | undefined | Promise<string | undefined> {
    if (!reference.startsWith(SECRET)) {
      const value = environmentValue(this.options.env, reference);
      if (value === undefined) this.options.warn(UNRESOLVED, { reference });
      return value;
    }
    const known = this.cache.get(reference) ?? this.asked.get(reference);
    if (known !== undefined) return known;
    if ((this.failed.get(reference) ?? 0) > Date.now()) return undefined;
    return this.ask(reference);
  }

  private ask(reference: string): Promise<string | undefined> {
    const fetched = this.fetch(reference.slice(SECRET.length));
    this.asked.set(reference, fetched);
    void fetched.then((text) => {
      // Nothing that was asked for before all were forgotten counts.
      if (this.asked.get(reference) !== fetched) return;
      this.asked.delete(reference);
      this.failed.delete(reference);
      if (text !== undefined) this.cache.set(reference, text);
      else {
        postpone(this.failed, reference);
        this.options.warn(UNRESOLVED, { reference });
      }
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

function note(found: Map<string, string>, reference: string, text: string | undefined): void {
  if (text !== undefined) found.set(reference, text);
}

/** Those whose time has come need not be remembered. */
function postpone(failed: Map<string, number>, reference: string): void {
  const now = Date.now();
  failed.set(reference, now + SECRET_RETRY_MS);
  for (const [one, notBefore] of failed) {
    if (notBefore > now) return;
    failed.delete(one);
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

/** There is a reference that only a manager can resolve, now or later. */
export function refersToManager(value: unknown): boolean {
  const references = new Set<string>();
  collect(value, references);
  return [...references].some((reference) => reference.startsWith(SECRET));
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
