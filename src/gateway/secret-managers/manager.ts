/** What a secret manager is made of, and what all of them do with an answer. */
import type { JsonObject } from "../../core/documents.ts";
import { isJsonObject } from "../../lib/json.ts";
import type { HttpClient } from "../http-call.ts";
import { environmentValue, isSecretReference } from "../secrets.ts";

export type ManagerServices = {
  readonly http: HttpClient;
  /** What admits to a manager may be in the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** ms epoch */
  readonly now: () => number;
};

/** The value of a key, as the references of this manager write it; undefined: there is none. */
export type FetchSecret = (conf: JsonObject, key: string) => Promise<string | undefined>;

/** For connecting and each wait for data, milliseconds. */
export const MANAGER_MS = 5000;
/** Longest answer of a manager, bytes. */
export const ANSWER_BYTES_MAX = 1024 * 1024;

/** A reference to nothing is sent as it is: the manager will refuse it. */
export function fromEnvironment(env: ManagerServices["env"], text: string): string {
  return isSecretReference(text) ? (environmentValue(env, text) ?? text) : text;
}

/** Undefined: it is no JSON object. What it says is in no error: it might be a secret. */
export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined; // told by the caller
  }
}

/** A member of a secret that is a JSON object; undefined: there is none, or no single value. */
export function memberOf(secret: string, name: string): string | undefined {
  const data = parseObject(secret);
  if (data === undefined) throw new Error("failed to decode result: the secret is no JSON object");
  return asSecret(data[name]);
}

export function asSecret(value: unknown): string | undefined {
  const isSingle = value !== undefined && value !== null && typeof value !== "object";
  return isSingle ? String(value) : undefined;
}
