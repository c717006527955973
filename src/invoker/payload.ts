/** Bodies of /init and /run as the runtime contract wants them (openwhisk-execution.md a.1). */
import type { Identity, Json } from "../core/documents.ts";
import type { ExecutableAction } from "../core/executable-action.ts";
import type { Job } from "./job.ts";

/** The run arguments, and the ones that go to /init as environment. */
export type Arguments = { readonly content: string; readonly env: Readonly<Record<string, Json>> };

const NO_ENV = {};

/** Splits the message content by the init keys; arrays pass whole (trap 10). */
export function partitionArguments(job: Job): Arguments {
  const { initArgs } = job.message;
  const content = job.unlocked ?? job.message.content;
  if (initArgs.length === 0) return { content, env: NO_ENV };
  const value = JSON.parse(content) as Json;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { content, env: NO_ENV };
  }
  const entries = Object.entries(value);
  // fromEntries defines members, so that a key "__proto__" stays a plain member.
  const run = Object.fromEntries(entries.filter(([key]) => !initArgs.includes(key)));
  const env = Object.fromEntries(entries.filter(([key]) => initArgs.includes(key)));
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
  const context = {
    ...steadyContext(job),
    activation_id: job.message.activationId,
    transaction_id: job.message.transid.id,
    deadline: String(deadline),
  };
  const value = {
    name: action.name,
    main: action.main,
    code,
    binary: action.binary,
    env: {
      ...Object.fromEntries(Object.entries(env).map(([key, entry]) => [key, asText(entry)])),
      ...Object.fromEntries(
        Object.entries(context).map(([key, entry]) => [`__OW_${key.toUpperCase()}`, entry]),
      ),
    },
  };
  return JSON.stringify({ value });
}

/** JSON text of /run; `content` is spliced in as it is. `deadline`: ms epoch, sent as a string. */
export function runPayload(job: Job, content: string, deadline: number): string {
  const { activationId, transid } = job.message;
  return (
    `{"value":${content}${steadyFields(job)},"activation_id":"${activationId}"` +
    `,"transaction_id":${quoted(transid.id)},"deadline":"${deadline}"}`
  );
}

type SteadyFields = { readonly user: Identity; readonly text: string };
const steady = new WeakMap<ExecutableAction, SteadyFields>();

/** The members of /run that one caller's activations of one action share, as JSON text. */
function steadyFields(job: Job): string {
  const { user } = job.message;
  const known = steady.get(job.action);
  if (known?.user === user) return known.text;
  const members = Object.entries(steadyContext(job)).map(
    ([key, value]) => `,"${key}":${JSON.stringify(value)}`,
  );
  const text = members.join("");
  steady.set(job.action, { user, text });
  return text;
}

function steadyContext({ action, message }: Job): Record<string, string> {
  return {
    namespace: message.user.namespace.name,
    action_name: `/${action.id}`,
    action_version: action.version,
    ...(action.provideApiKey ? { api_key: message.user.authkey } : {}),
  };
}

/** A transaction id may come from the caller and hold anything that a header can. */
function quoted(text: string): string {
  return /^[\w-]*$/.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Environment values are strings: text as it is, null empty, the rest compact JSON. */
function asText(value: Json): string {
  if (typeof value === "string") return value;
  return value === null ? "" : JSON.stringify(value);
}
