/** The JSON body of a request: content type first, then the text (openwhisk-api.md 1.5). */
import type { IncomingHttpHeaders } from "node:http";
import { parseContent, requireObject } from "../../core/content.ts";
import type { Json, JsonObject } from "../../core/documents.ts";
import { PlatformError } from "../../core/errors.ts";

/** Any JSON value; an empty body is malformed. Throws `CONTENT_TYPE`, `CONTENT_MALFORMED`. */
export function readJson(headers: IncomingHttpHeaders, body: Buffer): Json {
  requireJsonType(headers["content-type"], body.length);
  return parseContent(body.toString("utf8"));
}

/** A JSON object; an empty body counts as `{}`. Throws as `readJson`. */
export function readObject(headers: IncomingHttpHeaders, body: Buffer): JsonObject {
  requireJsonType(headers["content-type"], body.length);
  return body.length === 0 ? {} : requireObject(parseContent(body.toString("utf8")));
}

/** A body without a type counts as bytes; no body and no type is fine. Throws `CONTENT_TYPE`. */
export function requireJsonType(contentType: string | undefined, bodyBytes: number): void {
  if (contentType === undefined && bodyBytes === 0) return;
  const [type = "", ...parameters] = (contentType ?? "application/octet-stream").split(";");
  if (type.trim().toLowerCase() === "application/json") return;
  const shown = [type.trim().toLowerCase(), ...parameters.map(showParameter)].join("; ");
  throw new PlatformError(
    "CONTENT_TYPE",
    `The request's Content-Type [${shown}] is not supported. Expected:\napplication/json`,
  );
}

/** "charset=utf-8" → "charset=UTF-8", as the original prints it. */
function showParameter(parameter: string): string {
  const [name = "", value = ""] = parameter.trim().split("=");
  return `${name}=${name.toLowerCase() === "charset" ? value.toUpperCase() : value}`;
}
