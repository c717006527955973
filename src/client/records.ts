/**
 * Records the REST API answers with, reduced to the members a client knows and in the order in
 * which the original client prints them (wsk-cli 1.7). Unknown members and members of a wrong type
 * are dropped: a reader never meets them.
 */
import { isMap, type JsonMap, JsonNumber, mapOf, type Value } from "./json.ts";

export type KeyValue = { readonly key: string; readonly value: Value };

export type Exec = {
  readonly kind?: string | undefined;
  readonly code?: string | undefined;
  readonly image?: string | undefined;
  readonly init?: string | undefined;
  readonly main?: string | undefined;
  readonly components?: readonly string[] | undefined;
  readonly binary?: boolean | undefined;
};

export type Limits = {
  /** milliseconds */
  readonly timeout?: JsonNumber | undefined;
  /** MB */
  readonly memory?: JsonNumber | undefined;
  /** MB */
  readonly logs?: JsonNumber | undefined;
  readonly concurrency?: JsonNumber | undefined;
};

export type Action = {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly exec?: Exec | undefined;
  readonly annotations?: readonly KeyValue[] | undefined;
  readonly delAnnotations?: readonly string[] | undefined;
  readonly parameters?: readonly KeyValue[] | undefined;
  readonly limits?: Limits | undefined;
  readonly error?: string | undefined;
  readonly code?: JsonNumber | undefined;
  readonly publish?: boolean | undefined;
  readonly updated?: JsonNumber | undefined;
  readonly env?: readonly KeyValue[] | undefined;
};

export type Activation = {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly subject: string;
  readonly activationId: string;
  readonly cause?: string | undefined;
  /** ms epoch */
  readonly start: number;
  /** ms epoch */
  readonly end: number;
  /** milliseconds */
  readonly duration: number;
  readonly statusCode: number;
  readonly response: {
    readonly status: string;
    readonly statusCode: number;
    readonly success: boolean;
    readonly result?: Value | undefined;
  };
  readonly logs: readonly string[] | null;
  readonly annotations: readonly KeyValue[] | null;
  readonly publish?: boolean | undefined;
};

/** Trigger, rule or package as far as a list shows it. */
export type Listed = {
  readonly namespace: string;
  readonly name: string;
  readonly publish: boolean;
  readonly status: string;
};

export function toAction(value: Value | undefined): Action {
  const from = mapOf(value);
  return {
    namespace: text(from, "namespace"),
    name: text(from, "name"),
    version: text(from, "version"),
    exec: toExec(from.get("exec")),
    annotations: keyValues(from, "annotations"),
    delAnnotations: texts(from, "delAnnotations"),
    parameters: keyValues(from, "parameters"),
    limits: toLimits(from.get("limits")),
    error: text(from, "error"),
    code: literal(from, "code"),
    publish: flag(from, "publish"),
    updated: literal(from, "updated"),
    env: keyValues(from, "env"),
  };
}

function toExec(value: Value | undefined): Exec | undefined {
  if (!isMap(value)) return undefined;
  return {
    kind: text(value, "kind"),
    code: text(value, "code"),
    image: text(value, "image"),
    init: text(value, "init"),
    main: text(value, "main"),
    components: texts(value, "components"),
    binary: flag(value, "binary"),
  };
}

export function toLimits(value: Value | undefined): Limits | undefined {
  if (!isMap(value)) return undefined;
  return {
    timeout: literal(value, "timeout"),
    memory: literal(value, "memory"),
    logs: literal(value, "logs"),
    concurrency: literal(value, "concurrency"),
  };
}

export function toActivation(value: Value | undefined): Activation {
  const from = mapOf(value);
  const response = mapOf(from.get("response"));
  const result = response.get("result");
  return {
    namespace: text(from, "namespace") ?? "",
    name: text(from, "name") ?? "",
    version: text(from, "version") ?? "",
    subject: text(from, "subject") ?? "",
    activationId: text(from, "activationId") ?? "",
    cause: text(from, "cause"),
    start: integer(from, "start"),
    end: integer(from, "end"),
    duration: integer(from, "duration"),
    statusCode: integer(from, "statusCode"),
    response: {
      status: text(response, "status") ?? "",
      statusCode: integer(response, "statusCode"),
      success: flag(response, "success") ?? false,
      result: result === null ? undefined : result,
    },
    logs: texts(from, "logs") ?? null,
    annotations: keyValues(from, "annotations") ?? null,
    publish: flag(from, "publish"),
  };
}

export function toListed(value: Value | undefined): Listed {
  const from = mapOf(value);
  return {
    namespace: text(from, "namespace") ?? "",
    name: text(from, "name") ?? "",
    publish: flag(from, "publish") ?? false,
    status: text(from, "status") ?? "",
  };
}

/** Value of the first entry with that key; undefined when there is none. */
export function findValue(
  list: readonly KeyValue[] | null | undefined,
  key: string,
): Value | undefined {
  return list?.find((entry) => entry.key === key)?.value;
}

export function text(from: JsonMap, key: string): string | undefined {
  const value = from.get(key);
  return typeof value === "string" ? value : undefined;
}

export function flag(from: JsonMap, key: string): boolean | undefined {
  const value = from.get(key);
  return typeof value === "boolean" ? value : undefined;
}

function integer(from: JsonMap, key: string): number {
  const value = from.get(key);
  return value instanceof JsonNumber ? Number(value.text) : 0;
}

export function literal(from: JsonMap, key: string): JsonNumber | undefined {
  const value = from.get(key);
  return value instanceof JsonNumber ? value : undefined;
}

export function texts(from: JsonMap, key: string): readonly string[] | undefined {
  const value = from.get(key);
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
}

export function keyValues(from: JsonMap, key: string): readonly KeyValue[] | undefined {
  const value = from.get(key);
  if (!Array.isArray(value)) return undefined;
  return value.map((item: Value) => {
    const entry = mapOf(item);
    return { key: text(entry, "key") ?? "", value: entry.get("value") ?? null };
  });
}
