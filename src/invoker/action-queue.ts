/** What the pool keeps for one action in one invoking namespace: its containers and its queue. */
import type { ExecutableAction } from "../core/executable-action.ts";
import { Fifo } from "../lib/fifo.ts";
import type { ActionContainer } from "./action-container.ts";
import type { Job } from "./job.ts";

/** Weight of the newest run in the recent run time. */
const NEWEST = 0.1;

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
  /** ms; moving average of run times. */
  recentRunMs: number | undefined;

  constructor(key: string, action: ExecutableAction) {
    this.key = key;
    this.action = action;
  }

  get isUnused(): boolean {
    return this.waiting.length === 0 && this.warm.size === 0 && this.starting === 0;
  }

  get freePlaces(): number {
    let places = 0;
    for (const container of this.free) places += this.concurrency - container.active;
    return places;
  }

  get concurrency(): number {
    return this.action.limits.concurrency;
  }

  /** Takes a place in the most recently used container that has one. */
  take(): ActionContainer | undefined {
    const container = this.free[this.free.length - 1];
    if (container === undefined) return undefined;
    container.active += 1;
    if (container.active >= this.concurrency) this.free.pop();
    return container;
  }

  /** Gives a place back. */
  release(container: ActionContainer): void {
    const wasFull = container.active >= this.concurrency;
    container.active -= 1;
    if (wasFull && !container.draining) this.free.push(container);
  }

  /** A container that became warm, with `active` places taken. */
  add(container: ActionContainer): void {
    this.warm.add(container);
    if (container.active < this.concurrency) this.free.push(container);
  }

  remove(container: ActionContainer): void {
    this.warm.delete(container);
    const at = this.free.indexOf(container);
    if (at >= 0) this.free.splice(at, 1);
  }

  learn(runMs: number): void {
    const before = this.recentRunMs ?? runMs;
    this.recentRunMs = before + (runMs - before) * NEWEST;
  }
}
