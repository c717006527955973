/** W3C trace context (https://www.w3.org/TR/trace-context/): what `traceparent` carries. */
import { randomBytes } from "node:crypto";

export type TraceContext = {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 of them. */
  readonly spanId: string;
  readonly flags: number;
};

const SAMPLED = 1;
const TRACE_PARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

export function isSampled({ flags }: TraceContext): boolean {
  return (flags & SAMPLED) !== 0;
}

/** Undefined for a missing or invalid header: a new trace begins. */
export function parseTraceParent(header: string | undefined): TraceContext | undefined {
  const match = TRACE_PARENT.exec(header?.trim() ?? "");
  if (match === null) return undefined;
  const [, version = "", traceId = "", spanId = "", flags = "", rest] = match;
  // Later versions may say more; version 00 ends here, and ff is none.
  if (version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

export function formatTraceParent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
}

export function isTraceId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text) && !/^0+$/.test(text);
}

export function newTraceId(): string {
  return randomBytes(16).toString("hex");
}

export function newSpanId(): string {
  return randomBytes(8).toString("hex");
}

export type SamplerConf = {
  readonly name: "always_on" | "always_off" | "trace_id_ratio" | "parent_base";
  readonly options: {
    readonly fraction: number;
    readonly root?: {
      readonly name: "always_on" | "always_off" | "trace_id_ratio";
      readonly options: { readonly fraction: number };
    };
  };
};

/** Whether a span is recorded. A trace id always gives the same answer. */
export function samples(
  { name, options }: SamplerConf,
  traceId: string,
  parent: TraceContext | undefined,
): boolean {
  switch (name) {
    case "always_on":
      return true;
    case "always_off":
      return false;
    case "trace_id_ratio":
      return isBelow(traceId, options.fraction);
    case "parent_base": {
      if (parent !== undefined) return isSampled(parent);
      const { root } = options;
      if (root === undefined) return false;
      const { fraction = 0 } = root.options ?? {};
      return samples({ name: root.name, options: { fraction } }, traceId, undefined);
    }
  }
}

function isBelow(traceId: string, fraction: number): boolean {
  if (fraction >= 1) return true;
  return Number.parseInt(traceId.slice(0, 8), 16) < fraction * 0xffffffff;
}
