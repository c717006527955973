/**
 * How the reply of a container becomes the response of an activation
 * (openwhisk-execution.md a.1 "How the platform interprets the response"; texts exact).
 */
import type { ContainerReply } from "../container/driver.ts";
import type { ActivationResponse } from "../core/activation.ts";
import type { StatusCode } from "../core/documents.ts";

/** A reply of an activation that has begun. */
export type StartedReply = Exclude<ContainerReply, { readonly type: "unstarted" }>;

export const TEXT = {
  initTimeout: (ms: number): string =>
    `The action exceeded its time limits of ${ms} milliseconds during initialization.`,
  runTimeout: (ms: number): string => `The action exceeded its time limits of ${ms} milliseconds.`,
  initExited: "The action did not initialize and exited unexpectedly.",
  runExited: "The action did not produce a valid response and exited unexpectedly.",
  memory: "The action exhausted its memory and was aborted.",
  provision: "Failed to provision resources to run the action.",
  deleted: "Action could not be found or may have been deleted.",
  mismatch: "Action version is not compatible and cannot be invoked.",
  notFetched: "Action could not be fetched.",
  blocked: "The action was not invoked due to a blacklisted namespace.",
  locked: "The parameters of the action could not be decrypted.",
  notStarted: (ms: number): string => `Activation processing is not initiated for ${ms} ms`,
  logsMissing: "The action did not initialize or run as expected. Log data might be missing.",
} as const;

/** A response made by the platform: no size. */
export function failure(statusCode: StatusCode, text: string): ActivationResponse {
  return { statusCode, result: JSON.stringify({ error: text }) };
}

/** Response of an /init that failed, or undefined when it succeeded. */
export function initOutcome(reply: StartedReply): ActivationResponse | undefined {
  if (reply.type === "exited") {
    return failure(2, reply.exhaustedMemory ? TEXT.memory : TEXT.initExited);
  }
  if (reply.status === 200) return undefined;
  const error = errorOf(parsed(reply.body));
  if (error !== undefined) return { statusCode: 2, result: error, size: reply.body.length };
  const text = reply.body === "" ? "." : `: ${reply.body}`;
  return failure(2, `The action failed during initialization${text}`);
}

/** Response of a /run. `bytesMax`: longest body accepted. */
export function runOutcome(reply: StartedReply, bytesMax: number): ActivationResponse {
  if (reply.type === "exited") {
    return failure(2, reply.exhaustedMemory ? TEXT.memory : TEXT.runExited);
  }
  if (reply.bodyBytes > bytesMax) return tooLong(reply.body, reply.bodyBytes, bytesMax);
  const value = parsed(reply.body);
  const error = errorOf(value);
  if (error !== undefined) {
    const statusCode = reply.status === 200 ? 1 : 2;
    return { statusCode, result: error, size: reply.body.length };
  }
  if (reply.status === 200 && typeof value === "object" && value !== null) {
    return { statusCode: 0, result: reply.body, size: reply.body.length };
  }
  return invalid(reply.body);
}

function tooLong(body: string, bytes: number, bytesMax: number): ActivationResponse {
  const text =
    `The action produced a response that exceeded the allowed length: ${bytes} > ${bytesMax} ` +
    `bytes. The truncated response was: ${body}`;
  return { ...failure(1, text), size: bytes };
}

function invalid(body: string): ActivationResponse {
  const text = body === "" ? "." : `: ${body}`;
  const message = `The action did not produce a valid JSON or JSON Array response${text}`;
  return { ...failure(2, message), size: body.length };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined; // Not JSON is one of the outcomes, not a fault.
  }
}

/** JSON text of `{"error": …}` alone when the value has that key: other keys are dropped. */
function errorOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  if (!Object.hasOwn(value, "error")) return undefined;
  return JSON.stringify({ error: (value as { readonly error: unknown }).error });
}
