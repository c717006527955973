/** Queues that wait for memory; the longest waiting first. */
import type { ActionQueue } from "./action-queue.ts";

/** A queue that waits for memory this long makes busy actions give up a container. */
const STARVED_MS = 250;

export class StarvedQueues {
  /** ms epoch */
  private readonly since = new Map<ActionQueue, number>();

  get size(): number {
    return this.since.size;
  }

  /** Idempotent: its wait began with the first time. */
  add(queue: ActionQueue): void {
    if (!this.since.has(queue)) this.since.set(queue, Date.now());
  }

  delete(queue: ActionQueue): void {
    this.since.delete(queue);
  }

  others(except: ActionQueue | undefined): ActionQueue[] {
    return [...this.since.keys()].filter((queue) => queue !== except);
  }

  /** True when another action has waited too long for memory that `queue` keeps busy. */
  mustYield(queue: ActionQueue): boolean {
    if (this.since.size === 0) return false;
    for (const [other, sinceMs] of this.since) {
      if (other !== queue) return Date.now() - sinceMs > STARVED_MS;
    }
    return false;
  }
}
