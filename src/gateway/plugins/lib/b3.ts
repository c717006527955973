/** B3 headers (https://github.com/openzipkin/b3-propagation), as the `zipkin` plugin reads them. */
import type { HeaderList } from "../../header-list.ts";

export type B3 = {
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly parentId: string | undefined;
  /** "1", "0", "true", "false", "d"; undefined: the gateway decides. */
  readonly sampled: string | undefined;
};

/** A span's own place in its trace. */
export type SpanContext = {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
};

/** The single header goes before the several; `problem` says what is wrong with it. */
export function readB3(headers: HeaderList): B3 | { readonly problem: string } {
  const single = headers.get("b3");
  if (single !== undefined) return parseSingle(single);
  return {
    traceId: headers.get("x-b3-traceid"),
    spanId: headers.get("x-b3-spanid"),
    parentId: headers.get("x-b3-parentspanid"),
    sampled: headers.get("x-b3-sampled"),
  };
}

function parseSingle(b3: string): B3 | { readonly problem: string } {
  const nothing = { traceId: undefined, spanId: undefined, parentId: undefined };
  if (b3 === "0") return { ...nothing, sampled: "0" };
  const [traceId = "", spanId, sampled, ...rest] = b3.split("-");
  if (traceId === "") return { problem: "missing trace_id" };
  if (spanId === undefined) return { problem: "missing span_id" };
  const parentId = rest.length === 0 ? undefined : rest.join("-");
  return { traceId, spanId, sampled, parentId };
}

const HEX = /^[0-9a-fA-F]+$/;

/** Undefined when an id is missing or is none: a new trace begins. */
export function parentOf({ traceId, spanId, parentId }: B3): SpanContext | undefined {
  if (traceId === undefined || !isId(traceId, [16, 32])) return undefined;
  if (spanId === undefined || !isId(spanId, [16])) return undefined;
  if (parentId !== undefined && !isId(parentId, [16])) return undefined;
  return { traceId: traceId.toLowerCase(), spanId: spanId.toLowerCase(), parentId };
}

function isId(text: string, lengths: readonly number[]): boolean {
  return lengths.includes(text.length) && HEX.test(text);
}

/** What the client said goes before the ratio; undefined: the ratio decides. */
export function sampledBy({ sampled }: B3, flags: string | undefined): boolean | undefined {
  if (sampled === "1" || sampled === "true" || sampled === "d") return true;
  if (sampled === "0" || sampled === "false") return false;
  return flags === "1" ? true : undefined;
}

/** For the upstream: in place of what the client has sent. */
export function writeB3(headers: HeaderList, span: SpanContext, isSampled: boolean): void {
  headers.set("x-b3-traceid", span.traceId);
  if (span.parentId === undefined) headers.remove("x-b3-parentspanid");
  else headers.set("x-b3-parentspanid", span.parentId);
  headers.set("x-b3-spanid", span.spanId);
  headers.set("x-b3-sampled", isSampled ? "1" : "0");
}
