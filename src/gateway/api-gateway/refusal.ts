/** Answers of the API gateway itself, in the original's form. */
import type { PluginExit } from "../plugin.ts";

const JSON_TYPE = "application/json; charset=utf-8";

/** `{"status": N, "message": "Error: …"}` and a line feed. */
export function errorBody(status: number | string, message: string): string {
  return `${JSON.stringify({ status, message: `Error: ${message}` })}\n`;
}

export function refusal(status: number, message: string): PluginExit {
  return { status, body: errorBody(status, message), headers: { "Content-Type": JSON_TYPE } };
}
