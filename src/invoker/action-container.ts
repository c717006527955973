/**
 * One container from its start to its removal: initialises it once for one action, runs jobs in it
 * under their time limit, and reports each result. It decides nothing: the pool does.
 */
import type { Container, ContainerReply } from "../container/driver.ts";
import type { ActivationResponse } from "../core/activation.ts";
import type { ExecutableAction } from "../core/executable-action.ts";
import type { ActionQueue } from "./action-queue.ts";
import type { Job, JobResult } from "./job.ts";
import { failure, initOutcome, runOutcome, type StartedReply, TEXT } from "./outcome.ts";
import { initPayload, partitionArguments, runPayload } from "./payload.ts";

export type ContainerLimits = {
  readonly responseBytesMax: number;
  readonly truncationBytes: number;
};

/** Initialisation as the first activation is charged for it: ms epoch and ms. */
export type InitTiming = { readonly start: number; readonly ms: number };

type Run = {
  readonly job: Job;
  readonly init: InitTiming | undefined;
  readonly done: (result: JobResult | undefined) => void;
  /** Sent while another one ran. */
  readonly isAhead: boolean;
  /** ms epoch; 0 until it begins */
  start: number;
  /** the same, exact, on the monotonic clock */
  begun: number;
  timer: NodeJS.Timeout | undefined;
};

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
  /** What is inside, oldest first; with concurrency 1 only the first has begun. */
  private readonly line: Run[] = [];

  constructor(container: Container, limits: ContainerLimits, nowMs: number) {
    this.container = container;
    this.limits = limits;
    this.lastUsedMs = nowMs;
  }

  get memoryMb(): number {
    return this.container.spec.memoryMb;
  }

  /**
   * `done(undefined, timing)` when it is warm, else with the result of the job that paid for it.
   */
  initialise(
    job: Job,
    code: string,
    done: (failed: JobResult | undefined, timing: InitTiming) => void,
  ): void {
    const { action } = job;
    this.action = action;
    const start = Date.now();
    const limitMs = action.limits.timeout;
    const settle = once((given: ContainerReply | undefined) => {
      const reply = startedReply(given);
      clearTimeout(timer);
      const end = Date.now();
      const response =
        reply === undefined ? failure(2, TEXT.initTimeout(limitMs)) : initOutcome(reply);
      const timing = { start, ms: end - start };
      if (response === undefined) {
        done(undefined, timing);
        return;
      }
      const logs =
        reply === undefined ? this.container.partialLogs(job.message.activationId) : reply.logs;
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
          runMs: 0,
        },
        timing,
      );
    });
    const timer = setTimeout(settle, limitMs, undefined);
    const { env } = partitionArguments(job);
    this.container.init(
      {
        payload: initPayload(job, code, env, start + limitMs),
        concurrency: action.concurrency,
        logBytesMax: action.limits.logs * MB,
        responseBytesMax: this.limits.responseBytesMax,
        truncationBytes: this.limits.truncationBytes,
      },
      settle,
    );
  }

  /**
   * Runs one job; `init` when this job paid for the initialisation. A job that is sent ahead begins
   * when those before it have ended. `done(undefined)`: it has not begun and may run elsewhere.
   */
  run(job: Job, init: InitTiming | undefined, done: (result: JobResult | undefined) => void): void {
    const isAhead = this.line.length > 0 && job.action.concurrency === 1;
    const run: Run = { job, init, done, isAhead, start: 0, begun: 0, timer: undefined };
    this.line.push(run);
    // Also when it is sent ahead: from here on nobody is told before it begins.
    job.state = "running";
    if (this.line.length === 1 || job.action.concurrency > 1) this.begin(run);
    const { content } = partitionArguments(job);
    const deadline = Date.now() + job.action.limits.timeout;
    const settle = (reply: ContainerReply): void => this.settle(run, reply);
    const payload = runPayload(job, content, deadline);
    this.container.run(job.message.activationId, payload, settle, job.reader);
  }

  /** How long the oldest run inside has taken so far, ms; 0 when there is none. */
  get frontMs(): number {
    const [front] = this.line;
    return front === undefined ? 0 : performance.now() - front.begun;
  }

  /** True when more is inside than may run at once. */
  get hasAhead(): boolean {
    return this.action?.concurrency === 1 && this.line.length > 1;
  }

  private begin(run: Run): void {
    run.start = Date.now();
    run.begun = performance.now();
    run.timer = setTimeout(() => this.settle(run, undefined), run.job.action.limits.timeout);
  }

  /** `reply` undefined: the time is up. Called again when a late reply comes. */
  private settle(run: Run, reply: ContainerReply | undefined): void {
    const at = this.line.indexOf(run);
    if (at < 0) return;
    this.line.splice(at, 1);
    clearTimeout(run.timer);
    if (reply?.type === "unstarted" && run.isAhead) {
      run.job.state = "waiting";
      run.job.returns += 1;
      run.done(undefined);
      return;
    }
    const [next] = this.line;
    if (at === 0 && next !== undefined && next.timer === undefined) this.begin(next);
    run.done(this.result(run, startedReply(reply)));
  }

  private result(run: Run, reply: StartedReply | undefined): JobResult {
    const { job, init, start } = run;
    const { action, message } = job;
    const end = Date.now();
    const response =
      reply === undefined
        ? failure(2, TEXT.runTimeout(action.limits.timeout))
        : runOutcome(reply, this.limits.responseBytesMax);
    const logs =
      reply === undefined ? this.container.partialLogs(message.activationId) : reply.logs;
    const initMs = init?.ms ?? 0;
    return {
      response,
      start: start - initMs,
      end,
      duration: end - start + initMs,
      waitTime: waitTime(job, init?.start ?? start),
      initTime: init?.ms,
      timedOut: reply === undefined,
      logs: response.statusCode < 2 ? logs : withFailureLine(logs, response, action, end),
      runMs: performance.now() - run.begun,
    };
  }
}

const EXITED: StartedReply = {
  type: "exited",
  exhaustedMemory: false,
  logs: [],
  logsTruncated: false,
};

/** What was not sent ahead has begun: who says otherwise is user code on our connection. */
function startedReply(reply: ContainerReply | undefined): StartedReply | undefined {
  return reply?.type === "unstarted" ? EXITED : reply;
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
