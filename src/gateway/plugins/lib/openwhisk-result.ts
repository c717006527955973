/** What an answer of OpenWhisk's API makes of the gateway's answer (apisix-gateway.md 3.3). */
import type { Json, JsonObject } from "../../../core/documents.ts";
import type { PluginExit } from "../../plugin.ts";

/** The result of an action decides of itself only by these members. */
const MEMBERS = /\\|"(?:statusCode|headers|body)"/;

/**
 * The answer, or why there is none. `text` is OpenWhisk's body; an object may say status, headers
 * and body itself, everything else goes on as it came. `isOwnJson`: what it is made of is known.
 */
export function exitOf(
  status: number,
  text: string,
  isOwnJson = false,
): PluginExit | { readonly problem: string } {
  if (isOwnJson && !MEMBERS.test(text)) return { status, body: text };
  let result: Json;
  try {
    result = JSON.parse(text) as Json;
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  if (result === false) return { problem: "the result is false" };
  const isObject = typeof result === "object" && result !== null && !Array.isArray(result);
  if (!isObject || !MEMBERS.test(text)) return { status, body: text };
  return exitOfObject(status, text, result as JsonObject);
}

function exitOfObject(status: number, text: string, result: JsonObject): PluginExit {
  const { statusCode, headers, body } = result;
  const code = statusCode === undefined || statusCode === false ? status : statusCode;
  // As in the original, where a status that is no number ends the request in an error.
  if (!isStatus(code)) return { status: 500 };
  return { status: code, headers: fieldsOf(headers), body: bodyOf(body, text) };
}

function isStatus(code: Json): code is number {
  return typeof code === "number" && Number.isInteger(code) && code >= 200 && code <= 999;
}

function bodyOf(body: Json | undefined, text: string): Json {
  if (body === undefined || body === false) return text;
  return typeof body === "object" && body !== null ? body : String(body);
}

/** Names and framing are looked at where the answer is made. */
function fieldsOf(headers: Json | undefined): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {};
  if (typeof headers !== "object" || headers === null || Array.isArray(headers)) return fields;
  for (const [name, value] of Object.entries(headers)) {
    if (Array.isArray(value)) fields[name] = value.filter(isPlain).map(String);
    else if (isPlain(value)) fields[name] = String(value);
  }
  return fields;
}

function isPlain(value: Json): boolean {
  return typeof value !== "object";
}
