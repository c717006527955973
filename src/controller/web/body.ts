/** What a request's body gives to the action (openwhisk-web-and-composition.md 1.4). */
import { parseContent } from "../../core/content.ts";
import { badContent } from "../../core/errors.ts";
import { isJsonObject } from "../../lib/json.ts";
import { memberTexts } from "../../lib/json-text.ts";
import { isJsonFamily, type MediaType, parseMediaType } from "./media-type.ts";
import { hasBrokenEscape, parsePairs } from "./uri-text.ts";

/** JSON texts: of members that are arguments of their own, or of the one value. */
export type BodyArguments =
  | { readonly type: "none" }
  | { readonly type: "members"; readonly members: ReadonlyMap<string, string> }
  | { readonly type: "value"; readonly value: string };

const NONE: BodyArguments = { type: "none" };
const BYTES = parseMediaType("application/octet-stream");

/**
 * The type that a body counts as: bytes when the header is missing or unreadable; undefined when
 * there is neither body nor type.
 */
export function entityType(header: string | undefined, hasBody: boolean): MediaType | undefined {
  const named = header === undefined ? undefined : parseMediaType(header);
  return named ?? (hasBody ? BYTES : undefined);
}

/** Throws CONTENT_MALFORMED. */
export function decodeBody(
  type: MediaType | undefined,
  bytes: Buffer,
  isRaw: boolean,
): BodyArguments {
  if (type === undefined) return NONE;
  if (!isRaw && isJsonFamily(type)) return bytes.length === 0 ? NONE : jsonArguments(bytes);
  if (!isRaw && type.value === FORM) return formArguments(bytes.toString("utf8"));
  const isEncoded = type.class === "binary" || type.value === "application/json";
  const text = bytes.toString(isEncoded ? "base64" : "utf8");
  return { type: "value", value: JSON.stringify(text) };
}

const FORM = "application/x-www-form-urlencoded";

function jsonArguments(bytes: Buffer): BodyArguments {
  const text = bytes.toString("utf8");
  return isJsonObject(parseContent(text))
    ? { type: "members", members: memberTexts(text) }
    : { type: "value", value: text.trim() };
}

function formArguments(text: string): BodyArguments {
  if (hasBrokenEscape(text)) throw badContent("Illegal form content: invalid percent-encoding");
  const members = new Map<string, string>();
  for (const [key, value = ""] of parsePairs(text)) members.set(key, JSON.stringify(value));
  return { type: "members", members };
}
