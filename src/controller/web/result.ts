/**
 * From the result of an action to the answer of an extension (openwhisk-web-and-composition.md 1.6,
 * 1.7, 1.8).
 */
import type { ActivationParts } from "../../core/activation-format.ts";
import type { Json } from "../../core/documents.ts";
import { memberTexts, prettyJson } from "../../lib/json-text.ts";
import { content, failure, notValid, type WebAnswer } from "./answer.ts";
import { httpAnswer } from "./http-result.ts";
import type { Extension } from "./url.ts";

type Finished = Pick<ActivationParts, "statusCode" | "result">;

/** The answer to an activation that has ended. */
export function webAnswer(
  extension: Extension,
  { statusCode, result = "{}" }: Finished,
): WebAnswer {
  if (statusCode > 1) return failure(400, "There was an error processing your request.");
  // The original takes the result for an object before it looks at it.
  if (!result.trimStart().startsWith("{"))
    return failure(500, "There was an internal server error.");
  if (statusCode === 0) return TRANSCODERS[extension](result);
  const error = memberTexts(result).get("error");
  return error === undefined ? noProperty() : TRANSCODERS[extension](error);
}

/** Takes JSON text: a result, or the value of its `error`. */
type Transcoder = (text: string) => WebAnswer;

const TRANSCODERS: Readonly<Record<Extension, Transcoder>> = {
  http: httpAnswer,
  json: (text) =>
    text.startsWith("{") || text.startsWith("[")
      ? content("application/json", prettyJson(text))
      : notValid("application/json"),
  html: (text) => page(text, "html", "text/html", "; charset=UTF-8"),
  svg: (text) => page(text, "svg", "image/svg+xml", ""),
  text: (text) => {
    const value = property(text, "text");
    return value === undefined ? noProperty() : content("text/plain; charset=UTF-8", plain(value));
  },
};

function page(text: string, key: string, type: string, charset: string): WebAnswer {
  const value = property(text, key);
  return value?.startsWith('"') ? content(type + charset, parseText(value)) : notValid(type);
}

/** `body`, else the member named like the extension; a value that is no object itself. */
function property(text: string, key: string): string | undefined {
  if (!text.startsWith("{")) return text;
  const members = memberTexts(text);
  return members.get("body") ?? members.get(key);
}

function plain(value: string): string {
  if (value.startsWith('"')) return parseText(value);
  return value.startsWith("{") || value.startsWith("[") ? prettyJson(value) : value;
}

function parseText(text: string): string {
  return String(JSON.parse(text) as Json);
}

function noProperty(): WebAnswer {
  return failure(404, "Response does not include requested property.");
}
