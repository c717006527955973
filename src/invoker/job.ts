/** One accepted invocation on its way through the pool. */

import type { CompletionHandler } from "../bus/bus.ts";
import type { ActivationResponse } from "../core/activation.ts";
import type { ExecutableAction } from "../core/executable-action.ts";
import type { ActivationMessage } from "../core/messages.ts";
import type { StreamReader } from "../core/result-stream.ts";

export type Job = {
  readonly message: ActivationMessage;
  readonly action: ExecutableAction;
  readonly done: CompletionHandler;
  /** ms epoch */
  readonly queuedMs: number;
  /** The message's content with its locked values in the clear; only in memory. */
  readonly unlocked?: string | undefined;
  /** A 202 was (or is being) promised: its start must be on disk before it runs. */
  accepted: boolean;
  state: "waiting" | "running" | "done";
  /** How often it was sent ahead and came back. */
  returns: number;
  /** Takes the answer if it comes as a stream; undefined: it must not. */
  readonly reader: StreamReader | undefined;
};

/** What became of a job. Times in ms epoch; durations in ms. */
export type JobResult = {
  readonly response: ActivationResponse;
  readonly start: number;
  readonly end: number;
  readonly duration: number;
  readonly waitTime: number;
  /** Absent on a warm start. */
  readonly initTime: number | undefined;
  readonly timedOut: boolean;
  readonly logs: readonly string[];
  /** ms, exact: what the run took as seen from here; 0 when nothing ran. */
  readonly runMs: number;
};

/** Warm reuse needs the same invoking namespace and the same revision of the action (trap 21). */
export function poolKey({ message, action }: Job): string {
  return `${message.user.namespace.name} ${action.id} ${action.revision}`;
}

/** A result for a message that never reached a container. */
export function unstarted(
  message: ActivationMessage,
  response: ActivationResponse,
  nowMs: number,
): JobResult {
  return {
    response,
    start: nowMs,
    end: nowMs,
    duration: 0,
    waitTime: Math.max(0, nowMs - message.transid.start),
    initTime: undefined,
    timedOut: false,
    logs: [],
    runMs: 0,
  };
}
