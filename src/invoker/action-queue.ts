/** What the pool keeps for one action in one invoking namespace: its containers and its queue. */
import type { ExecutableAction } from "../core/executable-action.ts";
import { Fifo } from "../lib/fifo.ts";
import type { ActionContainer } from "./action-container.ts";
import type { Job } from "./job.ts";

/** Weight of the newest run in the recent run time. */
const NEWEST = 0.1;
/**
 * Activations in one container of an action that runs one at a time: one runs, others are ahead.
 */
const AHEAD_MAX = 8;
/** Only actions whose runs are shorter are sent ahead: the one in front must not hold up others. */
const AHEAD_RUN_MS = 1;
/** Nothing is sent behind a run that takes longer, and what stands there is asked back; ms. */
const AHEAD_FRONT_MS = 5;

/** What came back this often is not sent ahead again. */
const RETURNS_MAX = 2;

export class ActionQueue {
  readonly key: string;
  readonly action: ExecutableAction;
  readonly waiting = new Fifo<Job>();
  /** Warm containers with a free place; the most recently used is last and taken first. */
  readonly free: ActionContainer[] = [];
  /** Warm containers, full ones included. */
  readonly warm = new Set<ActionContainer>();
  /** Containers on their way up for this action. */
  starting = 0;
  /** Those of them that initialise for a job: one place of each is taken. */
  initialising = 0;
  /** Jobs inside containers, those that are being removed included. */
  running = 0;
  /** ms; moving average of run times. */
  recentRunMs: number | undefined;

  constructor(key: string, action: ExecutableAction) {
    this.key = key;
    this.action = action;
  }

  get isUnused(): boolean {
    const jobs = this.waiting.length + this.running;
    return jobs + this.warm.size + this.starting === 0;
  }

  get freePlaces(): number {
    let places = 0;
    for (const container of this.free) places += this.concurrency - container.active;
    return places;
  }

  /** Places that containers on their way up will bring for jobs that wait. */
  get startingPlaces(): number {
    return this.starting * this.concurrency - this.initialising;
  }

  get concurrency(): number {
    return this.action.concurrency;
  }

  /** A busy container that the oldest waiting job may be sent ahead to. */
  get ahead(): ActionContainer | undefined {
    const job = this.waiting.peek();
    if (job === undefined || !this.maySendAhead(job)) return undefined;
    for (const container of this.warm) if (takesMore(container)) return container;
    return undefined;
  }

  /** True while `job` may enter `container`, which has just given back a place. */
  mayFollow(container: ActionContainer, job: Job): boolean {
    if (container.active < this.concurrency) return true;
    return container.active < AHEAD_MAX && container.container.takesAhead && this.maySendAhead(job);
  }

  /** Asks back what stands behind a run that takes long: it may run elsewhere. */
  recallOverdue(): void {
    for (const container of this.warm) {
      if (container.hasAhead && container.frontMs > AHEAD_FRONT_MS) container.container.recall();
    }
  }

  /** Takes a place in the most recently used container that has one. */
  take(): ActionContainer | undefined {
    const container = this.free[this.free.length - 1];
    if (container !== undefined) this.enter(container);
    return container;
  }

  enter(container: ActionContainer): void {
    this.running += 1;
    container.active += 1;
    if (container.active === this.concurrency) this.leaveFree(container);
  }

  /** Gives a place back. */
  release(container: ActionContainer): void {
    this.running -= 1;
    container.active -= 1;
    if (container.active === this.concurrency - 1 && !container.draining) {
      this.free.push(container);
    }
  }

  /** A container that became warm. */
  add(container: ActionContainer): void {
    this.warm.add(container);
    this.free.push(container);
  }

  remove(container: ActionContainer): void {
    this.warm.delete(container);
    this.leaveFree(container);
  }

  learn(runMs: number): void {
    const before = this.recentRunMs ?? runMs;
    this.recentRunMs = before + (runMs - before) * NEWEST;
  }

  /** Not one that was promised with a 202: its start must be known exactly. */
  private maySendAhead(job: Job): boolean {
    if (this.concurrency !== 1 || job.accepted || job.returns >= RETURNS_MAX) return false;
    return this.recentRunMs !== undefined && this.recentRunMs < AHEAD_RUN_MS;
  }

  private leaveFree(container: ActionContainer): void {
    const at = this.free.lastIndexOf(container);
    if (at >= 0) this.free.splice(at, 1);
  }
}

function takesMore(container: ActionContainer): boolean {
  const { takesAhead } = container.container;
  return takesAhead && container.active < AHEAD_MAX && container.frontMs < AHEAD_FRONT_MS;
}
