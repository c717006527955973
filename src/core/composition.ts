/**
 * Decisions about sequences and conductor actions (openwhisk-web-and-composition.md 2, 3): what
 * comes next, what their records say. Whoever invokes is in `controller/service`.
 */
import { compactJson, isJsonObject } from "../lib/json.ts";
import type { EntityRef, Json, JsonObject, Limits, StatusCode } from "./documents.ts";
import { DEFAULT_NAMESPACE, parseEntityPath } from "./entity-name.ts";
import type { Invocable } from "./executable-action.ts";

/** The outcome of a composition, or of one of its parts. */
export type PartResponse = {
  readonly statusCode: StatusCode;
  /** JSON text */
  readonly result: string;
};

export const SEQUENCE_TEXT = {
  missing: "Sequence component does not exist.",
  tooLong: "Too many actions in the sequence.",
  failed: "Sequence failed.",
  timeout: (id: string) =>
    `Timeout reached when retrieving activation ${id} for sequence component.`,
} as const;

export const CONDUCTOR_TEXT = {
  tooLong: "Too many actions in the composition.",
  failed: "Activation failure during composition.",
  timeout: (id: string) => `Timeout reached when retrieving activation ${id} during composition.`,
  badName: (name: Json) =>
    `Failed to parse action name from json value ${compactJson(name)} during composition.`,
  missing: (name: string) => `Failed to resolve action with name '${name}' during composition.`,
  forbidden: (name: string) =>
    `Failed entitlement check for action with name '${name}' during composition.`,
} as const;

export function applicationError(text: string): PartResponse {
  return { statusCode: 1, result: compactJson({ error: text }) };
}

export function whiskError(text: string): PartResponse {
  return { statusCode: 3, result: compactJson({ error: text }) };
}

/** What a conductor's result asks for. */
export type ConductorStep =
  | { readonly type: "end"; readonly result: JsonObject }
  | {
      readonly type: "invoke";
      readonly action: Json;
      readonly params: JsonObject;
      /** Laid over the component's result for the conductor's next run. */
      readonly state: JsonObject;
    };

/** Any `action`, null too, asks for an invocation; `params` and `state` become objects. */
export function conductorStep(result: JsonObject): ConductorStep {
  const params = boxed(result, "params", "value");
  const { action } = result;
  if (action === undefined) return { type: "end", result: params ?? result };
  return { type: "invoke", action, params: params ?? {}, state: boxed(result, "state") ?? {} };
}

/** The next input of a conductor: what came, under the state that it left. */
export function withState(input: JsonObject, state: JsonObject): JsonObject {
  return { ...input, ...state };
}

/**
 * A component's name as a conductor gives it: "a", "pkg/a", "/ns/a", "ns/pkg/a" or "/ns/pkg/a";
 * undefined when it is none.
 */
export function componentRef(name: Json, namespace: string): EntityRef | undefined {
  if (typeof name !== "string") return undefined;
  const parts = parseEntityPath(name);
  if (parts === undefined || parts.length > 3) return undefined;
  const isQualified = name.startsWith("/") || parts.length === 3;
  if (isQualified && parts.length === 1) return undefined;
  const [first = "", ...rest] = isQualified ? parts : [namespace, ...parts];
  const path = [first === DEFAULT_NAMESPACE ? namespace : first, ...rest];
  return { path: path.slice(0, -1).join("/"), name: path.at(-1) ?? "" };
}

/** The value as an object; what is none goes under `value`, as the original boxes params. */
export function asObject(value: Json): JsonObject {
  return isJsonObject(value) ? (value as JsonObject) : { value };
}

/** JSON text of the annotations of a composition's own record. */
export function compositionAnnotations(
  action: Invocable,
  own: {
    readonly isTopmost: boolean;
    /** ms from the request's arrival to the start */
    readonly waitTime: number;
    /** MB, the most of its parts; undefined when none ran */
    readonly memory: number | undefined;
  },
): string {
  const { timeout, logs } = action.limits;
  const limits: Limits | undefined =
    own.memory === undefined ? undefined : { timeout, memory: own.memory, logs, concurrency: 1 };
  const entries: { key: string; value: Json }[] = [
    { key: "topmost", value: own.isTopmost },
    { key: "path", value: action.id },
    { key: "kind", value: "sequence" },
  ];
  if (action.type === "code") entries.push({ key: "conductor", value: true });
  if (!own.isTopmost) entries.push({ key: "causedBy", value: "sequence" });
  entries.push({ key: "waitTime", value: own.waitTime });
  if (action.binding !== undefined) entries.push({ key: "binding", value: action.binding });
  if (limits !== undefined) entries.push({ key: "limits", value: limits });
  return compactJson(entries);
}

function boxed(result: JsonObject, member: string, name = member): JsonObject | undefined {
  const value = result[member];
  if (value === undefined) return undefined;
  return isJsonObject(value) ? (value as JsonObject) : { [name]: value };
}
