/** The books of one pool's jobs: which wait, how many run, and how each ends. */
import type { ActivationResponse } from "../core/activation.ts";
import type { Identity } from "../core/documents.ts";
import type { ActionQueue } from "./action-queue.ts";
import { type Job, type JobResult, unstarted } from "./job.ts";
import { failure, TEXT } from "./outcome.ts";

export type JobPorts = {
  /** Resolves when the start of an accepted job is on disk. */
  readonly markStarted: (activationId: string) => Promise<void>;
  readonly finish: (job: Job, result: JobResult) => void;
};

export class JobBooks {
  waiting = 0;
  running = 0;
  /** From now on what waits has no future, and what ends was cut off. */
  isStopped = false;
  private readonly ports: JobPorts;
  private onQuiet: (() => void) | undefined;

  constructor(ports: JobPorts) {
    this.ports = ports;
  }

  get isQuiet(): boolean {
    return this.waiting + this.running === 0;
  }

  /** Resolves when no job waits or runs. */
  quiet(): Promise<void> {
    if (this.isQuiet) return Promise.resolve();
    return new Promise((resolve) => {
      this.onQuiet = resolve;
    });
  }

  push(queue: ActionQueue, job: Job): void {
    this.waiting += 1;
    queue.waiting.push(job);
  }

  /** A running job that was sent ahead and did not begin is the first to wait again. */
  putBack(queue: ActionQueue, job: Job): void {
    this.running -= 1;
    this.waiting += 1;
    queue.waiting.unshift(job);
  }

  shift(queue: ActionQueue): Job | undefined {
    const job = queue.waiting.shift();
    if (job !== undefined) this.waiting -= 1;
    return job;
  }

  /**
   * Counts it among the running.
   * @returns what it has to wait for: the start of what was promised with a 202 must be on disk
   */
  begin(job: Job): Promise<void> | undefined {
    this.running += 1;
    job.state = "running";
    if (!job.accepted) return undefined;
    // If the store refuses, it runs all the same: what is promised is one record, not one run.
    return this.ports.markStarted(job.message.activationId).catch(() => undefined);
  }

  end(job: Job, result: JobResult): void {
    job.state = "done";
    this.ports.finish(job, result);
    if (this.isQuiet && this.onQuiet !== undefined) {
      this.onQuiet();
      this.onQuiet = undefined;
    }
  }

  /** The end of a running job that came to a container. */
  endRun(job: Job, result: JobResult): void {
    this.running -= 1;
    this.end(job, this.isStopped ? cutOff(result) : result);
  }

  endUnstarted(job: Job, response: ActivationResponse): void {
    this.end(job, unstarted(job.message, response, Date.now()));
  }

  /** All that wait end, except what was promised with a 202: the next start takes that up. */
  endWaiting(queue: ActionQueue): void {
    for (let job = this.shift(queue); job !== undefined; job = this.shift(queue)) {
      if (!job.accepted) this.endUnstarted(job, failure(3, TEXT.provision));
    }
  }

  /** Those that have waited longer than `waitMsMax` end. */
  endOverdue(queue: ActionQueue, waitMsMax: number): void {
    const nowMs = Date.now();
    for (let job = queue.waiting.peek(); job !== undefined; job = queue.waiting.peek()) {
      const waitedMs = nowMs - job.queuedMs;
      if (waitedMs <= waitMsMax) return;
      this.shift(queue);
      this.endUnstarted(job, failure(3, TEXT.notStarted(waitedMs)));
    }
  }

  /** Those of blocked callers end; those that may stay keep their order. */
  endBlocked(queue: ActionQueue, isBlocked: (caller: Identity) => boolean): void {
    const blocked: Job[] = [];
    // Each once around.
    for (let left = queue.waiting.length; left > 0; left -= 1) {
      const job = queue.waiting.shift();
      if (job === undefined) break;
      if (isBlocked(job.message.user)) blocked.push(job);
      else queue.waiting.push(job);
    }
    this.waiting -= blocked.length;
    for (const job of blocked) this.endUnstarted(job, failure(1, TEXT.blocked));
  }
}

/** The result of a job that was running when the platform was stopped: its end is our doing. */
function cutOff(result: JobResult): JobResult {
  if (result.response.statusCode !== 2) return result;
  return { ...result, response: failure(3, TEXT.runExited) };
}
