/**
 * The APIs: in memory, and in the configuration store below "/apis/documents". Nobody else writes
 * there: one process has the store.
 */
import { createHash, randomUUID } from "node:crypto";
import type { JsonObject } from "../../core/documents.ts";
import { asPlatformError } from "../../core/errors.ts";
import { isJsonObject } from "../../lib/json.ts";
import type { ConfigEntry, ConfigStore } from "../config-store.ts";
import { ApiProblem, type ApiRecord, type ParsedApi } from "./api.ts";
import { formatBasePath } from "./swagger.ts";

const FOLDER = "/apis/documents";
/** Attempts of a write that others get in the way of. */
const WRITES_MAX = 5;

type Kept = ApiRecord & { readonly key: string };
export type ApiListener = (id: string, record: ApiRecord | undefined) => void;

export class ApiBook {
  private readonly store: ConfigStore;
  private readonly byId = new Map<string, Kept>();
  private readonly byKey = new Map<string, Kept>();
  private readonly listeners: ApiListener[] = [];

  private constructor(store: ConfigStore) {
    this.store = store;
  }

  /** Resolves when everything stored has been read. */
  static async open(store: ConfigStore): Promise<ApiBook> {
    const book = new ApiBook(store);
    for (const entry of await store.list(FOLDER)) book.keep(entry);
    // Of an API that was moved to another base path, should the process have ended in between.
    for (const { id, key } of [...book.byKey.values()]) {
      if (book.byId.get(id)?.key !== key) await book.drop(key);
    }
    return book;
  }

  /** Told of every change, at once; undefined: the API is gone. */
  onChange(listener: ApiListener): void {
    this.listeners.push(listener);
  }

  get(id: string): ApiRecord | undefined {
    return this.byId.get(id);
  }

  all(): Iterable<ApiRecord> {
    return this.byId.values();
  }

  /** Those of a tenant, oldest first. */
  list(tenant: string): ApiRecord[] {
    return [...this.byId.values()]
      .filter((api) => api.tenant === tenant)
      .sort((one, other) => one.createdIndex - other.createdIndex);
  }

  /** Throws `ApiProblem` 500, as the original, when the tenant has the base path already. */
  async create(tenant: string, parsed: ParsedApi, document: JsonObject): Promise<ApiRecord> {
    const value = storedForm(randomUUID(), tenant, parsed, document);
    const entry = await this.write(keyOf(tenant, parsed.basePath), value, 0);
    if (entry === undefined) throw new ApiProblem(500, "basePath not unique for given tenant.");
    return this.keep(entry);
  }

  /**
   * Puts a document in the place of an API's. With `revision` only while the API still has it, else
   * 412. Throws `ApiProblem` 404 when there is no such API.
   */
  async replace(
    id: string,
    tenant: string,
    parsed: ParsedApi,
    document: JsonObject,
    revision: number | undefined,
  ): Promise<ApiRecord> {
    for (let attempt = 0; attempt < WRITES_MAX; attempt++) {
      const old = this.byId.get(id);
      if (old === undefined || old.tenant !== tenant) throw unknownApi(id);
      if (revision !== undefined && revision !== old.modifiedIndex) break;
      const key = keyOf(tenant, parsed.basePath);
      const isMoved = key !== old.key;
      const value = storedForm(id, tenant, parsed, document);
      const entry = await this.write(key, value, isMoved ? 0 : old.modifiedIndex);
      if (entry === undefined && isMoved) {
        throw new ApiProblem(500, "basePath not unique for given tenant.");
      }
      if (entry === undefined) {
        await this.refresh(key);
        continue;
      }
      const kept = this.keep(entry);
      if (isMoved) await this.drop(old.key);
      return kept;
    }
    throw new ApiProblem(412, "The API has been changed in the meantime.");
  }

  /** Throws `ApiProblem` 404 when the tenant has no such API. */
  async delete(id: string, tenant: string): Promise<void> {
    const api = this.byId.get(id);
    if (api === undefined || api.tenant !== tenant) throw unknownApi(id);
    await this.drop(api.key);
  }

  /** Undefined: somebody else was there before. */
  private async write(
    key: string,
    value: JsonObject,
    ifModifiedIndex: number,
  ): Promise<ConfigEntry | undefined> {
    try {
      return await this.store.put(key, value, { ifModifiedIndex });
    } catch (cause) {
      if (asPlatformError(cause).code === "CONFLICT") return undefined;
      throw cause;
    }
  }

  private async refresh(key: string): Promise<void> {
    const entry = await this.store.get(key);
    if (entry === undefined) this.forget(key);
    else this.keep(entry);
  }

  private async drop(key: string): Promise<void> {
    await this.store.delete(key);
    this.forget(key);
  }

  private keep(entry: ConfigEntry): ApiRecord {
    const { key, value, createdIndex, modifiedIndex } = entry;
    const before = this.byKey.get(key);
    if (before !== undefined && before.modifiedIndex >= modifiedIndex) return before;
    const { id, tenant, name, base_path: basePath, document } = value;
    const kept: Kept = {
      key,
      id: String(id),
      tenant: String(tenant),
      name: String(name),
      basePath: String(basePath),
      document: isJsonObject(document) ? (document as JsonObject) : {},
      createdIndex,
      modifiedIndex,
    };
    this.byKey.set(key, kept);
    const known = this.byId.get(kept.id);
    if (known !== undefined && known.modifiedIndex > modifiedIndex) return kept;
    this.byId.set(kept.id, kept);
    this.tell(kept.id, kept);
    return kept;
  }

  private forget(key: string): void {
    const kept = this.byKey.get(key);
    this.byKey.delete(key);
    if (kept === undefined || this.byId.get(kept.id)?.key !== key) return;
    this.byId.delete(kept.id);
    this.tell(kept.id, undefined);
  }

  private tell(id: string, record: ApiRecord | undefined): void {
    for (const listener of this.listeners) listener(id, record);
  }
}

export function unknownApi(id: string): ApiProblem {
  return new ApiProblem(404, `Unknown API id ${id}`);
}

/** Of any text; a store's key has a bounded length and no slash in its parts. */
export function keyPart(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function keyOf(tenant: string, basePath: string): string {
  return `${FOLDER}/${keyPart(tenant)}/${keyPart(formatBasePath(basePath))}`;
}

function storedForm(
  id: string,
  tenant: string,
  { name, basePath }: ParsedApi,
  document: JsonObject,
): JsonObject {
  return { id, tenant, name, base_path: formatBasePath(basePath), document };
}
