/**
 * One container from its start to its removal: initialises it once for one action, runs jobs in it
 * under their time limit, and reports each result. It decides nothing: the pool does.
 */
import type { Container, ContainerReply } from "../container/driver.ts";
import type { ActivationResponse } from "../core/activation.ts";
import type { ExecutableAction } from "../core/executable-action.ts";
import type { ActionQueue } from "./action-queue.ts";
import type { Job, JobResult } from "./job.ts";
import { failure, initOutcome, runOutcome, TEXT } from "./outcome.ts";
import { initPayload, partitionArguments, runPayload } from "./payload.ts";

export type ContainerLimits = {
  readonly responseBytesMax: number;
  readonly truncationBytes: number;
};

/** Initialisation as the first activation is charged for it: ms epoch and ms. */
export type InitTiming = { readonly start: number; readonly ms: number };

const MB = 1024 * 1024;

export class ActionContainer {
  readonly container: Container;
  /** Set by `initialise`: the one action that it serves from then on. */
  action: ExecutableAction | undefined;
  /** Where it serves, once warm. */
  queue: ActionQueue | undefined;
  /** Jobs inside. */
  active = 0;
  /** No new jobs; removed when empty. */
  draining = false;
  removed = false;
  /** ms epoch */
  lastUsedMs: number;
  private readonly limits: ContainerLimits;

  constructor(container: Container, limits: ContainerLimits, nowMs: number) {
    this.container = container;
    this.limits = limits;
    this.lastUsedMs = nowMs;
  }

  get memoryMb(): number {
    return this.container.spec.memoryMb;
  }

  /** `done(undefined, timing)` when it is warm, else with the result of the job that paid for it. */
  initialise(
    job: Job,
    code: string,
    done: (failed: JobResult | undefined, timing: InitTiming) => void,
  ): void {
    const { action } = job;
    this.action = action;
    const start = Date.now();
    const limitMs = action.limits.timeout;
    const settle = once((reply: ContainerReply | undefined) => {
      clearTimeout(timer);
      const end = Date.now();
      const response =
        reply === undefined ? failure(2, TEXT.initTimeout(limitMs)) : initOutcome(reply);
      const timing = { start, ms: end - start };
      if (response === undefined) {
        done(undefined, timing);
        return;
      }
      const logs = reply?.logs ?? this.container.partialLogs(job.message.activationId);
      done(
        {
          response,
          start,
          end,
          duration: timing.ms,
          waitTime: waitTime(job, start),
          initTime: timing.ms,
          timedOut: reply === undefined,
          logs: withFailureLine(logs, response, action, end),
        },
        timing,
      );
    });
    const timer = setTimeout(settle, limitMs, undefined);
    const { env } = partitionArguments(job);
    this.container.init(
      {
        payload: initPayload(job, code, env, start + limitMs),
        concurrency: action.limits.concurrency,
        logBytesMax: action.limits.logs * MB,
        responseBytesMax: this.limits.responseBytesMax,
        truncationBytes: this.limits.truncationBytes,
      },
      settle,
    );
  }

  /** Runs one job; `init` when this job paid for the initialisation. */
  run(job: Job, init: InitTiming | undefined, done: (result: JobResult) => void): void {
    const { action, message } = job;
    const start = Date.now();
    const limitMs = action.limits.timeout;
    let open = true;
    const settle = (reply: ContainerReply | undefined): void => {
      if (!open) return;
      open = false;
      clearTimeout(timer);
      const end = Date.now();
      const response =
        reply === undefined
          ? failure(2, TEXT.runTimeout(limitMs))
          : runOutcome(reply, this.limits.responseBytesMax);
      const logs = reply?.logs ?? this.container.partialLogs(message.activationId);
      const initMs = init?.ms ?? 0;
      const result: JobResult = {
        response,
        start: start - initMs,
        end,
        duration: end - start + initMs,
        waitTime: waitTime(job, init?.start ?? start),
        initTime: init?.ms,
        timedOut: reply === undefined,
        logs: response.statusCode < 2 ? logs : withFailureLine(logs, response, action, end),
      };
      done(result);
    };
    const timer = setTimeout(settle, limitMs, undefined);
    const { content } = partitionArguments(job);
    const payload = runPayload(job, content, start + limitMs);
    this.container.run(message.activationId, payload, settle);
  }
}

function waitTime(job: Job, startMs: number): number {
  return Math.max(0, startMs - job.message.transid.start);
}

/** A developer error says on stderr that logs may lack (openwhisk-execution.md a.2). */
function withFailureLine(
  logs: readonly string[],
  response: ActivationResponse,
  action: ExecutableAction,
  nowMs: number,
): readonly string[] {
  if (response.statusCode !== 2 || action.limits.logs === 0) return logs;
  const stamp = new Date(nowMs).toISOString().padEnd(30);
  return [...logs, `${stamp} stderr: ${TEXT.logsMissing}`];
}

function once<T>(handler: (value: T) => void): (value: T) => void {
  let open = true;
  return (value) => {
    if (!open) return;
    open = false;
    handler(value);
  };
}
