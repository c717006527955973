/** The `.http` extension: an action says status, headers and body (…composition.md 1.6). */
import type { Json, JsonObject } from "../../core/documents.ts";
import { isJsonObject } from "../../lib/json.ts";
import { memberTexts, prettyJson } from "../../lib/json-text.ts";
import { failure, notValid, type WebAnswer } from "./answer.ts";
import { decodeBase64, looksLikeBase64 } from "./base64.ts";
import { contentTypeText, isJsonFamily, type MediaType, parseMediaType } from "./media-type.ts";

type Header = readonly [name: string, value: string];

export type HttpHead = {
  /** Undefined: what goes with the body. */
  readonly status: number | undefined;
  /** Without Content-Type and what belongs to the connection. */
  readonly headers: readonly Header[];
  readonly contentType: string | undefined;
};

const TYPE_MISMATCH = "Response type in header did not match generated content type.";
const HTML = "text/html";
const JSON_TYPE = "application/json";

/** `text`: JSON text of what should be `{statusCode?, headers?, body?}`. */
export function httpAnswer(text: string): WebAnswer {
  const value = JSON.parse(text) as Json;
  const head = readHead(value);
  if (head === undefined) return notValid("message/http");
  const { body } = value as JsonObject;
  if (body === undefined || body === null || body === "") {
    const { status = 204, headers } = head;
    return { type: "content", status, headers, contentType: undefined, body: "" };
  }
  const { status = 200 } = head;
  // The original's HTTP library throws on it.
  if (!allowsBody(status)) return failure(500, "There was an internal server error.");
  return typeof body === "string"
    ? textAnswer(head, status, body)
    : jsonAnswer(head, status, memberTexts(text).get("body") ?? "null");
}

/** Undefined when it is not `{statusCode?, headers?, …}` as the original takes it. */
export function readHead(value: Json): HttpHead | undefined {
  if (!isJsonObject(value)) return undefined;
  const { statusCode, headers } = value as JsonObject;
  const status = statusCode === undefined ? undefined : readStatus(statusCode);
  const list = headers === undefined ? [] : readHeaders(headers);
  if (status === "illegal" || list === undefined) return undefined;
  return {
    status,
    headers: list.filter(([name]) => !NOT_SENT.has(name.toLowerCase())),
    contentType: list.find(([name]) => name.toLowerCase() === "content-type")?.[1],
  };
}

/** Belongs to the connection, or is said by the server: dropped, as the original does. */
const NOT_SENT: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-type",
  "date",
  "server",
  "trailer",
  "transfer-encoding",
]);

export function allowsBody(status: number): boolean {
  return status !== 204 && status !== 304;
}

/** 200 to 599. The original lets 1xx through, after which no client waits for this answer. */
function readStatus(value: Json): number | "illegal" {
  const isText = typeof value === "string" && /^[+-]?\d{1,10}$/.test(value);
  const status = typeof value === "number" || isText ? Number(value) : Number.NaN;
  return Number.isInteger(status) && status >= 200 && status <= 599 ? status : "illegal";
}

function readHeaders(headers: Json): Header[] | undefined {
  if (!isJsonObject(headers)) return undefined;
  const list = Object.entries(headers as JsonObject).flatMap(([name, value]) => flat(name, value));
  return list.every(isHeader) ? list : undefined;
}

function flat(name: string, value: Json): (Header | undefined)[] {
  if (Array.isArray(value)) return value.flatMap((item) => flat(name, item));
  if (value === null || typeof value === "object") return [undefined];
  // Header values are bytes: other than ASCII goes as UTF-8.
  return [[name, Buffer.from(String(value)).toString("latin1")]];
}

/** What cannot stand in a header is refused: line ends would begin another one. */
function isHeader(header: Header | undefined): header is Header {
  if (header === undefined) return false;
  const [name, value] = header;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && !/[\0-\x08\n-\x1f\x7f]/.test(value);
}

function textAnswer(head: HttpHead, status: number, text: string): WebAnswer {
  const type = parseMediaType(head.contentType ?? HTML);
  if (type === undefined) return failure(400, "Response did not specify a known content-type.");
  const isText = type.class !== "binary";
  const encoded = isText ? isJsonFamily(type) && looksLikeBase64(text) : true;
  const body = encoded ? decodeBase64(text) : text;
  if (body === undefined) return failure(400, TYPE_MISMATCH);
  const contentType = contentTypeText(inUtf8(type));
  return { type: "content", status, headers: head.headers, contentType, body };
}

function jsonAnswer(head: HttpHead, status: number, text: string): WebAnswer {
  const type = parseMediaType(head.contentType ?? JSON_TYPE);
  if (type === undefined || !isJsonFamily(type)) return failure(400, TYPE_MISMATCH);
  const { headers } = head;
  return { type: "content", status, headers, contentType: type.essence, body: prettyJson(text) };
}

function inUtf8(type: MediaType): MediaType {
  return { ...type, charset: "UTF-8" };
}
