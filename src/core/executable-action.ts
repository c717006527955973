/** What the invoker needs to know of one action revision; derived once, then shared. */
import { sharedAnnotations } from "./activation.ts";
import type { ActionDocument, AttachmentRef, CodeExec, Limits, Parameter } from "./documents.ts";
import { isSequence } from "./documents.ts";
import { overlaps } from "./kinds.ts";
import { immutableKeys, isTruthy, mergeParameters } from "./parameters.ts";

/** What an invocation can name: an action with code, or a sequence. */
export type Invocable = ExecutableAction | SequenceAction;

/** What is common to all of them. */
type Named = {
  /** "guest/hello" or "guest/pkg/hello": where the entity is, also when reached through a binding */
  readonly id: string;
  readonly revision: string;
  /** "guest" or "guest/pkg" */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly limits: Limits;
  /** Default arguments: the action's own over those of its package and binding. */
  readonly parameters: readonly Parameter[];
  /** Keys that a request may not set (`final`). */
  readonly finalKeys: ReadonlySet<string>;
  readonly annotations: readonly Parameter[];
  /** Path of the binding that it was reached through, "guest/bound". */
  readonly binding?: string | undefined;
  /** What the activation list's name filter matches. */
  readonly filterName: string;
};

export type SequenceAction = Named & {
  readonly type: "sequence";
  /** "/guest/hello" or "/guest/pkg/hello" */
  readonly components: readonly string[];
};

export type ExecutableAction = Named & {
  readonly type: "code";
  readonly kind: string;
  /** Runtime that really runs it (kinds.ts). */
  readonly runtime: string;
  readonly main: string;
  readonly binary: boolean;
  readonly code: AttachmentRef;
  /** Activations that one container runs at once: 1 where the language cannot overlap them. */
  readonly concurrency: number;
  /** Keys given at /init as environment. */
  readonly initKeys: readonly string[];
  /** The API key travels with the run (annotation truthy or absent). */
  readonly provideApiKey: boolean;
  /** Its result says what to invoke next (annotation `conductor`). */
  readonly isConductor: boolean;
  /** JSON text that its activations' annotations begin with. */
  readonly sharedAnnotations: string;
};

/** `runtime` is what the kind runs on here; not used for a sequence. */
export function invocable(
  id: string,
  document: ActionDocument,
  revision: string,
  runtime: string,
): Invocable {
  const { exec } = document;
  return isSequence(exec)
    ? { ...named(id, document, revision), type: "sequence", components: exec.components }
    : executable(id, document, exec, revision, runtime);
}

/**
 * The same action as its package gives it: defaults of package and binding below its own. A
 * sequence has none for its components; a request may not set what is final all the same.
 */
export function inPackage<T extends Invocable>(
  action: T,
  parameters: readonly Parameter[],
  binding: string | undefined,
): T {
  if (parameters.length === 0 && binding === undefined) return action;
  const finalKeys = immutableKeys(parameters, action.annotations);
  const filterName = binding === undefined ? action.filterName : boundName(binding, action.name);
  const bound = { ...action, binding, filterName };
  if (bound.type === "sequence") {
    return { ...bound, finalKeys: new Set([...action.finalKeys, ...finalKeys]) };
  }
  const merged = mergeParameters(parameters, action.parameters);
  return {
    ...bound,
    parameters: merged,
    finalKeys: new Set(immutableKeys(merged, action.annotations)),
    initKeys: initKeys(merged),
  };
}

/** What the name filter of the activation list matches for an action behind a binding. */
export function boundName(binding: string, name: string): string {
  return `${binding.slice(binding.indexOf("/") + 1)}/${name}`;
}

function named(id: string, document: ActionDocument, revision: string): Named {
  return {
    id,
    revision,
    path: document.namespace,
    name: document.name,
    version: document.version,
    limits: document.limits,
    // A sequence has one, the list of its components, which is not for them.
    parameters: isSequence(document.exec) ? [] : document.parameters,
    finalKeys: new Set(immutableKeys(document.parameters, document.annotations)),
    annotations: document.annotations,
    filterName: id.slice(id.indexOf("/") + 1),
  };
}

function executable(
  id: string,
  document: ActionDocument,
  exec: CodeExec,
  revision: string,
  runtime: string,
): ExecutableAction {
  return {
    ...named(id, document, revision),
    type: "code",
    kind: exec.kind,
    runtime,
    main: exec.main ?? "main",
    binary: exec.binary,
    code: exec.code,
    concurrency: overlaps(runtime) ? document.limits.concurrency : 1,
    initKeys: initKeys(document.parameters),
    provideApiKey: isTruthy(document.annotations, "provide-api-key", true),
    isConductor: isTruthy(document.annotations, "conductor"),
    sharedAnnotations: sharedAnnotations({ id, kind: exec.kind, limits: document.limits }),
  };
}

function initKeys(parameters: readonly Parameter[]): string[] {
  return parameters.filter(({ init }) => init === true).map(({ key }) => key);
}
