/** What an OpenID provider tells of itself: discovery document and keys, fetched and kept. */
import type { JSONWebKeySet } from "jose";
import type { JsonObject } from "../../../core/documents.ts";
import { isJsonObject } from "../../../lib/json.ts";
import type { HttpCall, HttpClient } from "../../http-call.ts";
import { type OpenidConf, timeoutMs } from "./openid-conf.ts";
import { TimedCache } from "./timed-cache.ts";

/** As the original keeps discovery documents. */
const DISCOVERY_MS = 86_400_000;
/** Documents and key sets of providers that are kept. */
const DOCUMENTS_MAX = 256;
/** Longest answer of a provider, bytes. */
export const ANSWER_BYTES_MAX = 1024 * 1024;
/** Keys are fetched anew for an unknown key id, but not more often than this. */
const KEYS_MS_MIN = 30_000;

type Fetched = { readonly document: JsonObject; readonly at: number };

/** A provider cannot be reached, or its answer cannot be read. The text is for the log. */
export class ProviderError extends Error {}

export class OpenidProviders {
  private readonly http: HttpClient;
  private readonly now: () => number;
  private readonly kept: TimedCache<Fetched>;
  /** Under way: requests at the same time wait for one answer. */
  private readonly pending = new Map<string, Promise<JsonObject>>();

  constructor(http: HttpClient, now: () => number) {
    this.http = http;
    this.now = now;
    this.kept = new TimedCache(DOCUMENTS_MAX, now);
  }

  /** The discovery document; rejects with `ProviderError`. */
  discover(conf: OpenidConf): Promise<JsonObject> {
    return this.document(conf, conf.discovery, DISCOVERY_MS);
  }

  /** The provider's keys; `renews`: a key is not among those kept. */
  async keys(conf: OpenidConf, renews: boolean): Promise<JSONWebKeySet> {
    const { jwks_uri: uri } = await this.discover(conf);
    if (typeof uri !== "string" || uri === "") throw new ProviderError("there is no jwks_uri");
    const kept = this.kept.get(uri);
    if (renews && kept !== undefined && this.now() - kept.at >= KEYS_MS_MIN) this.kept.delete(uri);
    const { keys } = await this.document(conf, uri, conf.jwk_expires_in * 1000);
    if (!Array.isArray(keys)) throw new ProviderError("the key set has no keys");
    return { keys: keys.filter(isJsonObject) as JSONWebKeySet["keys"] };
  }

  private document(conf: OpenidConf, url: string, ttlMs: number): Promise<JsonObject> {
    const kept = this.kept.get(url);
    if (kept !== undefined) return Promise.resolve(kept.document);
    const pending = this.pending.get(url);
    if (pending !== undefined) return pending;
    const call = { url, timeoutMs: timeoutMs(conf), sslVerify: conf.ssl_verify };
    const fetched = fetchJson(this.http, call)
      .then((document) => {
        this.kept.set(url, { document, at: this.now() }, ttlMs);
        return document;
      })
      .finally(() => this.pending.delete(url));
    this.pending.set(url, fetched);
    return fetched;
  }
}

/** A JSON object; rejects with `ProviderError` for anything else. */
export async function fetchJson(http: HttpClient, call: HttpCall): Promise<JsonObject> {
  let status: number;
  let text: string;
  try {
    const answer = await http(call);
    status = answer.status;
    text = await answer.text(ANSWER_BYTES_MAX);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ProviderError(`accessing ${call.url} failed: ${reason}`, { cause: error });
  }
  if (status !== 200) throw new ProviderError(`${call.url} answered with status ${status}`);
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value as JsonObject;
  } catch {
    // told below
  }
  throw new ProviderError(`${call.url} did not answer with a JSON object`);
}
