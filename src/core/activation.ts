/**
 * One finished execution, and its two texts: the stored document and the record that the API shows
 * (openwhisk-api.md 6.1). Both are built by joining texts: the result is never parsed and written
 * anew, and what does not change between activations of one action is written once (`ActionTexts`).
 */
import type { Limits, StatusCode } from "./documents.ts";
import { STATUS_TEXT } from "./documents.ts";

/** Outcome of user code: a value, never an exception. */
export type ActivationResponse = {
  readonly statusCode: StatusCode;
  /** JSON text of the result (object or array). */
  readonly result: string;
  /** Length of the container's body; absent when the platform made the response. */
  readonly size?: number;
};

/** Texts that every activation of one action revision shares. */
export type ActionTexts = {
  /** `"name":…,"version":…,"publish":…` */
  readonly head: string;
  /** Opening of the annotations: path, kind, limits. */
  readonly annotations: string;
};

export type Activation = {
  readonly texts: ActionTexts;
  readonly activationId: string;
  /** Caller's namespace and subject. */
  readonly namespace: string;
  readonly subject: string;
  /** ms epoch */
  readonly start: number;
  readonly end: number;
  /** ms, initialisation included */
  readonly duration: number;
  readonly response: ActivationResponse;
  readonly logs: readonly string[];
  /** ms from the request's arrival to the start of init or run */
  readonly waitTime: number;
  /** ms; absent on a warm start */
  readonly initTime: number | undefined;
  readonly timedOut: boolean;
  readonly cause: string | undefined;
};

export function actionTexts(action: {
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly kind: string;
  readonly limits: Limits;
}): ActionTexts {
  const head = { name: action.name, version: action.version, publish: false };
  const annotations = [
    { key: "path", value: `${action.path}/${action.name}` },
    { key: "kind", value: action.kind },
    { key: "limits", value: action.limits },
  ];
  return {
    head: JSON.stringify(head).slice(1, -1),
    annotations: JSON.stringify(annotations).slice(0, -1),
  };
}

/** JSON text of the stored document: `response` carries the number, logs are included. */
export function documentText(activation: Activation): string {
  const { response } = activation;
  const size = response.size === undefined ? "" : `,"size":${response.size}`;
  const logs = activation.logs.length === 0 ? "[]" : JSON.stringify(activation.logs);
  return (
    `${common(activation)},"response":{"statusCode":${response.statusCode}` +
    `,"result":${response.result}${size}},"logs":${logs},"entityType":"activation"}`
  );
}

/**
 * JSON text of the record of a blocking invocation. `logs` is empty, as the original answers before
 * it has collected them (openwhisk-api.md 5.3).
 */
export function recordText(activation: Activation): string {
  const { response } = activation;
  const size = response.size === undefined ? "" : `,"size":${response.size}`;
  return (
    `${common(activation)},"response":{"result":${response.result}${size}` +
    `,"status":"${STATUS_TEXT[response.statusCode]}","success":${response.statusCode === 0}}` +
    `,"logs":[]}`
  );
}

function common(activation: Activation): string {
  const cause = activation.cause === undefined ? "" : `,"cause":"${activation.cause}"`;
  const causedBy = activation.cause === undefined ? "" : `,{"key":"causedBy","value":"sequence"}`;
  const initTime =
    activation.initTime === undefined ? "" : `,{"key":"initTime","value":${activation.initTime}}`;
  return (
    `{"namespace":${quoted(activation.namespace)},${activation.texts.head}` +
    `,"subject":${quoted(activation.subject)},"activationId":"${activation.activationId}"` +
    `,"start":${activation.start},"end":${activation.end},"duration":${activation.duration}` +
    `${cause},"annotations":${activation.texts.annotations}` +
    `,{"key":"timeout","value":${activation.timedOut}}` +
    `,{"key":"waitTime","value":${activation.waitTime}}${initTime}${causedBy}]`
  );
}

/** Names hold no character that JSON would escape (core/entity-name.ts); subjects may. */
function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
const PLAIN = /^[\w@ .&-]*$/;
