/**
 * The containers of one invoker: takes jobs, finds each a container by `plan`, and gives back the
 * results. Memory is the unit of admission, as in the original (openwhisk-execution.md b.1). All
 * state lives on one thread; nothing here waits.
 */
import type { ContainerDriver } from "../container/driver.ts";
import type { Identity } from "../core/documents.ts";
import type { ExecutableAction } from "../core/executable-action.ts";
import type { ActionContainer, ContainerLimits, InitTiming } from "./action-container.ts";
import { ActionQueue, AHEAD_FRONT_MS } from "./action-queue.ts";
import { ContainerBooks } from "./container-books.ts";
import { type Job, type JobResult, unstarted } from "./job.ts";
import { failure, TEXT } from "./outcome.ts";
import { plan } from "./plan.ts";
import { type StemCell, StemCells } from "./stem-cells.ts";

export type PoolOptions = {
  readonly memoryMb: number;
  /** An idle container goes after this time. */
  readonly idleTimeoutMs: number;
  /** A job that waited longer is ended with statusCode 3. */
  readonly waitMsMax: number;
  readonly stemCells: readonly StemCell[];
  /** Containers that may be on their way up at once. */
  readonly startsMax: number;
  readonly limits: ContainerLimits;
  readonly log: (level: "info" | "warn" | "error", message: string, fields?: object) => void;
};

export type PoolPorts = {
  readonly driver: ContainerDriver;
  /** Source text or base64 of an action's code. */
  readonly loadCode: (action: ExecutableAction) => Promise<string>;
  /** Resolves when the start of an accepted job is on disk. */
  readonly markStarted: (activationId: string) => Promise<void>;
  readonly finish: (job: Job, result: JobResult) => void;
};

export type PoolCounts = {
  cold: number;
  prewarmed: number;
  warm: number;
  evicted: number;
  startFailed: number;
};

/** How often waiting jobs are looked at when nothing else happens. */
const TICK_MS = 10;
/** A queue that waits for memory this long makes busy actions give up a container. */
const STARVED_MS = 250;
const COLD_START_MS = 30;

export class ContainerPool {
  readonly counts: PoolCounts = { cold: 0, prewarmed: 0, warm: 0, evicted: 0, startFailed: 0 };
  private readonly ports: PoolPorts;
  private readonly options: PoolOptions;
  private readonly queues = new Map<string, ActionQueue>();
  private readonly books: ContainerBooks;
  private readonly stemCells: StemCells;
  /** Queues that wait for memory; the longest waiting first. */
  private readonly starved = new Map<ActionQueue, number>();
  private waitingCount = 0;
  private runningCount = 0;
  private coldStartMs = COLD_START_MS;
  private tick: NodeJS.Timeout | undefined;
  private sweep: NodeJS.Timeout | undefined;
  private isStopped = false;
  private onQuiet: (() => void) | undefined;

  constructor(ports: PoolPorts, options: PoolOptions) {
    this.ports = ports;
    this.options = options;
    const { log, memoryMb, limits, stemCells } = options;
    this.books = new ContainerBooks({
      driver: ports.driver,
      memoryMb,
      limits,
      log,
      onExit: (container) => this.exited(container),
    });
    this.stemCells = new StemCells(this.books, {
      targets: stemCells,
      log,
      onReady: () => {
        for (const queue of [...this.queues.values()]) this.serve(queue);
      },
    });
  }

  get stats(): {
    readonly waiting: number;
    readonly running: number;
    readonly containers: number;
    readonly idle: number;
    readonly prewarmed: number;
    readonly usedMb: number;
    /** Actions that something is kept for. */
    readonly actions: number;
  } {
    return {
      waiting: this.waitingCount,
      running: this.runningCount,
      containers: this.books.size,
      idle: this.books.idleCount,
      prewarmed: this.books.prewarm.size,
      usedMb: this.books.usedMb,
      actions: this.queues.size,
    };
  }

  start(): void {
    this.stemCells.refill();
    const everyMs = Math.max(100, Math.min(this.options.idleTimeoutMs / 2, 10_000));
    this.sweep = setInterval(
      () => this.books.removeIdleSince(Date.now() - this.options.idleTimeoutMs),
      everyMs,
    );
    this.sweep.unref();
  }

  /** Takes a job; exactly one `finish` follows. */
  submit(job: Job): void {
    const key = poolKey(job);
    let queue = this.queues.get(key);
    if (queue === undefined) {
      queue = new ActionQueue(key, job.action);
      this.queues.set(key, queue);
    }
    if (queue.waiting.length === 0) {
      const container = this.takeWarm(queue);
      if (container !== undefined) {
        this.run(queue, container, job, undefined);
        return;
      }
    }
    this.waitingCount += 1;
    queue.waiting.push(job);
    this.serve(queue);
  }

  /**
   * Ends the waiting jobs of callers who may no longer run anything, as the original's invokers do
   * (openwhisk-api.md 3.5, `blockedNamespaces`); what has been handed to a container goes on.
   */
  refuse(isBlocked: (caller: Identity) => boolean): void {
    for (const queue of [...this.queues.values()]) {
      const refused: Job[] = [];
      // Each once around: those that may stay keep their order.
      for (let left = queue.waiting.length; left > 0; left -= 1) {
        const job = queue.waiting.shift();
        if (job === undefined) break;
        if (isBlocked(job.message.user)) refused.push(job);
        else queue.waiting.push(job);
      }
      this.waitingCount -= refused.length;
      const now = Date.now();
      for (const job of refused) {
        this.end(job, unstarted(job.message, failure(1, TEXT.blocked), now));
      }
      if (queue.waiting.length === 0) this.starved.delete(queue);
      this.forget(queue);
    }
  }

  /** Resolves when no job waits or runs. */
  quiet(): Promise<void> {
    if (this.waitingCount + this.runningCount === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onQuiet = resolve;
    });
  }

  /**
   * Starts nothing more. What waits ends as a whisk error, except what was promised with a 202:
   * that is taken up by the next start. What runs ends when the driver is stopped.
   */
  stop(): void {
    this.isStopped = true;
    clearInterval(this.sweep);
    clearInterval(this.tick);
    this.stemCells.stop();
    for (const queue of this.queues.values()) this.endWaiting(queue);
  }

  private endWaiting(queue: ActionQueue): void {
    for (let job = this.shiftWaiting(queue); job !== undefined; job = this.shiftWaiting(queue)) {
      if (job.accepted) continue;
      this.end(job, unstarted(job.message, failure(3, TEXT.provision), Date.now()));
    }
  }

  private takeWarm(queue: ActionQueue): ActionContainer | undefined {
    const container = queue.take();
    if (container !== undefined) this.books.unpark(container);
    return container;
  }

  /** Applies the plan until the queue is empty or has to wait. */
  private serve(queue: ActionQueue): void {
    // Also what comes, or is given back by a container, after the stop.
    if (this.isStopped) this.endWaiting(queue);
    while (queue.waiting.length > 0) {
      const decision = this.planFor(queue);
      if (decision === "queue" || decision === "wait") {
        if (decision === "wait" && !this.starved.has(queue)) this.starved.set(queue, Date.now());
        this.watch();
        return;
      }
      if (decision === "reuse") {
        const container = this.takeWarm(queue);
        const job = this.shiftWaiting(queue);
        if (container === undefined || job === undefined) return;
        this.run(queue, container, job, undefined);
      } else if (decision === "ahead") {
        const container = queue.ahead;
        const job = this.shiftWaiting(queue);
        if (container === undefined || job === undefined) return;
        queue.enter(container);
        this.run(queue, container, job, undefined);
        this.watch();
      } else {
        this.startContainer(queue, decision);
      }
    }
    this.starved.delete(queue);
  }

  private planFor(queue: ActionQueue): ReturnType<typeof plan> {
    const { limits, runtime } = queue.action;
    const oldest = queue.waiting.peek();
    const decision = plan({
      waiting: queue.waiting.length,
      freePlaces: queue.freePlaces,
      startingPlaces: queue.startingPlaces,
      placesAhead: queue.ahead === undefined ? 0 : 1,
      warmPlaces: queue.warm.size * queue.concurrency,
      recentRunMs: queue.recentRunMs,
      waitedMs: oldest === undefined ? 0 : Date.now() - oldest.queuedMs,
      coldStartMs: this.coldStartMs,
      hasPrewarm: this.books.prewarm.count(runtime, limits.memory) > 0,
      memoryNeededMb: limits.memory,
      memoryFreeMb: this.books.freeMb,
      memoryIdleMb: this.books.reclaimableMb,
    });
    const isStart = decision === "create" || decision === "evict";
    return isStart && this.books.starting >= this.options.startsMax ? "queue" : decision;
  }

  private startContainer(queue: ActionQueue, how: "prewarm" | "create" | "evict"): void {
    queue.starting += 1;
    const { runtime, limits } = queue.action;
    if (how === "prewarm") {
      const container = this.books.prewarm.take(runtime, limits.memory);
      if (container !== undefined) {
        this.counts.prewarmed += 1;
        this.initialise(queue, container);
        this.stemCells.refillSoon();
        return;
      }
    }
    if (how === "evict") this.counts.evicted += this.books.evict(limits.memory);
    this.counts.cold += 1;
    const createdMs = performance.now();
    const label = queue.action.id.replaceAll("/", "_");
    const container = this.books.create(runtime, limits.memory, label);
    container.container.ready.then(
      () => {
        this.coldStartMs += (performance.now() - createdMs - this.coldStartMs) * 0.2;
        this.initialise(queue, container);
        this.serveOthers(queue);
      },
      (cause: unknown) => this.startFailed(queue, container, cause),
    );
  }

  private startFailed(queue: ActionQueue, container: ActionContainer, cause: unknown): void {
    this.counts.startFailed += 1;
    this.options.log("error", "a container could not be started", {
      kind: queue.action.kind,
      reason: cause instanceof Error ? cause.message : String(cause),
    });
    queue.starting -= 1;
    this.remove(container);
    const job = this.shiftWaiting(queue);
    if (job !== undefined) {
      this.end(job, unstarted(job.message, failure(3, TEXT.provision), Date.now()));
    }
    this.serveOthers(undefined);
    this.serve(queue);
    this.forget(queue);
  }

  /** Initialises a started container for the queue's oldest job, or keeps it as a spare. */
  private initialise(queue: ActionQueue, container: ActionContainer): void {
    const job = this.shiftWaiting(queue);
    if (job === undefined) {
      queue.starting -= 1;
      this.spare(container);
      this.forget(queue);
      return;
    }
    queue.initialising += 1;
    this.runningCount += 1;
    this.afterStartMark(job, () => this.initialiseFor(queue, container, job));
  }

  private initialiseFor(queue: ActionQueue, container: ActionContainer, job: Job): void {
    this.ports.loadCode(job.action).then(
      (code) =>
        container.initialise(job, code, (failed, timing) => {
          queue.starting -= 1;
          queue.initialising -= 1;
          if (failed === undefined) this.initialised(queue, container, job, timing);
          else this.initFailed(queue, container, job, failed);
        }),
      (cause: unknown) => {
        queue.starting -= 1;
        queue.initialising -= 1;
        this.options.log("error", "the code of an action could not be read", {
          action: job.action.id,
          reason: cause instanceof Error ? cause.message : String(cause),
        });
        this.spare(container);
        this.runningCount -= 1;
        this.end(job, unstarted(job.message, failure(3, TEXT.notFetched), Date.now()));
        this.serve(queue);
        this.forget(queue);
      },
    );
  }

  private initialised(
    queue: ActionQueue,
    container: ActionContainer,
    job: Job,
    timing: InitTiming,
  ): void {
    // If it died since, the run will say so.
    if (!container.removed) {
      container.queue = queue;
      queue.add(container);
    }
    queue.enter(container);
    this.runningCount -= 1;
    this.run(queue, container, job, timing);
    this.serve(queue);
  }

  /** Jobs that would have been in this container share its failure (openwhisk-execution.md b.1). */
  private initFailed(
    queue: ActionQueue,
    container: ActionContainer,
    job: Job,
    failed: JobResult,
  ): void {
    this.remove(container);
    this.runningCount -= 1;
    this.end(job, this.isStopped ? cutOff(failed) : failed);
    for (let place = 1; place < queue.concurrency; place += 1) {
      const next = this.shiftWaiting(queue);
      if (next === undefined) break;
      this.end(next, {
        ...unstarted(next.message, failed.response, failed.end),
        logs: failed.logs,
      });
    }
    this.serveOthers(queue);
    this.serve(queue);
    this.forget(queue);
  }

  /** Runs `job` in a place of `container` that is already taken. */
  private run(
    queue: ActionQueue,
    container: ActionContainer,
    job: Job,
    init: InitTiming | undefined,
  ): void {
    this.runningCount += 1;
    if (init === undefined) {
      this.counts.warm += 1;
      if (job.accepted) {
        this.afterStartMark(job, () => this.runNow(queue, container, job, init));
        return;
      }
    }
    this.runNow(queue, container, job, init);
  }

  private runNow(
    queue: ActionQueue,
    container: ActionContainer,
    job: Job,
    init: InitTiming | undefined,
  ): void {
    container.run(job, init, (result) => {
      this.runningCount -= 1;
      if (result === undefined) {
        this.giveBack(queue, container, job);
        return;
      }
      queue.learn(result.runMs);
      this.settle(queue, container, result);
      this.end(job, this.isStopped ? cutOff(result) : result);
    });
  }

  /** A job that was sent ahead and did not begin is the first to wait again. */
  private giveBack(queue: ActionQueue, container: ActionContainer, job: Job): void {
    queue.release(container);
    queue.waiting.unshift(job);
    this.waitingCount += 1;
    // After the others of the same turn, so that they keep their order.
    queueMicrotask(() => this.serve(queue));
  }

  /** What happens to the container after a run. */
  private settle(queue: ActionQueue, container: ActionContainer, result: JobResult): void {
    container.lastUsedMs = result.end;
    // Developer and whisk errors, timeouts among them, may leave anything behind.
    if (result.response.statusCode >= 2 && !container.draining) {
      container.draining = true;
      queue.remove(container);
    }
    queue.release(container);
    if (container.draining || container.removed) {
      // What runs beside it goes on until it ends or its own time is up; what stands behind it may
      // run elsewhere.
      const isStuck = result.timedOut && queue.concurrency === 1;
      if (container.active === 0 || isStuck) this.remove(container);
      this.serveOthers(queue);
      this.serve(queue);
      this.forget(queue);
      return;
    }
    const mustYield = this.mustYield(queue);
    if (!mustYield) this.refillContainer(queue, container);
    if (container.active === 0) {
      this.books.park(container);
      if (this.starved.size > 0) this.serveOthers(queue);
    }
    if (mustYield) this.serve(queue);
  }

  /** Waiting jobs go straight into the place that has become free. */
  private refillContainer(queue: ActionQueue, container: ActionContainer): void {
    for (;;) {
      const job = queue.waiting.peek();
      if (job === undefined || !queue.mayFollow(container, job)) return;
      this.shiftWaiting(queue);
      queue.enter(container);
      this.run(queue, container, job, undefined);
    }
  }

  /** True when another action has waited too long for memory that this one keeps busy. */
  private mustYield(queue: ActionQueue): boolean {
    if (this.starved.size === 0) return false;
    for (const [other, sinceMs] of this.starved) {
      if (other !== queue) return Date.now() - sinceMs > STARVED_MS;
    }
    return false;
  }

  private end(job: Job, result: JobResult): void {
    job.state = "done";
    this.ports.finish(job, result);
    if (this.waitingCount + this.runningCount === 0 && this.onQuiet !== undefined) {
      this.onQuiet();
      this.onQuiet = undefined;
    }
  }

  private afterStartMark(job: Job, then: () => void): void {
    job.state = "running";
    if (!job.accepted) {
      then();
      return;
    }
    this.ports.markStarted(job.message.activationId).then(then, () => {
      // The store refuses: run all the same. What is promised is one record, not exactly one run.
      then();
    });
  }

  private shiftWaiting(queue: ActionQueue): Job | undefined {
    const job = queue.waiting.shift();
    if (job !== undefined) this.waitingCount -= 1;
    return job;
  }

  /** A started container that nobody needs any more: useful as a stem cell, or gone. */
  private spare(container: ActionContainer): void {
    if (!container.removed && !this.stemCells.keep(container)) this.remove(container);
    this.serveOthers(undefined);
  }

  private remove(container: ActionContainer): void {
    const { queue } = container;
    this.books.remove(container);
    if (queue !== undefined) this.forget(queue);
  }

  /** A container died on its own. */
  private exited({ queue }: ActionContainer): void {
    if (queue !== undefined) this.forget(queue);
    this.serveOthers(undefined);
    this.stemCells.refill();
  }

  private forget(queue: ActionQueue): void {
    if (!queue.isUnused) return;
    this.queues.delete(queue.key);
    this.starved.delete(queue);
  }

  private serveOthers(except: ActionQueue | undefined): void {
    for (const queue of [...this.starved.keys()]) if (queue !== except) this.serve(queue);
  }

  /** Keeps an eye on waiting jobs: starts that are due, and waits that are over. */
  private watch(): void {
    if (this.tick !== undefined) return;
    this.tick = setInterval(() => {
      const nowMs = Date.now();
      for (const queue of [...this.queues.values()]) {
        this.recallOverdue(queue);
        if (queue.waiting.length === 0) continue;
        this.dropOverdue(queue, nowMs);
        this.serve(queue);
        this.forget(queue);
      }
      if (this.waitingCount + this.runningCount === 0) {
        clearInterval(this.tick);
        this.tick = undefined;
      }
    }, TICK_MS);
  }

  /** What stands behind a run that takes long may run elsewhere. */
  private recallOverdue(queue: ActionQueue): void {
    for (const container of queue.warm) {
      if (container.hasAhead && container.frontMs > AHEAD_FRONT_MS) container.container.recall();
    }
  }

  private dropOverdue(queue: ActionQueue, nowMs: number): void {
    for (;;) {
      const oldest = queue.waiting.peek();
      if (oldest === undefined || nowMs - oldest.queuedMs <= this.options.waitMsMax) return;
      const job = this.shiftWaiting(queue);
      if (job === undefined) return;
      const response = failure(3, TEXT.notStarted(nowMs - job.queuedMs));
      this.end(job, unstarted(job.message, response, nowMs));
    }
  }
}

/** The result of a job that was running when the platform was stopped: its end is our doing. */
function cutOff(result: JobResult): JobResult {
  if (result.response.statusCode !== 2) return result;
  return { ...result, response: failure(3, TEXT.runExited) };
}

/** Warm reuse needs the same invoking namespace and the same revision of the action (trap 21). */
function poolKey(job: Job): string {
  return `${job.message.user.namespace.name} ${job.action.id} ${job.action.revision}`;
}
