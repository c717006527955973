/** What `gzip` and `brotli` ask of an answer before they compress it, as nginx does. */
import type { JsonObject } from "../../../core/documents.ts";
import type { RequestContext } from "../../request-context.ts";

export type CompressionConf = {
  readonly types: readonly string[] | "*";
  readonly min_length: number;
  readonly http_version: number;
  readonly vary?: boolean;
};

/** Schema members that both plugins have. */
export const COMPRESSION_PROPERTIES: JsonObject = {
  types: {
    anyOf: [
      { type: "array", minItems: 1, items: { type: "string", minLength: 1 } },
      { enum: ["*"] },
    ],
    default: ["text/html"],
  },
  min_length: { type: "integer", minimum: 1, default: 20 },
  http_version: { enum: [1.1, 1], default: 1.1 },
  vary: { type: "boolean" },
};

/** Type, length and protocol allow it; a length that is not known is no obstacle. */
export function isWorthCompressing(conf: CompressionConf, ctx: RequestContext): boolean {
  const { request, response } = ctx;
  const type = response.getHeader("content-type");
  if (type === undefined) return false;
  if (conf.types !== "*" && !conf.types.includes(type.split(";", 1)[0] ?? "")) return false;
  const length = Number(response.getHeader("content-length") ?? Number.POSITIVE_INFINITY);
  return length >= conf.min_length && Number(request.head.httpVersion) >= conf.http_version;
}

/** An answer that has a body, which nobody has encoded yet. */
export function hasPlainBody({ request, response }: RequestContext): boolean {
  const { status } = response;
  const hasBody = status >= 200 && status !== 204 && status !== 304 && status !== 206;
  return hasBody && request.head.method !== "HEAD" && !response.getHeader("content-encoding");
}

/**
 * Whether `Accept-Encoding` names the coding, or any, without a weight of zero (RFC 9110 12.5.3);
 * the coding's own weight goes before that of "*".
 */
export function acceptsCoding(header: string | undefined, coding: string): boolean {
  if (header === undefined) return false;
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((text) => text.trim());
    const weight = parameters.find((one) => one.startsWith("q="))?.slice(2);
    weights.set(name, weight === undefined ? 1 : Number(weight));
  }
  return (weights.get(coding) ?? weights.get("*") ?? 0) > 0;
}

/** Another encoding of the same thing: a strong validator becomes a weak one, others go. */
export function weakenEtag({ response }: RequestContext): void {
  const etag = response.getHeader("etag");
  if (etag === undefined || /^W\/"[^"]*"$/.test(etag)) return;
  if (/^"[^"]*"$/.test(etag)) response.setHeader("ETag", `W/${etag}`);
  else response.removeHeader("etag");
}
