/**
 * Containers on their way up for a queue: taken from the prewarmed or created, then initialised for
 * the job that has waited longest. What becomes of them is told to the pool.
 */
import type { ExecutableAction } from "../core/executable-action.ts";
import type { ActionContainer, InitTiming } from "./action-container.ts";
import type { ActionQueue } from "./action-queue.ts";
import type { ContainerBooks } from "./container-books.ts";
import { type Job, type JobResult, unstarted } from "./job.ts";
import type { JobBooks } from "./job-books.ts";
import { failure, TEXT } from "./outcome.ts";
import type { StemCells } from "./stem-cells.ts";

export type StartPorts = {
  readonly books: ContainerBooks;
  readonly jobs: JobBooks;
  readonly stemCells: StemCells;
  /** Source text or base64 of an action's code. */
  readonly loadCode: (action: ExecutableAction) => Promise<string>;
  readonly log: (level: "error", message: string, fields: object) => void;
  /** It is initialised; `job` has paid for it and may run. */
  readonly onWarm: (
    queue: ActionQueue,
    container: ActionContainer,
    job: Job,
    timing: InitTiming,
  ) => void;
  /** It is started: another start may begin. */
  readonly onUp: (queue: ActionQueue) => void;
  /** It was not needed or has failed: its memory may serve others, or the queue again. */
  readonly onNothing: (queue: ActionQueue) => void;
};

export type StartCounts = {
  cold: number;
  prewarmed: number;
  evicted: number;
  startFailed: number;
};

/** What a start takes until one has been seen. */
const COLD_START_MS = 30;
/** Weight of the newest start in the usual time of one. */
const NEWEST = 0.2;

export class ContainerStarts {
  readonly counts: StartCounts = { cold: 0, prewarmed: 0, evicted: 0, startFailed: 0 };
  /** What a start without prewarm usually takes, ms. */
  usualMs = COLD_START_MS;
  private readonly ports: StartPorts;

  constructor(ports: StartPorts) {
    this.ports = ports;
  }

  start(queue: ActionQueue, how: "prewarm" | "create" | "evict"): void {
    const { books, stemCells } = this.ports;
    queue.starting += 1;
    const { runtime, limits } = queue.action;
    if (how === "prewarm") {
      const container = books.prewarm.take(runtime, limits.memory);
      if (container !== undefined) {
        this.counts.prewarmed += 1;
        this.initialise(queue, container);
        stemCells.refillSoon();
        return;
      }
    }
    if (how === "evict") this.counts.evicted += books.evict(limits.memory);
    this.create(queue);
  }

  private create(queue: ActionQueue): void {
    const { runtime, limits, id } = queue.action;
    this.counts.cold += 1;
    const createdMs = performance.now();
    const container = this.ports.books.create(runtime, limits.memory, id.replaceAll("/", "_"));
    container.container.ready.then(
      () => {
        this.usualMs += (performance.now() - createdMs - this.usualMs) * NEWEST;
        this.initialise(queue, container);
        this.ports.onUp(queue);
      },
      (cause: unknown) => this.failed(queue, container, cause),
    );
  }

  private failed(queue: ActionQueue, container: ActionContainer, cause: unknown): void {
    const { books, jobs, log, onNothing } = this.ports;
    this.counts.startFailed += 1;
    log("error", "a container could not be started", {
      kind: queue.action.kind,
      reason: reasonOf(cause),
    });
    queue.starting -= 1;
    books.remove(container);
    const job = jobs.shift(queue);
    if (job !== undefined) jobs.endUnstarted(job, failure(3, TEXT.provision));
    onNothing(queue);
  }

  /** For the queue's oldest job; without one it is kept as a spare. */
  private initialise(queue: ActionQueue, container: ActionContainer): void {
    const { jobs, onNothing } = this.ports;
    const job = jobs.shift(queue);
    if (job === undefined) {
      queue.starting -= 1;
      this.spare(container);
      onNothing(queue);
      return;
    }
    queue.initialising += 1;
    const marked = jobs.begin(job);
    if (marked === undefined) this.initialiseFor(queue, container, job);
    else void marked.then(() => this.initialiseFor(queue, container, job));
  }

  private initialiseFor(queue: ActionQueue, container: ActionContainer, job: Job): void {
    this.ports.loadCode(job.action).then(
      (code) =>
        container.initialise(job, code, (failed, timing) => {
          this.initialised(queue);
          if (failed === undefined) this.ports.onWarm(queue, container, job, timing);
          else this.initFailed(queue, container, job, failed);
        }),
      (cause: unknown) => {
        this.initialised(queue);
        this.notFetched(queue, container, job, cause);
      },
    );
  }

  private initialised(queue: ActionQueue): void {
    queue.starting -= 1;
    queue.initialising -= 1;
  }

  private notFetched(
    queue: ActionQueue,
    container: ActionContainer,
    job: Job,
    cause: unknown,
  ): void {
    const { jobs, log, onNothing } = this.ports;
    log("error", "the code of an action could not be read", {
      action: job.action.id,
      reason: reasonOf(cause),
    });
    this.spare(container);
    jobs.endRun(job, unstarted(job.message, failure(3, TEXT.notFetched), Date.now()));
    onNothing(queue);
  }

  /** Jobs that would have been in this container share its failure (openwhisk-execution.md b.1). */
  private initFailed(
    queue: ActionQueue,
    container: ActionContainer,
    job: Job,
    failed: JobResult,
  ): void {
    const { books, jobs, onNothing } = this.ports;
    books.remove(container);
    jobs.endRun(job, failed);
    for (let place = 1; place < queue.concurrency; place += 1) {
      const next = jobs.shift(queue);
      if (next === undefined) break;
      const { message } = next;
      jobs.end(next, { ...unstarted(message, failed.response, failed.end), logs: failed.logs });
    }
    onNothing(queue);
  }

  /** A started container that nobody needs any more: useful as a stem cell, or gone. */
  private spare(container: ActionContainer): void {
    const { books, stemCells } = this.ports;
    if (!container.removed && !stemCells.keep(container)) books.remove(container);
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
