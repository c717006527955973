/**
 * User events: what happened in a namespace, in the original's JSON (Message.scala, `EventMessage`).
 * One `Activation` for every activation of an action, one `Metric` for a decision of a throttle.
 */
import { isJsonObject } from "../lib/json.ts";
import type { ActivationParts } from "./activation-format.ts";
import type { Identity, Parameter, StatusCode } from "./documents.ts";

export type ActivationEvent = {
  /** "guest/pkg/hello": where the action is, not who called it */
  readonly name: string;
  readonly activationId: string;
  readonly statusCode: StatusCode;
  /** ms; init included */
  readonly duration: number;
  /** ms */
  readonly waitTime: number;
  /** ms; 0 on a warm start */
  readonly initTime: number;
  readonly kind: string;
  /** The activation of a composition itself. */
  readonly conductor: boolean;
  /** MB */
  readonly memory: number;
  readonly causedBy?: string;
  /** characters of the container's answer */
  readonly size?: number;
  readonly userDefinedStatusCode?: number;
};

export type MetricName = "ConcurrentInvocations" | "ConcurrentRateLimit" | "TimedRateLimit";
export type MetricEvent = { readonly metricName: MetricName; readonly metricValue: number };

type Common = {
  /** "invoker0" or "controller0" */
  readonly source: string;
  readonly subject: string;
  /** Who called. */
  readonly namespace: string;
  /** uuid of the calling namespace */
  readonly userId: string;
  /** ms epoch */
  readonly timestamp: number;
};

export type UserEvent =
  | (Common & { readonly eventType: "Activation"; readonly body: ActivationEvent })
  | (Common & { readonly eventType: "Metric"; readonly body: MetricEvent });

export type PublishEvent = (event: UserEvent) => void;

const INVOKER = "invoker0";
const CONTROLLER = "controller0";

/** Undefined for what is no activation of an action (a trigger's has no kind). */
export function activationEvent(
  activation: ActivationParts,
  user: Identity,
  timestamp: number,
): UserEvent | undefined {
  const annotations = readAnnotations(activation.annotations);
  const { path, kind, conductor, causedBy } = annotations;
  if (typeof path !== "string" || typeof kind !== "string") return undefined;
  const { statusCode, size, result } = activation;
  const userDefined = userDefinedStatusCode(result);
  const isComposition = kind === "sequence" || conductor === true;
  return {
    source: isComposition ? CONTROLLER : INVOKER,
    body: {
      name: path,
      activationId: activation.activationId,
      statusCode,
      duration: activation.duration ?? activation.end - activation.start,
      waitTime: number(annotations["waitTime"]),
      initTime: number(annotations["initTime"]),
      kind,
      conductor: conductor === true,
      memory: memoryOf(annotations["limits"]),
      ...(typeof causedBy === "string" ? { causedBy } : {}),
      ...(size === undefined ? {} : { size }),
      ...(userDefined === undefined ? {} : { userDefinedStatusCode: userDefined }),
    },
    subject: user.subject,
    namespace: user.namespace.name,
    userId: user.namespace.uuid,
    eventType: "Activation",
    timestamp,
  };
}

export function metricEvent(
  metricName: MetricName,
  metricValue: number,
  user: Identity,
  timestamp: number,
): UserEvent {
  return {
    source: CONTROLLER,
    body: { metricName, metricValue },
    subject: user.subject,
    namespace: user.namespace.name,
    userId: user.namespace.uuid,
    eventType: "Metric",
    timestamp,
  };
}

const BAD_REQUEST = 400;

/**
 * `error.statusCode` or `statusCode` of a result (JSON text), as a number or as text of one; any
 * other value counts as 400. Most results have none, and are not parsed.
 */
export function userDefinedStatusCode(result: string | undefined): number | undefined {
  if (result === undefined || !result.includes('"statusCode"')) return undefined;
  const value: unknown = JSON.parse(result);
  if (!isJsonObject(value)) return undefined;
  const owner = [value["error"], value].find(
    (one) => isJsonObject(one) && Object.hasOwn(one, "statusCode"),
  );
  return owner === undefined ? undefined : codeOf((owner as { statusCode: unknown }).statusCode);
}

/** In 32 bits, as the original counts. */
function codeOf(value: unknown): number {
  if (typeof value === "number") return Math.trunc(value) | 0;
  if (typeof value !== "string" || !/^[+-]?\d{1,30}$/.test(value)) return BAD_REQUEST;
  return Number(BigInt.asIntN(32, BigInt(value.replace("+", ""))));
}

type Annotations = { readonly [key: string]: unknown };

function readAnnotations(text: string): Annotations {
  const list = JSON.parse(text) as readonly Parameter[];
  return Object.fromEntries(list.map(({ key, value }) => [key, value]));
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function memoryOf(limits: unknown): number {
  return isJsonObject(limits) ? number(limits["memory"]) : 0;
}
