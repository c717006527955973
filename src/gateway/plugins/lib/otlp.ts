/** Spans for an OpenTelemetry collector: OTLP over HTTP, in JSON. */
import type { JsonObject } from "../../../core/documents.ts";

export type AttributeValue = string | number | boolean;

export type Span = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly traceState?: string;
  readonly name: string;
  /** ms epoch, with fractions */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: readonly (readonly [name: string, value: AttributeValue])[];
  /** Text of the error; undefined: nothing is said of the outcome. */
  readonly error?: string;
};

const KIND_SERVER = 2;
const STATUS_ERROR = 2;
const SCOPE = "opentelemetry-lua";

/** Body of a POST to `/v1/traces`. */
export function traceRequest(
  resource: readonly (readonly [string, AttributeValue])[],
  spans: readonly Span[],
): JsonObject {
  return {
    resourceSpans: [
      {
        resource: { attributes: resource.map(attribute) },
        scopeSpans: [{ scope: { name: SCOPE }, spans: spans.map(spanOf) }],
      },
    ],
  };
}

function spanOf(span: Span): JsonObject {
  const { traceId, spanId, parentSpanId, traceState, name, error } = span;
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    ...(traceState === undefined ? {} : { traceState }),
    name,
    kind: KIND_SERVER,
    startTimeUnixNano: nanoseconds(span.startMs),
    endTimeUnixNano: nanoseconds(span.endMs),
    attributes: span.attributes.map(attribute),
    status: error === undefined ? {} : { code: STATUS_ERROR, message: error },
  };
}

/** Too large for a number: a text in JSON. */
function nanoseconds(ms: number): string {
  const whole = Math.floor(ms);
  return String(BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1_000_000)));
}

function attribute([key, value]: readonly [string, AttributeValue]): JsonObject {
  return { key, value: typedValue(value) };
}

function typedValue(value: AttributeValue): JsonObject {
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "string") return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
