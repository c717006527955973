/**
 * Actions: what a PUT makes of one, and how one looks on the wire (openwhisk-api.md 4.1-4.7). Pure:
 * the code is stored by the caller, who gives its reference.
 */
import type { ActionPut } from "./action-put.ts";
import {
  type ActionDocument,
  type AttachmentRef,
  type CodeExec,
  type Exec,
  isSequence,
  type JsonObject,
  type Limits,
  type Parameter,
  type SequenceExec,
} from "./documents.ts";
import { headWire, newHead, nextHead } from "./entity-head.ts";
import { qualifiedName } from "./entity-ref.ts";
import type { CodeRequest, SequenceRequest } from "./exec.ts";
import { mergeParameters, parametersWire, parameterValue, withoutKeys } from "./parameters.ts";
import { sequenceParameters } from "./sequence.ts";

/** Annotation that names the runtime, where it is another one than the kind (our own). */
const RUNTIME_ANNOTATION = "exec-runtime";

/** `exec` of a sequence as stored: "/ns/name" for each component. */
export function sequenceExec({ components }: SequenceRequest): SequenceExec {
  return { kind: "sequence", components: components.map(qualifiedName) };
}

/** `exec` as stored. */
export function storedExec(exec: CodeRequest, code: AttachmentRef): CodeExec {
  const main = exec.main === undefined ? {} : { main: exec.main };
  return { kind: exec.resolved.kind, code, binary: exec.binary, ...main };
}

/** A new action. `runtime` is what `exec.kind` runs on; `standard` fills limits not given. */
export function createAction(options: {
  readonly namespace: string;
  readonly name: string;
  readonly put: ActionPut;
  readonly exec: Exec;
  readonly runtime: string;
  readonly standard: Limits;
  /** ms epoch */
  readonly now: number;
}): ActionDocument {
  const { namespace, name, put, exec, runtime, standard, now } = options;
  const given = put.annotations ?? [];
  const hasKeyAnnotation = parameterValue(given, "provide-api-key") !== undefined;
  // Actions made before this annotation existed get their key: so it is set on create only.
  const annotations = hasKeyAnnotation
    ? given
    : [...given, { key: "provide-api-key", value: false }];
  return {
    entityType: "action",
    ...newHead(namespace, name, put, now),
    exec,
    parameters: isSequence(exec) ? sequenceParameters(exec) : (put.parameters ?? []),
    annotations: describeExec(annotations, exec.kind, runtime),
    limits: { ...standard, ...put.limits },
  };
}

/**
 * An existing action with the members of a PUT put over it: parameters are replaced as a whole,
 * annotations and limits one by one. `exec` is the old one or the new one, `runtime` what its kind
 * runs on. With a new sequence `delAnnotations` has no effect, as in the original.
 */
export function updateAction(options: {
  readonly action: ActionDocument;
  readonly put: ActionPut;
  readonly exec: Exec;
  readonly runtime: string;
  /** ms epoch */
  readonly now: number;
}): ActionDocument {
  const { action, put, exec, runtime, now } = options;
  const dropped = put.exec?.type === "sequence" ? [] : (put.delAnnotations ?? []);
  const kept = withoutKeys(action.annotations, dropped);
  const annotations = mergeParameters(kept, put.annotations ?? []);
  return {
    ...action,
    ...nextHead(action, put, now),
    exec,
    parameters: updatedParameters(action, put, exec),
    annotations: describeExec(annotations, exec.kind, runtime),
    limits: { ...action.limits, ...put.limits },
  };
}

/** Those of a sequence are the platform's own: given ones are dropped, and none outlive it. */
function updatedParameters(
  action: ActionDocument,
  put: ActionPut,
  exec: Exec,
): readonly Parameter[] {
  if (isSequence(exec)) return sequenceParameters(exec);
  return put.parameters ?? (isSequence(action.exec) ? [] : action.parameters);
}

/** The action as clients see it; without `code` its exec has none. */
export function actionWire(action: ActionDocument, code?: string): JsonObject {
  return {
    ...headWire(action),
    exec: execWire(action.exec, code),
    parameters: parametersWire(action.parameters),
    annotations: parametersWire(action.annotations),
    limits: { ...action.limits },
  };
}

function execWire(exec: Exec, code: string | undefined): JsonObject {
  if (isSequence(exec)) return { kind: exec.kind, components: [...exec.components] };
  const { kind, binary, main } = exec;
  return {
    kind,
    ...(code === undefined ? {} : { code }),
    binary,
    ...(main === undefined ? {} : { main }),
  };
}

/** One item of a list: abridged, as the original's view gives it. */
export function actionSummary(action: ActionDocument): JsonObject {
  return {
    namespace: action.namespace,
    name: action.name,
    version: action.version,
    publish: action.publish,
    annotations: parametersWire(action.annotations),
    limits: { ...action.limits },
    exec: { binary: isSequence(action.exec) ? false : action.exec.binary },
    updated: action.updated,
  };
}

/** Both annotations belong to the server: whatever was there before is replaced. */
function describeExec(
  annotations: readonly Parameter[],
  kind: string,
  runtime: string,
): readonly Parameter[] {
  const others = withoutKeys(annotations, [RUNTIME_ANNOTATION]);
  const note = runtime === kind ? [] : [{ key: RUNTIME_ANNOTATION, value: runtime }];
  return mergeParameters(others, [{ key: "exec", value: kind }, ...note]);
}
