/** What a function wants: an end of the request, or a piece of a body. */
import type { Json } from "../../core/documents.ts";
import type { PluginExit } from "../plugin.ts";
import { ScriptError } from "./engine-errors.ts";
import { headerName, statusOf } from "./sandbox-api.ts";

/** `text` is JSON of `{ status, body, headers }`; throws `ScriptError` when it makes no answer. */
export function exitOfText(text: string): PluginExit {
  const { status, body, headers } = JSON.parse(text) as Record<string, Json>;
  try {
    return {
      status: status === undefined || status === null ? 200 : statusOf(status),
      ...(body === undefined || body === null ? {} : { body: plain(body) }),
      headers: fieldsOf(headers),
    };
  } catch (error) {
    throw new ScriptError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function plain(body: Json): Json {
  return typeof body === "object" ? body : String(body);
}

function fieldsOf(headers: Json | undefined): Record<string, string | string[]> {
  if (headers === undefined || headers === null) return {};
  if (typeof headers !== "object" || Array.isArray(headers)) throw new Error("headers: an object");
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      headerName(name),
      Array.isArray(value) ? value.map(String) : String(value),
    ]),
  );
}
