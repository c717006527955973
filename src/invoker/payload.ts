/** Bodies of /init and /run as the runtime contract wants them (openwhisk-execution.md a.1). */
import type { Json, JsonObject } from "../core/documents.ts";
import type { Job } from "./job.ts";

/** The run arguments, and the ones that go to /init as environment. */
export type Arguments = { readonly content: string; readonly env: Readonly<Record<string, Json>> };

const NO_ENV = {};

/** Splits the message content by the init keys; arrays pass whole (trap 10). */
export function partitionArguments(job: Job): Arguments {
  const { content, initArgs } = job.message;
  if (initArgs.length === 0) return { content, env: NO_ENV };
  const value = JSON.parse(content) as Json;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { content, env: NO_ENV };
  }
  const env: JsonObject = {};
  const run: JsonObject = {};
  for (const [key, entry] of Object.entries(value)) {
    (initArgs.includes(key) ? env : run)[key] = entry;
  }
  return { content: JSON.stringify(run), env };
}

/** JSON text of /init. `code`: source text, or base64 when the action is binary. */
export function initPayload(
  job: Job,
  code: string,
  env: Arguments["env"],
  deadline: number,
): string {
  const { action } = job;
  const context = contextFields(job, deadline).map(
    ([key, value]) => [`__OW_${key.toUpperCase()}`, value] as const,
  );
  const value = {
    name: action.name,
    main: action.main,
    code,
    binary: action.binary,
    env: {
      ...Object.fromEntries(Object.entries(env).map(([key, entry]) => [key, asText(entry)])),
      ...Object.fromEntries(context),
    },
  };
  return JSON.stringify({ value });
}

/** JSON text of /run; `content` is spliced in as it is. `deadline`: ms epoch, sent as a string. */
export function runPayload(job: Job, content: string, deadline: number): string {
  let text = `{"value":${content}`;
  for (const [key, value] of contextFields(job, deadline)) {
    text += `,"${key}":${JSON.stringify(value)}`;
  }
  return `${text}}`;
}

function contextFields(job: Job, deadline: number): (readonly [string, string])[] {
  const { action, message } = job;
  const fields: (readonly [string, string])[] = [
    ["namespace", message.user.namespace.name],
    ["action_name", `/${action.id}`],
    ["action_version", action.version],
    ["activation_id", message.activationId],
    ["transaction_id", message.transid.id],
    ["deadline", String(deadline)],
  ];
  if (action.provideApiKey) fields.push(["api_key", message.user.authkey]);
  return fields;
}

/** Environment values are strings: text as it is, null empty, the rest compact JSON. */
function asText(value: Json): string {
  if (typeof value === "string") return value;
  return value === null ? "" : JSON.stringify(value);
}
