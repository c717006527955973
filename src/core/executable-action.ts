/** What the invoker needs to know of one action revision; derived once, then shared. */
import { sharedAnnotations } from "./activation.ts";
import type { ActionDocument, AttachmentRef, Limits, Parameter } from "./documents.ts";
import { overlaps } from "./kinds.ts";
import { immutableKeys, isTruthy } from "./parameters.ts";

export type ExecutableAction = {
  /** "guest/hello" or "guest/pkg/hello" */
  readonly id: string;
  readonly revision: string;
  /** "guest" or "guest/pkg" */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly kind: string;
  /** Runtime that really runs it (kinds.ts). */
  readonly runtime: string;
  readonly main: string;
  readonly binary: boolean;
  readonly code: AttachmentRef;
  readonly limits: Limits;
  /** Activations that one container runs at once: 1 where the language cannot overlap them. */
  readonly concurrency: number;
  readonly parameters: readonly Parameter[];
  /** Keys given at /init as environment. */
  readonly initKeys: readonly string[];
  /** Keys that a request may not set (`final`). */
  readonly finalKeys: ReadonlySet<string>;
  /** The API key travels with the run (annotation truthy or absent). */
  readonly provideApiKey: boolean;
  /** What the activation list's name filter matches. */
  readonly filterName: string;
  /** JSON text that its activations' annotations begin with. */
  readonly annotations: string;
};

export function executableAction(
  id: string,
  document: ActionDocument,
  revision: string,
  runtime: string,
): ExecutableAction {
  return {
    id,
    revision,
    path: document.namespace,
    name: document.name,
    version: document.version,
    kind: document.exec.kind,
    runtime,
    main: document.exec.main ?? "main",
    binary: document.exec.binary,
    code: document.exec.code,
    limits: document.limits,
    concurrency: overlaps(runtime) ? document.limits.concurrency : 1,
    parameters: document.parameters,
    initKeys: document.parameters.filter(({ init }) => init === true).map(({ key }) => key),
    finalKeys: new Set(immutableKeys(document.parameters, document.annotations)),
    provideApiKey: isTruthy(document.annotations, "provide-api-key", true),
    filterName: id.slice(id.indexOf("/") + 1),
    annotations: sharedAnnotations({
      id,
      kind: document.exec.kind,
      limits: document.limits,
    }),
  };
}
