/**
 * The containers of one invoker: takes jobs, finds each a container by `plan`, and gives back the
 * results. Memory is the unit of admission, as in the original (openwhisk-execution.md b.1). All
 * state lives on one thread; nothing here waits.
 */
import type { ContainerDriver } from "../container/driver.ts";
import type { Identity } from "../core/documents.ts";
import type { ActionContainer, ContainerLimits, InitTiming } from "./action-container.ts";
import { ActionQueue } from "./action-queue.ts";
import { ContainerBooks } from "./container-books.ts";
import { ContainerStarts, type StartCounts, type StartPorts } from "./container-starts.ts";
import { type Job, type JobResult, poolKey } from "./job.ts";
import { JobBooks, type JobPorts } from "./job-books.ts";
import { type Plan, plan } from "./plan.ts";
import { StarvedQueues } from "./starved-queues.ts";
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

export type PoolPorts = JobPorts &
  Pick<StartPorts, "loadCode"> & { readonly driver: ContainerDriver };

export type PoolCounts = StartCounts & { readonly warm: number };

/** How often waiting jobs are looked at when nothing else happens. */
const TICK_MS = 10;

export class ContainerPool {
  private readonly options: PoolOptions;
  private readonly queues = new Map<string, ActionQueue>();
  private readonly starved = new StarvedQueues();
  private readonly jobs: JobBooks;
  private readonly books: ContainerBooks;
  private readonly stemCells: StemCells;
  private readonly starts: ContainerStarts;
  private warmCount = 0;
  private tick: NodeJS.Timeout | undefined;
  private sweep: NodeJS.Timeout | undefined;

  constructor(ports: PoolPorts, options: PoolOptions) {
    this.options = options;
    const { driver, loadCode } = ports;
    const { log, memoryMb, limits, stemCells } = options;
    this.jobs = new JobBooks(ports);
    this.books = new ContainerBooks({
      driver,
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
    this.starts = new ContainerStarts({
      jobs: this.jobs,
      books: this.books,
      stemCells: this.stemCells,
      loadCode,
      log,
      onWarm: (queue, container, job, timing) => this.warmed(queue, container, job, timing),
      onUp: (queue) => this.serveOthers(queue),
      onNothing: (queue) => this.serveAll(queue),
    });
  }

  get counts(): PoolCounts {
    return { ...this.starts.counts, warm: this.warmCount };
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
      waiting: this.jobs.waiting,
      running: this.jobs.running,
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
        this.run(queue, container, job);
        return;
      }
    }
    this.jobs.push(queue, job);
    this.serve(queue);
  }

  /**
   * Ends the waiting jobs of callers who may no longer run anything, as the original's invokers do
   * (openwhisk-api.md 3.5, `blockedNamespaces`); what has been handed to a container goes on.
   */
  refuse(isBlocked: (caller: Identity) => boolean): void {
    for (const queue of [...this.queues.values()]) {
      this.jobs.endBlocked(queue, isBlocked);
      if (queue.waiting.length === 0) this.starved.delete(queue);
      this.forget(queue);
    }
  }

  /** Resolves when no job waits or runs. */
  quiet(): Promise<void> {
    return this.jobs.quiet();
  }

  /**
   * Starts nothing more. What waits ends as a whisk error, except what was promised with a 202:
   * that is taken up by the next start. What runs ends when the driver is stopped.
   */
  stop(): void {
    this.jobs.isStopped = true;
    clearInterval(this.sweep);
    clearInterval(this.tick);
    this.stemCells.stop();
    for (const queue of this.queues.values()) this.jobs.endWaiting(queue);
  }

  private takeWarm(queue: ActionQueue): ActionContainer | undefined {
    const container = queue.take();
    if (container !== undefined) this.books.unpark(container);
    return container;
  }

  /** Applies the plan until the queue is empty or has to wait. */
  private serve(queue: ActionQueue): void {
    // Also what comes, or is given back by a container, after the stop.
    if (this.jobs.isStopped) this.jobs.endWaiting(queue);
    while (queue.waiting.length > 0) {
      const decision = this.planFor(queue);
      if (decision === "queue" || decision === "wait") {
        if (decision === "wait") this.starved.add(queue);
        this.watch();
        return;
      }
      if (decision === "reuse") {
        const container = this.takeWarm(queue);
        const job = this.jobs.shift(queue);
        if (container === undefined || job === undefined) return;
        this.run(queue, container, job);
      } else if (decision === "ahead") {
        const container = queue.ahead;
        const job = this.jobs.shift(queue);
        if (container === undefined || job === undefined) return;
        queue.enter(container);
        this.run(queue, container, job);
        this.watch();
      } else {
        this.starts.start(queue, decision);
      }
    }
    this.starved.delete(queue);
  }

  private planFor(queue: ActionQueue): Plan {
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
      coldStartMs: this.starts.usualMs,
      hasPrewarm: this.books.prewarm.count(runtime, limits.memory) > 0,
      memoryNeededMb: limits.memory,
      memoryFreeMb: this.books.freeMb,
      memoryIdleMb: this.books.reclaimableMb,
    });
    const isStart = decision === "create" || decision === "evict";
    return isStart && this.books.starting >= this.options.startsMax ? "queue" : decision;
  }

  /** A container is initialised; `job` has paid for it and runs first. */
  private warmed(
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
    this.runNow(queue, container, job, timing);
    this.serve(queue);
  }

  /** Runs `job` in a place of `container` that is already taken. */
  private run(queue: ActionQueue, container: ActionContainer, job: Job): void {
    this.warmCount += 1;
    const marked = this.jobs.begin(job);
    if (marked === undefined) this.runNow(queue, container, job, undefined);
    else void marked.then(() => this.runNow(queue, container, job, undefined));
  }

  private runNow(
    queue: ActionQueue,
    container: ActionContainer,
    job: Job,
    init: InitTiming | undefined,
  ): void {
    container.run(job, init, (result) => {
      if (result === undefined) {
        this.giveBack(queue, container, job);
        return;
      }
      queue.learn(result.runMs);
      this.settle(queue, container, result);
      this.jobs.endRun(job, result);
    });
  }

  /** A job that was sent ahead and did not begin is the first to wait again. */
  private giveBack(queue: ActionQueue, container: ActionContainer, job: Job): void {
    queue.release(container);
    this.jobs.putBack(queue, job);
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
      this.serveAll(queue);
      return;
    }
    const mustYield = this.starved.mustYield(queue);
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
      this.jobs.shift(queue);
      queue.enter(container);
      this.run(queue, container, job);
    }
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

  /** After something has become free: those that wait for memory, then the queue itself. */
  private serveAll(queue: ActionQueue): void {
    this.serveOthers(queue);
    this.serve(queue);
    this.forget(queue);
  }

  private serveOthers(except: ActionQueue | undefined): void {
    for (const queue of this.starved.others(except)) this.serve(queue);
  }

  /** Keeps an eye on waiting jobs: starts that are due, and waits that are over. */
  private watch(): void {
    this.tick ??= setInterval(() => {
      for (const queue of [...this.queues.values()]) {
        queue.recallOverdue();
        if (queue.waiting.length === 0) continue;
        this.jobs.endOverdue(queue, this.options.waitMsMax);
        this.serve(queue);
        this.forget(queue);
      }
      if (!this.jobs.isQuiet) return;
      clearInterval(this.tick);
      this.tick = undefined;
    }, TICK_MS);
  }
}
