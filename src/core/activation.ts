/** The outcome of an execution, and the annotations of its record (openwhisk-api.md 6.1). */
import type { Limits, StatusCode } from "./documents.ts";

/** Outcome of user code: a value, never an exception. */
export type ActivationResponse = {
  readonly statusCode: StatusCode;
  /** JSON text of the result (object or array). */
  readonly result: string;
  /** Length of the container's body; absent when the platform made the response. */
  readonly size?: number;
};

/** JSON text of the annotations that all activations of one action share, without its end. */
export function sharedAnnotations(action: {
  /** "guest/hello" or "guest/pkg/hello" */
  readonly id: string;
  readonly kind: string;
  readonly limits: Limits;
}): string {
  const annotations = [
    { key: "path", value: action.id },
    { key: "kind", value: action.kind },
    { key: "limits", value: action.limits },
  ];
  return JSON.stringify(annotations).slice(0, -1);
}

/** JSON text of all annotations; `shared` as `sharedAnnotations` gives it. */
export function annotationsText(
  shared: string,
  own: {
    readonly timedOut: boolean;
    /** ms from the request's arrival to the start of init or run */
    readonly waitTime: number;
    /** ms; undefined on a warm start */
    readonly initTime: number | undefined;
    readonly causedBy: "sequence" | undefined;
    /** Path of the binding that the action was reached through. */
    readonly binding: string | undefined;
  },
): string {
  const initTime = own.initTime === undefined ? "" : `,{"key":"initTime","value":${own.initTime}}`;
  const causedBy =
    own.causedBy === undefined ? "" : `,{"key":"causedBy","value":"${own.causedBy}"}`;
  const binding =
    own.binding === undefined ? "" : `,{"key":"binding","value":${JSON.stringify(own.binding)}}`;
  return (
    `${shared},{"key":"timeout","value":${own.timedOut}}` +
    `,{"key":"waitTime","value":${own.waitTime}}${initTime}${causedBy}${binding}]`
  );
}
