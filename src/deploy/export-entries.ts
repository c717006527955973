/** Entities of the platform in the words of a manifest. */
import { encode, isMap, type JsonMap, mapOf, type Value } from "../client/json.ts";
import { type Action, type KeyValue, text } from "../client/records.ts";
import { MANAGED } from "./managed.ts";
import { feedOf, type TriggerPlan } from "./plan.ts";
import { extensionOfKind } from "./runtimes.ts";

/** A map of a manifest; what is undefined or empty is not written. */
export type Written = { readonly [key: string]: Written | Value | undefined };

/** Annotations that the platform or a deployment adds by itself. */
const ADDED = new Set([MANAGED, "exec", "exec-runtime", "feed", "binding", "binary"]);

const TYPE_NAMES = new Set(["string", "integer", "float", "boolean", "json"]);

/** Inputs that a deployment reads as these values, whatever they look like. */
export function inputsOf(entries: readonly KeyValue[]): Written {
  return Object.fromEntries(entries.map(({ key, value }) => [key, inputOf(value)]));
}

function inputOf(value: Value): Written | Value {
  const json = encode(value);
  // In JSON that stands in a text no variable is looked for.
  if (json.includes("$")) return { type: "json", value: json };
  const isMistakable = isMap(value) || (typeof value === "string" && TYPE_NAMES.has(value));
  return isMistakable ? { value } : value;
}

export function annotationsOf(entries: readonly KeyValue[]): Written {
  const own = entries.filter(({ key }) => !ADDED.has(key));
  return Object.fromEntries(own.map(({ key, value }) => [key, value]));
}

/** `file` is where its code was written; undefined when it has none. */
export function actionEntry(action: Action, file: string | undefined): Written {
  const { exec, limits, parameters = [], annotations = [] } = action;
  const isBlackbox = exec?.kind === "blackbox";
  return {
    version: action.version,
    function: file,
    runtime: isBlackbox ? undefined : exec?.kind,
    docker: isBlackbox ? exec.image : undefined,
    main: exec?.main,
    inputs: inputsOf(parameters),
    annotations: annotationsOf(annotations),
    limits: { timeout: limits?.timeout, memorySize: limits?.memory, logSize: limits?.logs },
  };
}

export function sequenceEntry(action: Action): Written {
  const components = action.exec?.components ?? [];
  const own = `/${(action.namespace ?? "").split("/")[0]}/`;
  return {
    actions: components.map((name) => localName(name, own)).join(", "),
    annotations: annotationsOf(action.annotations ?? []),
  };
}

/**
 * A name without the own namespace. One without a package would be looked for in the package it is
 * named in, so it says that it stands in the namespace.
 */
function localName(name: string, own: string): string {
  if (!name.startsWith(own)) return name;
  const local = name.slice(own.length);
  return local.includes("/") ? local : `/_/${local}`;
}

/** File name and content of an action's code; undefined when there is none. */
export function codeFile(action: Action): { name: string; content: Buffer } | undefined {
  const { exec, name = "" } = action;
  if (exec?.code === undefined || exec.code === "") return undefined;
  const { kind = "", code } = exec;
  if (exec.binary === true) {
    const extension = kind.startsWith("java") ? "jar" : "zip";
    return { name: `${name}.${extension}`, content: Buffer.from(code, "base64") };
  }
  const extension = extensionOfKind(kind);
  return { name: extension === "" ? name : `${name}.${extension}`, content: Buffer.from(code) };
}

/** `config` is what the feed says of itself. */
export function triggerEntry(trigger: TriggerPlan, config: JsonMap): Written {
  const told = [...config].filter(([key]) => key !== "startDate");
  const inputs = new Map([
    ...trigger.parameters.map(({ key, value }) => [key, value] as const),
    ...told,
  ]);
  return {
    feed: feedOf(trigger),
    inputs: inputsOf([...inputs].map(([key, value]) => ({ key, value }))),
    annotations: annotationsOf(trigger.annotations),
  };
}

export function ruleEntry(found: JsonMap, annotations: readonly KeyValue[]): Written {
  const action = mapOf(found.get("action"));
  const [namespace = "", ...folder] = (text(action, "path") ?? "").split("/");
  const name = `/${[namespace, ...folder, text(action, "name") ?? ""].join("/")}`;
  return {
    trigger: text(mapOf(found.get("trigger")), "name"),
    action: localName(name, `/${text(found, "namespace")}/`),
    annotations: annotationsOf(annotations),
  };
}

export function bindingEntry(found: JsonMap, parameters: readonly KeyValue[]): Written {
  const binding = mapOf(found.get("binding"));
  return {
    location: `/${text(binding, "namespace")}/${text(binding, "name")}`,
    inputs: inputsOf(parameters),
  };
}
