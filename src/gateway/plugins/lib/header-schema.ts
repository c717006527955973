/** Parts of schemas that several plugins have in common. */
import type { JsonObject } from "../../../core/documents.ts";

/** A header's value: a text, mostly a template, or a number. */
export const HEADER_VALUE: JsonObject = { oneOf: [{ type: "string" }, { type: "number" }] };

/** Values by header name. */
export const HEADER_MAP: JsonObject = {
  type: "object",
  minProperties: 1,
  patternProperties: { "^[^:]+$": HEADER_VALUE },
};

export const HEADER_NAMES: JsonObject = {
  type: "array",
  minItems: 1,
  items: { type: "string", pattern: "^[^:]+$" },
};

export type HeaderText = string | number;
export type HeaderMap = Readonly<Record<string, HeaderText>>;
